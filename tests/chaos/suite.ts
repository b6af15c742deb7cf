import { describe, expect, it } from "vitest";
import { differences, expected } from "./as-if-nothing.js";
import {
  type Killed,
  type Lane,
  openLane,
  type Scenario,
  type StoreKind,
  scenarios,
} from "./kill-everywhere.js";
import { type Done, doneIn, writeDown } from "./results.js";
import { samplePoints, seeded, strides } from "./sample.js";

const kills = Number(process.env["CHAOS_KILLS"] ?? 1_000);
const seed = Number(process.env["CHAOS_SEED"] ?? 1);
const only = process.env["CHAOS_ONLY"];
const chosen = scenarios.filter(({ strategy, candidate }) =>
  only === undefined ? true : only === `${strategy}/${candidate}`,
);
/** Two stores share the kills, and so do the scenarios of each. */
const each = Math.max(1, Math.ceil(kills / 2 / chosen.length));
/** A release that is killed again and again is killed at most so often; the next process may end it. */
const againAtMost = 12;

/** Every strategy, good and bad, killed all over on one kind of store; a share of `npm run chaos`. */
export function killEverywhere(store: StoreKind): void {
  eachScenario(store, "killed at any write and in any call of the platform", "", async (killing) => {
    const { lane, scenario, points, done } = killing;
    const left = points.filter((point) => !done.some((one) => one.point === point));
    for (const point of samplePoints(left, each - done.length, seeded(seed + done.length)))
      killing.over([point], await lane.killedAt(scenario, point));
  });
}

/** The same, and each process that goes on with the release dies as well; a share of `npm run chaos`. */
export function killAgainAndAgain(store: StoreKind): void {
  const what = "killed at any point, and again while it is gone on with";
  eachScenario(store, what, ", again and again", async (killing) => {
    const { lane, scenario, points, done } = killing;
    const made = () => done.reduce((sum, { kills }) => sum + kills, 0);
    for (let releases = done.length; made() < each && releases < each; releases++) {
      const random = seeded(seed * 10_000 + releases);
      const at = strides(points.length / 4, Math.min(againAtMost, each - made()), random);
      const came = await lane.killedAgain(scenario, at);
      killing.over(came.points, came);
    }
  });
}

/** A lane in which one kind of release is killed. */
type Killing = {
  lane: Lane;
  scenario: Scenario;
  /** Every point that an undisturbed release comes by. */
  points: readonly string[];
  /** The kills that are over, also those of an earlier run. */
  done: readonly Done[];
  /** Judges a release that was killed at those points, and writes down what came of it. */
  over(died: readonly string[], came: Killed): void;
};

/** Kills every kind of release in a lane of its own, and expects that each ended as if nothing had happened. */
function eachScenario(
  store: StoreKind,
  what: string,
  how: string,
  kill: (killing: Killing) => Promise<void>,
): void {
  describe(`on ${store}, ${what}`, () => {
    it.each(chosen)(
      "$strategy, $candidate, ends as if nothing had happened",
      { timeout: 24 * 3_600_000 },
      (scenario) =>
        inALane(store, async (lane) => {
          const { remains, points } = await lane.undisturbed(scenario);
          expect(remains, "undisturbed").toMatchObject(expected(scenario));
          const name = `${store}, ${scenario.strategy}, ${scenario.candidate}${how}`;
          const done = doneIn(name);
          const over: Killing["over"] = (died, came) => {
            const fault = came.kind === "before it began" ? came.left : differences(remains, came.remains);
            const point = died.join(" | ");
            const one: Done = { lane: name, point, kills: died.length, came: came.kind, fault };
            done.push(one);
            writeDown(one);
          };
          await kill({ lane, scenario, points, done, over });
          const wrong = done.filter(({ fault }) => fault.length > 0);
          const reached = done.filter(({ came }) => came !== "missed");
          const killed = reached.reduce((sum, { kills }) => sum + kills, 0);
          process.stderr.write(
            `${name}: ${points.length} points, ${killed} kills of ${reached.length} releases, ${done.length - reached.length} not reached, ${wrong.length} wrong\n`,
          );
          expect(wrong).toEqual([]);
          expect(killed).toBeGreaterThan(0);
        }),
    );
  });
}

async function inALane(store: StoreKind, work: (lane: Lane) => Promise<void>): Promise<void> {
  const lane = await openLane(store);
  try {
    await work(lane);
  } finally {
    await lane.close();
  }
}
