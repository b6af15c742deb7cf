import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type Killed,
  type Lane,
  openLane,
  type Remains,
  type Scenario,
  type StoreKind,
  scenarios,
} from "./kill-everywhere.js";
import { samplePoints, seeded } from "./sample.js";

const kills = Number(process.env["CHAOS_KILLS"] ?? 1_000);
const seed = Number(process.env["CHAOS_SEED"] ?? 1);
const only = process.env["CHAOS_ONLY"];
/** Where each kill is written down as it ends, so that a run that was stopped goes on where it was. */
const results = process.env["CHAOS_RESULTS"];

/** One kill that is over, as a line of the results. */
type Done = { lane: string; point: string; came: Killed["kind"]; fault: string[] };

/** The kills of a lane that an earlier run made. */
function doneIn(lane: string): Done[] {
  if (results === undefined || !existsSync(results)) return [];
  const lines = readFileSync(results, "utf8").trim().split("\n");
  return lines
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Done]))
    .filter((d) => d.lane === lane);
}

/** Every strategy, good and bad, killed all over on one kind of store; a share of `npm run chaos`. */
export function killEverywhere(store: StoreKind): void {
  const chosen = scenarios.filter(({ strategy, candidate }) =>
    only === undefined ? true : only === `${strategy}/${candidate}`,
  );
  // Two stores share the kills, and so do the scenarios of each.
  const each = Math.max(1, Math.ceil(kills / 2 / chosen.length));

  describe(`on ${store}, killed at any write and in any call of the platform`, () => {
    it.each(chosen)(
      "$strategy, $candidate, ends as if nothing had happened",
      { timeout: 24 * 3_600_000 },
      (scenario) =>
        inALane(store, async (lane) => {
          const { remains, points } = await lane.undisturbed(scenario);
          expect(remains, "undisturbed").toMatchObject(expected(scenario));
          const name = `${store}, ${scenario.strategy}, ${scenario.candidate}`;
          const done = doneIn(name);
          const left = points.filter((point) => !done.some((one) => one.point === point));
          for (const point of samplePoints(left, each - done.length, seeded(seed + done.length))) {
            const came = await lane.killedAt(scenario, point);
            const fault = came.kind === "before it began" ? came.left : differences(remains, came.remains);
            const one: Done = { lane: name, point, came: came.kind, fault };
            done.push(one);
            if (results !== undefined) appendFileSync(results, `${JSON.stringify(one)}\n`);
            const so = fault.length === 0 ? "as if nothing had happened" : `WRONG: ${JSON.stringify(fault)}`;
            process.stderr.write(`${name}: ${point}: ${came.kind}: ${so}\n`);
          }
          const wrong = done.filter(({ fault }) => fault.length > 0);
          const missed = done.filter(({ came }) => came === "missed").length;
          const killed = done.length - missed;
          process.stderr.write(
            `${name}: ${points.length} points, ${killed} kills, ${missed} not reached, ${wrong.length} wrong\n`,
          );
          expect(wrong).toEqual([]);
          expect(killed).toBeGreaterThan(0);
        }),
    );
  });
}

function expected({ candidate }: Scenario): Partial<Remains> {
  const bad = candidate === "bad";
  return {
    state: bad ? "rolled back" : "released",
    servesCandidate: !bad,
    deployments: 1,
    split: false,
    repeated: [],
    undelivered: [],
    ledger: "intact",
  };
}

/** What is not as it was when nobody disturbed it, in words. */
function differences(wanted: Remains, got: Remains): string[] {
  const keys = [
    "state",
    "servesCandidate",
    "deployments",
    "split",
    "repeated",
    "undelivered",
    "ledger",
  ] as const;
  const facts = [...keys, "kinds" as const]
    .filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(got[key]))
    .map((key) => `${key} is ${JSON.stringify(got[key])}, not ${JSON.stringify(wanted[key])}`);
  return got.lost.length === 0 ? facts : [...facts, `entries were lost: ${got.lost.join(", ")}`];
}

async function inALane(store: StoreKind, work: (lane: Lane) => Promise<void>): Promise<void> {
  const lane = await openLane(store, process.env["ATOMS_TEST_DB"]);
  try {
    await work(lane);
  } finally {
    await lane.close();
  }
}
