import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { scenarios } from "./kill-everywhere.js";
import { callsOf, lasting, lieOnce, lies, named, passing } from "./lie-suite.js";
import { openLiar } from "./lies.js";
import { samplePoints, seeded } from "./sample.js";

/** How many lies in all; all there are with 0. */
const wanted = Number(process.env["CHAOS_LIES"] ?? 0);
const seed = Number(process.env["CHAOS_SEED"] ?? 1);
const only = process.env["CHAOS_ONLY"];
/** Where each lie is written down as it is over, so that a run that was stopped goes on where it was. */
const results = process.env["CHAOS_RESULTS"];

type Done = { lane: string; point: string; fault: string[] };

const chosen = scenarios.filter(
  ({ strategy, candidate }) => only === undefined || only === `${strategy}/${candidate}`,
);

it.each(chosen)(
  "a platform that lies in any call leaves a release of $strategy, $candidate, whole",
  { timeout: 24 * 3_600_000 },
  async (scenario) => {
    const lane = `lies, ${scenario.strategy}, ${scenario.candidate}`;
    const done: Done[] = (
      results !== undefined && existsSync(results) ? readFileSync(results, "utf8").split("\n") : []
    )
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Done)
      .filter((one) => one.lane === lane);
    const liar = await openLiar();
    try {
      const calls = await callsOf(liar, scenario);
      // What lasts is the same whichever of the calls it begins with; and it takes long.
      const firsts = calls.filter(({ nth }) => nth === 1);
      const all = new Map(
        [...lies(calls, passing), ...lies(firsts, lasting)].map((lie) => [named(lie), lie] as const),
      );
      const left = [...all.keys()].filter((name) => !done.some(({ point }) => point === name));
      const each = wanted === 0 ? all.size : Math.ceil(wanted / chosen.length);
      for (const point of samplePoints(left, each - done.length, seeded(seed + done.length))) {
        const lie = all.get(point);
        if (lie === undefined) continue;
        const { wrong: fault } = await lieOnce(liar, scenario, lie);
        done.push({ lane, point, fault });
        if (results !== undefined) appendFileSync(results, `${JSON.stringify(done.at(-1))}\n`);
        process.stderr.write(
          `${lane}: ${point}: ${fault.length === 0 ? "as it should be" : `WRONG: ${fault.join("; ")}`}\n`,
        );
      }
      const wrong = done.filter(({ fault }) => fault.length > 0);
      process.stderr.write(`${lane}: ${done.length} of ${all.size} lies told, ${wrong.length} wrong\n`);
      expect(wrong).toEqual([]);
    } finally {
      await liar.close();
    }
  },
);
