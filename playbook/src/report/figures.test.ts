import { expect, it } from "vitest";
import type { Release, ReleaseState, StrategyName } from "../terms/index.js";
import { figuresOf, type ReleaseFacts } from "./figures.js";
import { release as model } from "./ledger.contract.js";

const day = 86_400_000;
const minute = 60_000;

/** A release that took ten minutes, ended `end` minutes after the beginning of the span; users got it 5 minutes before. */
function one(
  end: number,
  state: ReleaseState,
  strategy: StrategyName = "canary",
  committed?: number,
): ReleaseFacts {
  const release: Release = {
    ...model,
    id: `rel_${end}`,
    state,
    strategy,
    startedAt: (end - 10) * minute,
    endedAt: end * minute,
  };
  const shifted = state === "released" || state === "rolled back" ? { shiftedAt: (end - 5) * minute } : {};
  return { release, ...shifted, ...(committed === undefined ? {} : { committedAt: committed * minute }) };
}

it.each<[string, ReleaseFacts[], Partial<ReturnType<typeof figuresOf>>]>([
  ["nothing", [], { released: 0, reachedUsers: 0, failed: 0, perDay: 0, leadTimeOf: 0, restored: 0 }],
  [
    "releases that passed",
    [one(20, "released", "canary", 0), one(100, "released", "standard", 10), one(60, "released")],
    { released: 3, perDay: 1.5, failureRate: 0, leadTime: 55 * minute, leadTimeOf: 2 },
  ],
  [
    "one that was taken back by itself",
    [one(20, "released"), one(40, "rolled back")],
    { released: 1, reachedUsers: 2, failureRate: 0.5, timeToRestore: 5 * minute, restored: 1 },
  ],
  [
    "one that a person took back afterwards",
    [one(20, "released"), one(50, "rolled back", "rollback")],
    { released: 1, reachedUsers: 1, failed: 1, failureRate: 1, timeToRestore: 35 * minute },
  ],
  [
    "a rollback by hand that did not get to its end",
    [one(20, "released"), one(50, "failed", "rollback")],
    { released: 1, failed: 0, failureRate: 0, restored: 0 },
  ],
  [
    "a second rollback, which takes back nothing new",
    [one(20, "released"), one(50, "rolled back", "rollback"), one(60, "rolled back", "rollback")],
    { failed: 1, restored: 1 },
  ],
  [
    "what users never got",
    [one(20, "failed"), one(30, "aborted"), one(40, "running"), one(50, "released", "group")],
    { released: 0, reachedUsers: 0, failed: 0 },
  ],
  ["one that ended unsafe, which nobody has put right", [one(20, "unsafe")], { failed: 1, restored: 0 }],
])("reckons %s", (_, facts, wanted) => {
  const figures = figuresOf(facts, 0, 2 * day);
  expect(figures).toMatchObject(wanted);
  if (facts.length === 0) expect(figures).not.toHaveProperty("failureRate");
});
