import { fakeClock, fakePlatform } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { type Finding, Problem } from "../terms/index.js";
import type { PreflightPorts, Workspace } from "./ports.js";
import { plannedPreflight, runPreflight } from "./run.js";
import { PreflightSettings } from "./settings.js";
import { findWayBack } from "./way-back.js";

const parse = (input: object = {}) => PreflightSettings.parse(input);

function world(change: Partial<Workspace> = {}) {
  const clock = fakeClock();
  const platform = fakePlatform({ clock });
  platform.seed({ id: "dpl_1" }, { inProduction: true });
  const workspace: Workspace = {
    gitState: async () => ({ kind: "repository", changed: [], branch: "main", commit: "abc" }),
    run: async () => ({ exit: 0, lastLines: [], ms: 5, timedOut: false, aborted: false }),
    source: async () => ({ kind: "readable", files: 3, bytes: 300, envFiles: [] }),
    lockfile: async () => ({ kind: "no package.json" }),
    disk: async () => ({ folder: "/x", freeBytes: 1e12 }),
    setInShell: () => [],
    ...change,
  };
  const ports: PreflightPorts = {
    workspace,
    platform,
    wayBack: (signal) => findWayBack(platform, async () => [], signal),
    playbookVariables: [],
    clock,
  };
  return { clock, platform, ports };
}

describe("runPreflight", () => {
  it("passes when all is well, in the order of the list", async () => {
    const { ports } = world();
    const { findings, verdict } = await runPreflight(
      parse({ tests: "npm test", required_variables: [] }),
      ports,
    );
    expect(findings.map((one) => `${one.check} ${one.outcome}`)).toEqual([
      "source pass",
      "git-clean pass",
      "branch pass",
      "dependencies pass",
      "tests pass",
      "platform pass",
      "way-back pass",
      "disk pass",
    ]);
    expect(verdict).toEqual({ kind: "pass" });
  });

  it("runs the rest when one check has failed, and tells the quick ones before the commands", async () => {
    const told: Finding[] = [];
    const { ports } = world({
      gitState: async () => ({ kind: "repository", changed: ["x"], branch: "main", commit: "abc" }),
    });
    const { verdict } = await runPreflight(parse({ tests: "npm test" }), ports, (one) => told.push(one));
    expect(verdict).toMatchObject({
      kind: "fail",
      because: expect.stringContaining("1 file is not committed: x"),
    });
    expect(told).toHaveLength(8);
    expect(told.at(-1)?.check).toBe("tests");
  });

  it("runs commands one after the other", async () => {
    let running = 0;
    let most = 0;
    const { ports } = world({
      run: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return { exit: 0, lastLines: [], ms: 5, timedOut: false, aborted: false };
      },
    });
    await runPreflight(parse({ tests: "a", dependencies: "b" }), ports);
    expect(most).toBe(1);
  });

  it("makes an error of a look that never answers, after the timeout", async () => {
    const { ports, clock } = world({ gitState: () => new Promise(() => {}) });
    const { findings, verdict } = await clock.runUntil(
      runPreflight(parse({ timeout: "7s", branch: false }), ports),
    );
    expect(findings.find((one) => one.check === "git-clean")).toMatchObject({
      outcome: "error",
      saw: "There was no answer within 7s.",
      ms: 7_000,
    });
    expect(verdict.kind).toBe("error");
  });

  it("makes an error of a problem and of a bug, and keeps the problem's advice", async () => {
    const { ports, platform } = world({
      lockfile: async () => Promise.reject(new TypeError("x is undefined")),
    });
    const problem = new Problem({ code: "ATM-300", title: "t", happened: "No answer.", fix: "Try later." });
    platform.fail("production", { how: "before", error: problem });
    const { findings } = await runPreflight(parse(), ports);
    expect(findings.find((one) => one.check === "way-back")).toMatchObject({
      outcome: "error",
      saw: "No answer.",
      fix: "Try later.",
    });
    expect(findings.find((one) => one.check === "dependencies")).toMatchObject({
      outcome: "error",
      saw: expect.stringContaining("x is undefined"),
    });
  });

  it("stops at once when it is told to", async () => {
    const stop = new AbortController();
    const { ports } = world({ gitState: () => new Promise(() => {}) });
    const running = runPreflight(parse({ tests: "npm test" }), ports, undefined, stop.signal);
    stop.abort();
    const { findings, verdict } = await running;
    expect(findings.find((one) => one.check === "tests")?.saw).toBe("The check was stopped before its end.");
    expect(verdict.kind).toBe("error");
  });

  it("is inconclusive, not a pass, when every check is off", async () => {
    const off = {
      source: false,
      git_clean: false,
      branch: false,
      dependencies: false,
      tests: false,
      platform: false,
      way_back: false,
      disk_free: false,
    };
    const { ports } = world();
    expect(plannedPreflight(parse(off))).toEqual([]);
    expect((await runPreflight(parse(off), ports)).verdict.kind).toBe("inconclusive");
  });

  it("plans what it runs", async () => {
    const settings = parse({ tests: "npm test", tests_timeout: "1m", required_variables: ["A"] });
    const { ports } = world();
    const { findings } = await runPreflight(settings, ports);
    expect(plannedPreflight(settings).map((one) => one.check)).toEqual(findings.map((one) => one.check));
    const canary = {
      ...ports,
      proveNumbers: async () => [],
      proveSplit: async () => ({ wanted: undefined, hosts: [] }),
      alarm: () => ({ rules: 1, blind: [], unheard: [] }),
    };
    const more = (await runPreflight(settings, canary)).findings.map((one) => one.check);
    expect(plannedPreflight(settings, ["numbers", "split", "alerts"]).map((one) => one.check)).toEqual(more);
    expect(more).toContain("numbers");
    expect(plannedPreflight(settings).find((one) => one.check === "tests")?.timeoutMs).toBe(75_000);
  });
});

describe("findWayBack", () => {
  const proof = (id: string) => ({
    service: "s",
    environment: "production",
    deployment: id,
    address: "",
    version: "v",
    at: 0,
  });
  it("skips proven deployments that are gone or not ready", async () => {
    const { platform } = world();
    platform.seed({ id: "dpl_0" });
    platform.seed({ id: "dpl_bad", state: "failed" });
    const found = await findWayBack(platform, async () => ["dpl_none", "dpl_bad", "dpl_0"].map(proof));
    expect(found).toMatchObject({ current: { id: "dpl_1" }, proven: { id: "dpl_0" } });
  });
  it("knows none before the first release", async () => {
    const clock = fakeClock();
    expect(await findWayBack(fakePlatform({ clock }), async () => [])).toEqual({});
  });
});

describe("PreflightSettings", () => {
  it.each([
    { git_claen: true },
    { branch: [] },
    { tests: "" },
    { required_variables: ["not a name"] },
    { tests_timeout: 5 },
    { disk_free: "much" },
  ])("refuses %j", (input) => expect(PreflightSettings.safeParse(input).success).toBe(false));
});
