import { describe, expect, it } from "vitest";
import { type BuildNews, judgeBuild, movedByAtoms } from "./decide.js";
import { TriggerSettings } from "./settings.js";

const ready: BuildNews = {
  type: "deployment.ready",
  deployment: "dpl_1",
  production: true,
  branch: "main",
};
const trigger = (given: object = {}) => TriggerSettings.parse({ vercel: given }).vercel;

describe("a build that the platform tells of", () => {
  it.each([
    ["deployment.created", "created"],
    ["deployment.ready", "ready"],
    ["deployment.succeeded", "ready"],
    ["deployment.error", "failed"],
    ["deployment.canceled", "cancelled"],
    ["deployment.check-rerequested", null],
    ["constructor", null],
  ] as const)("%s is written down as %s, and never if Atoms made it", (type, record) => {
    expect(judgeBuild({ ...ready, type }, false, undefined)).toEqual({ record, release: false });
    expect(judgeBuild({ ...ready, type, release: "rel_1" }, true, trigger({ branch: false })).record).toBe(
      null,
    );
  });

  it.each<[string, Partial<BuildNews>, object, boolean]>([
    ["of main, ready", {}, {}, true],
    ["of a branch that fits", { branch: "release/7" }, { branch: ["main", "release/*"] }, true],
    ["of any branch where any is wanted", { branch: undefined as never }, { branch: false }, true],
    ["of another branch", { branch: "try" }, {}, false],
    ["of no known branch", { branch: undefined as never }, {}, false],
    ["for a preview", { production: false }, {}, false],
    ["that is only begun", { type: "deployment.created" }, {}, false],
    ["that failed", { type: "deployment.error" }, {}, false],
    ["with the platform's other word", { type: "deployment.succeeded" }, {}, false],
    [
      "with the word that was asked for",
      { type: "deployment.succeeded" },
      { on: "deployment.succeeded" },
      true,
    ],
    ["that another Atoms made", { release: "rel_elsewhere" }, { branch: false }, false],
  ])("%s begins a release: as it should", (_, change, settings, release) => {
    expect(judgeBuild({ ...ready, ...change }, false, trigger(settings)).release).toBe(release);
    expect(judgeBuild({ ...ready, ...change }, false, undefined).release).toBe(false);
    expect(judgeBuild({ ...ready, ...change }, true, trigger(settings)).release).toBe(false);
  });
});

describe("a move of production", () => {
  const minute = 60_000;
  it.each([
    ["while a release is under way", 10 * minute, [{ startedAt: 5 * minute }], [], true],
    ["right after one", 8 * minute, [{ startedAt: 0, endedAt: 7.5 * minute }], [], true],
    ["long after one", 10 * minute, [{ startedAt: 0, endedAt: 7 * minute }], [], false],
    ["before one", 0, [{ startedAt: 5 * minute }], [], false],
    ["as somebody acts in an emergency", 10 * minute, [], [9.5 * minute], true],
    ["by somebody else", 10 * minute, [], [], false],
  ] as const)("%s is known for what it is", (_, at, releases, acts, ours) => {
    expect(movedByAtoms(at, releases, acts)).toBe(ours);
  });
});
