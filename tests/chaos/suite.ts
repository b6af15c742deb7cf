import { describe, expect, it } from "vitest";
import { differences, expected } from "./as-if-nothing.js";
import { type Lane, openLane, type StoreKind, scenarios } from "./kill-everywhere.js";
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
            const one: Done = { lane: name, point, kills: 1, came: came.kind, fault };
            done.push(one);
            writeDown(one);
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

/** The same, and each process that goes on with the release dies as well; a share of `npm run chaos`. */
export function killAgainAndAgain(store: StoreKind): void {
  describe(`on ${store}, killed at any point, and again while it is gone on with`, () => {
    it.each(chosen)(
      "$strategy, $candidate, ends as if nothing had happened",
      { timeout: 24 * 3_600_000 },
      (scenario) =>
        inALane(store, async (lane) => {
          const { remains, points } = await lane.undisturbed(scenario);
          expect(remains, "undisturbed").toMatchObject(expected(scenario));
          const name = `${store}, ${scenario.strategy}, ${scenario.candidate}, again and again`;
          const done = doneIn(name);
          const made = () => done.reduce((sum, { kills }) => sum + kills, 0);
          for (let releases = done.length; made() < each && releases < each; releases++) {
            const random = seeded(seed * 10_000 + releases);
            const at = strides(points.length / 4, Math.min(againAtMost, each - made()), random);
            const came = await lane.killedAgain(scenario, at);
            const fault = came.kind === "before it began" ? came.left : differences(remains, came.remains);
            const { kind, points: died } = came;
            const one: Done = { lane: name, point: died.join(" | "), kills: died.length, came: kind, fault };
            done.push(one);
            writeDown(one);
          }
          const wrong = done.filter(({ fault }) => fault.length > 0);
          process.stderr.write(
            `${name}: ${made()} kills of ${done.length} releases, ${wrong.length} of them wrong\n`,
          );
          expect(wrong).toEqual([]);
          expect(made()).toBeGreaterThan(0);
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
