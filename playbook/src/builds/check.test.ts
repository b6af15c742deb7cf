import { describe, expect, it } from "vitest";
import type { Release } from "../terms/index.js";
import { type CheckRunSeen, type CheckWord, checkMove, checkWordOf, tellForMs } from "./check.js";

const running: Release = {
  id: "rel_1",
  service: "shop",
  environment: "production",
  platform: "vercel",
  strategy: "canary",
  version: "v20261128.120000",
  state: "running",
  phase: "watch",
  startedBy: { kind: "person", name: "ada", via: "cli" },
  startedAt: 1_000,
  source: "",
  candidate: { id: "dpl_1", address: "https://x" },
  split: 0,
};
const ended = (state: Release["state"], because?: string): Release => ({
  ...running,
  state,
  endedAt: 2_000,
  ...(because === undefined ? {} : { because }),
});

describe("what the platform shows of a release", () => {
  it.each([
    ["running", running, "running", undefined, "is being released"],
    ["released", ended("released"), "completed", "succeeded", "passed its watch"],
    ["rolled back", ended("rolled back", "errors rose"), "completed", "failed", "taken back: errors rose"],
    ["failed", ended("failed", "the build failed"), "completed", "failed", "not released: the build failed"],
    ["aborted", ended("aborted"), "completed", "canceled", "was aborted"],
    ["unsafe", ended("unsafe"), "completed", "failed", "without proof"],
  ])("%s", (_, release, status, conclusion, text) => {
    const word = checkWordOf(release, 3_000);
    expect([word?.status, word?.conclusion]).toEqual([status, conclusion]);
    expect(word?.text).toContain(text);
  });

  it("is short, whatever the reason", () => {
    expect(checkWordOf(ended("failed", "x".repeat(5_000)), 3_000)?.text).toHaveLength(200);
  });

  it.each([
    ["no deployment yet", { ...running, candidate: undefined as never }],
    ["one whose build is under way", { ...running, phase: "deploy" as const }],
    ["a rollback by hand", { ...running, strategy: "rollback" as const }],
    ["a restart", { ...running, strategy: "restart" as const }],
    ["a group", { ...running, strategy: "group" as const }],
    ["a recovery", { ...running, strategy: "recovery" as const }],
    ["one that ended long ago", { ...running, state: "released" as const, endedAt: 2_999 - tellForMs }],
  ])("nothing of %s", (_, release) => {
    expect(checkWordOf(release, 3_000)).toBeUndefined();
  });
});

describe("how it comes to show it", () => {
  const begun: CheckWord = { status: "running", text: "" };
  const good: CheckWord = { status: "completed", conclusion: "succeeded", text: "" };
  const run = (
    id: string,
    status: CheckRunSeen["status"],
    more: Partial<CheckRunSeen> = {},
  ): CheckRunSeen => ({
    id,
    status,
    ...more,
  });
  const ours = { release: "rel_1" };
  const others = { release: "rel_0" };
  it.each<[string, CheckRunSeen[], CheckWord, object]>([
    ["there is no run", [], begun, { do: "begin" }],
    ["the platform began one by itself", [run("a", "queued")], begun, { do: "say", runs: ["a"] }],
    ["it is said already", [run("a", "running", ours)], begun, { do: "nothing" }],
    ["the release has ended", [run("a", "running", ours)], good, { do: "say", runs: ["a"] }],
    [
      "two were begun",
      [run("a", "running", ours), run("b", "running", ours)],
      good,
      { do: "say", runs: ["a", "b"] },
    ],
    [
      "its end is said",
      [run("a", "completed", { ...ours, conclusion: "succeeded" })],
      good,
      { do: "nothing" },
    ],
    [
      "its end is said in one of two",
      [run("a", "completed", { ...ours, conclusion: "succeeded" }), run("b", "running", ours)],
      good,
      { do: "say", runs: ["b"] },
    ],
    [
      "the platform lost patience",
      [run("a", "completed", { ...ours, conclusion: "timeout" })],
      good,
      { do: "begin" },
    ],
    ["the run is of another release", [run("a", "running", others)], begun, { do: "begin" }],
    [
      "the deployment was released before",
      [run("a", "completed", { ...others, conclusion: "failed" }), run("b", "queued")],
      begun,
      { do: "say", runs: ["b"] },
    ],
  ])("%s", (_, runs, word, move) => {
    expect(checkMove(runs, "rel_1", word)).toEqual(move);
  });
});
