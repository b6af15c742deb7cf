// A process that runs a flow and is killed in the middle of it, and the one that goes on; see kill.long.test.ts.
// It is given: where the store is, the file to which every piece of work adds a line, the step that hangs (if any),
// whether the store is shared, and whether to start the flow or to wait until it has taken it over.
import { appendFileSync } from "node:fs";
import { openStore } from "@atoms/store";
import { openDbosEngine } from "../dist/index.js";

const { at, diary, hangIn, shared, begin } = JSON.parse(process.argv[2]);
const did = (what) => appendFileSync(diary, `${what}\n`);

const release = {
  name: "release",
  version: 1,
  async run(flow, input) {
    const begun = await flow.now();
    const dice = await flow.random();
    const made = [];
    for (const step of ["one", "two", "three"]) {
      made.push(
        await flow.step(step, async () => {
          did(step);
          if (step === hangIn) await new Promise((resolve) => setTimeout(resolve, 60_000));
          return `${step} of ${input.what}`;
        }),
      );
      const problem = await flow
        .step(`${step} fails`, async () => {
          did(`${step} fails`);
          throw new TypeError("as it should");
        })
        .catch((error) => error.name);
      made.push(problem);
    }
    const word = await flow.waitFor("go", 60_000);
    const child = await flow.child(part, `${flow.id}/part`, { n: 20 });
    return { begun, dice, made, word, child };
  },
};
const part = {
  name: "part",
  version: 1,
  run: (flow, input) =>
    flow.step("add", async () => {
      did("child");
      return input.n + 1;
    }),
};

const store = await openStore(at);
const engine = await openDbosEngine({
  connectionString: store.connectionString,
  flows: [release, part],
  shared,
});
process.send({ ready: Math.round(performance.now()) });
if (begin) {
  await engine.signal("rel_1", "go", "early word");
  await engine.start(release, "rel_1", { what: "shop" });
} else if (!shared) process.send({ state: await engine.state("rel_1"), resumed: await engine.resume() });
const result = await engine.result("rel_1", 60_000);
process.send({ result, took: Math.round(performance.now()) });
await engine.close();
await store.close();
process.disconnect();
