import { describe, expect, it } from "vitest";
import { atomsItself, type Release } from "../terms/index.js";
import { autoRollback, takenBackTo } from "./auto-rollback.js";

const minute = 60_000;
const now = 1_000 * minute;
const guard = 30 * minute;
const alert = { id: "alert_1", rule: "errors", activeAt: now - minute };
const release = (change: Partial<Release>): Release => ({
  id: "rel_1",
  service: "shop",
  environment: "production",
  platform: "local",
  strategy: "standard",
  version: "v1",
  state: "released",
  phase: "finish",
  startedBy: atomsItself,
  startedAt: now - 20 * minute,
  endedAt: now - 10 * minute,
  source: "",
  split: 1,
  ...change,
});
const running = { state: "running", phase: "watch" } as const;

describe("auto_rollback", () => {
  it.each<[string, Partial<Release>[], Partial<typeof alert>, string, RegExp]>([
    ["a release in its watch", [running], {}, "abort", /alert errors/],
    ["a canary that has a share", [{ ...running, phase: "shift", split: 0.1 }], {}, "abort", /./],
    ["just released", [{}], {}, "rollback", /alert errors/],
    ["at the end of its guard time", [{ endedAt: now - guard }], {}, "rollback", /./],
    [
      "after its guard time",
      [{ startedAt: 0, endedAt: now - guard - 1 }],
      {},
      "refuse",
      /longer than the guard time of 30m/,
    ],
    [
      "an old release under a new one that failed",
      [{ state: "failed", split: 0 }, { id: "rel_0" }],
      {},
      "refuse",
      /failed before traffic moved/,
    ],
    [
      "before traffic moved",
      [{ ...running, phase: "validate", split: 0 }],
      {},
      "refuse",
      /no traffic has moved/,
    ],
    ["already going back", [{ ...running, phase: "rollback" }], {}, "refuse", /already going back/],
    ["a recovery under way", [{ ...running, strategy: "recovery" }], {}, "refuse", /is recovering/],
    ["just recovered", [{ strategy: "recovery" }], {}, "refuse", /what was before it is lost/],
    [
      "a rollback by hand under way",
      [{ ...running, strategy: "rollback" }],
      {},
      "refuse",
      /already going back/,
    ],
    [
      "after a rollback by hand",
      [{ strategy: "rollback", state: "rolled back" }],
      {},
      "refuse",
      /itself a rollback/,
    ],
    ["went back by itself", [{ state: "rolled back" }], {}, "refuse", /gone back by itself/],
    ["unsafe", [{ state: "unsafe" }], {}, "refuse", /a person must look/],
    [
      "an alert older than the release under way",
      [running],
      { activeAt: now - 21 * minute },
      "refuse",
      /not its doing/,
    ],
    ["an alert older than the release", [{}], { activeAt: now - 21 * minute }, "refuse", /not its doing/],
    ["nothing was ever released", [], {}, "refuse", /no release yet/],
  ])("%s", (_what, releases, change, move, because) => {
    const found = autoRollback({ ...alert, ...change }, releases.map(release), guard, now);
    expect(found.do).toBe(move);
    expect(found.because).toMatch(because);
  });
});

describe("where a release is taken back to", () => {
  const one = { id: "rel_1", candidate: { id: "dpl_1", address: "" } };
  it.each([
    ["dpl_1", { to: { id: "dpl_0" } }, { to: "dpl_0" }],
    ["dpl_9", { to: { id: "dpl_0" } }, { refuse: expect.stringMatching(/serves dpl_9 by now.*rel_1/) }],
    [undefined, { to: { id: "dpl_0" } }, { refuse: expect.stringMatching(/serves nothing/) }],
    ["dpl_1", { none: "no other was proven" }, { refuse: expect.stringMatching(/nowhere to go: no other/) }],
  ])("production serves %s, back leads to %j", (serving, back, expected) => {
    expect(takenBackTo(one, serving, back)).toEqual(expected);
  });
});
