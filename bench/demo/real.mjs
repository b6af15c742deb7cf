// Real releases: the built command, the local cloud, real processes behind its real split, users who keep asking.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withShop } from "../lib/shop.mjs";

const service = `import { createServer } from "node:http";
const bad = Number(process.env.BAD ?? 0);
createServer((request, response) => {
  const fails = request.url.startsWith("/products") && Math.random() < bad;
  setTimeout(() => {
    response.writeHead(fails ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: "healthy", version: process.env.ATOMS_VERSION }));
  }, 2 + Math.random() * 6);
}).listen(process.env.PORT, "127.0.0.1");
`;

const playbook = (canary) => `version: 1
service: { name: shop, source: ., kind: http, health: /health }
platform: local
preflight: { git_clean: false, branch: false, dependencies: false, tests: false }
standard: { watch: { duration: 1s, interval: 500ms, failures: 3 } }
validation: { smoke: { health: { field: status } }, performance: false }
${canary}`;

/** A try that could not be made is made again so often; then it counts as broken. */
const mostTries = 3;

/**
 * Runs releases one after the other.
 * @param {{ case: object, canary: string }[]} wanted Each with the text of its canary settings.
 * @param {(run: { name: string, backAfter: number | null, state: string, why?: string }) => void} onRun Told of each that ended.
 */
export async function runReal(wanted, onRun) {
  if (wanted.length === 0) return;
  await withShop(async ({ folder, atoms }) => {
    await writeFile(join(folder, "server.js"), service);
    await writeFile(join(folder, "package.json"), '{"name":"shop","version":"1.0.0","type":"module"}');
    await writeFile(join(folder, "playbook.yaml"), playbook(wanted[0].canary));
    await atoms("deploy");
    for (const { case: promised, canary } of wanted) {
      await writeFile(join(folder, "playbook.yaml"), playbook(canary));
      let why = "";
      for (let tries = 1; ; tries++) {
        try {
          onRun({ name: promised.name, ...(await release(atoms, promised)) });
          break;
        } catch (error) {
          why = error.message;
          if (tries < mostTries) continue;
          onRun({ name: promised.name, backAfter: null, state: "could not be run", why });
          break;
        }
      }
    }
  });
}

/** One canary, and when it was back: from the ledger, whose moments are those of the machine that did it. */
async function release(atoms, { bad, from = 1 }) {
  // One that goes back ends the command with a code of its own; what it printed is wanted all the same.
  const { lines } = await atoms.lines("deploy", "--strategy", "canary", "--env", `BAD=${bad}`);
  const last = lines.at(-1)?.release;
  if (last === undefined) throw new Error("it did not say how it ended");
  let requests = 0;
  let begun;
  for (const { kind, data } of lines) {
    if (kind !== "analysis.observed") continue;
    for (const bucket of data.buckets) {
      requests += bucket.canary.requests;
      if (begun === undefined && requests >= from) begun = bucket.start;
    }
  }
  const back = lines.find(({ kind }) => kind === "rollback.verified");
  const backAfter = back === undefined || begun === undefined ? null : (back.at - begun) / 1_000;
  return {
    state: last.state,
    requests,
    backAfter,
    ...(back === undefined ? {} : { why: last.problem?.happened }),
  };
}
