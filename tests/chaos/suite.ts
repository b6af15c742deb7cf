import { describe, expect, it } from "vitest";
import {
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
          const wrong: unknown[] = [];
          const tally = { killed: 0, "before it began": 0, missed: 0 };
          for (const point of samplePoints(points, each, seeded(seed))) {
            const came = await lane.killedAt(scenario, point);
            tally[came.kind] += 1;
            const fault = came.kind === "before it began" ? came.left : differences(remains, came.remains);
            if (fault.length > 0) wrong.push({ point, fault });
            const so = fault.length === 0 ? "as if nothing had happened" : `WRONG: ${JSON.stringify(fault)}`;
            process.stderr.write(
              `${store}, ${scenario.strategy}, ${scenario.candidate}: ${point}: ${came.kind}: ${so}\n`,
            );
          }
          process.stderr.write(
            `${store}, ${scenario.strategy}, ${scenario.candidate}: ${points.length} points, ${tally.killed + tally["before it began"]} kills, ${tally.missed} not reached, ${wrong.length} wrong\n`,
          );
          expect(wrong).toEqual([]);
          expect(tally.killed + tally["before it began"]).toBeGreaterThan(0);
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
    ledgerIntact: true,
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
    "ledgerIntact",
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
