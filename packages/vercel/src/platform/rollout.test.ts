import { describe, expect, test } from "vitest";
import {
  asked,
  platformOf,
  problemOf,
  tiny,
  twoDeployments,
  withTinyVercel,
} from "../testing/platform-under-test.js";
import type { RollingRelease, RollingReleaseConfig } from "../wire/index.js";
import { configurationOf, isInOurForm, sameStages, toRollout } from "./rollout.js";

withTinyVercel();

const percent = (...targets: number[]) => targets.map((targetPercentage) => ({ targetPercentage }));
const arm = (id: string) => ({ id, name: "shop", url: `${id}.example`, createdAt: 1, readyState: "READY" });

function runOf(change: Partial<RollingRelease> = {}, targets = [10, 50, 100]): RollingRelease {
  const stages = targets.map((targetPercentage, index) => ({
    index,
    targetPercentage,
    isFinalStage: index === targets.length - 1,
    requireApproval: index < targets.length - 1,
    duration: null,
  }));
  return {
    state: "ACTIVE",
    advancementType: "manual-approval",
    currentDeployment: arm("dpl_1"),
    canaryDeployment: arm("dpl_2"),
    stages,
    activeStage: stages[0] ?? null,
    nextStage: stages[1] ?? null,
    startedAt: Date.UTC(2026, 0, 5),
    updatedAt: Date.UTC(2026, 0, 5),
    ...change,
  };
}

/** The platform says this of its latest rolling release, for as long as asked. */
const running = (run: RollingRelease | null, times = 99) =>
  tiny.fail(/^GET .*\/rolling-release\?/, { how: { status: 200, body: { rollingRelease: run } }, times });
/** The project has these stages in its settings. */
const configured = (config: RollingReleaseConfig) => {
  Object.assign(tiny.project ?? {}, { rollingRelease: config });
  tiny.fail(/^GET .*\/rolling-release\/config/, {
    how: { status: 200, body: { rollingRelease: config } },
    times: 99,
  });
};

describe("a rolling release in our words", () => {
  test.each([
    {
      given: "active",
      run: runOf(),
      rollout: { state: "active", stage: 0, share: 0.1, stable: "dpl_1", candidate: "dpl_2" },
    },
    {
      given: "active, between two stages",
      run: runOf({ currentCanaryPercentage: 12.5 }),
      rollout: { state: "active", share: 0.125 },
    },
    {
      given: "complete",
      run: runOf({ state: "COMPLETE" }),
      rollout: { state: "complete", stage: 2, share: 1, shares: [0.1, 0.5, 1] },
    },
    {
      given: "aborted: the platform forgets the stage",
      run: runOf({ state: "ABORTED", activeStage: null, nextStage: null }),
      rollout: { state: "aborted", stage: 0, share: 0 },
    },
    {
      given: "of deployments that are gone",
      run: runOf({ state: "ABORTED", activeStage: null, canaryDeployment: null, currentDeployment: null }),
      rollout: { candidate: "unknown", stable: undefined },
    },
  ])("$given", ({ run, rollout }) => {
    expect(toRollout(run)).toMatchObject(rollout);
  });

  test("shares become percentages that people would write", () => {
    expect(configurationOf([0, 0.07, 0.125, 0.29, 1]).stages).toEqual(percent(0, 7, 12.5, 29, 100));
  });

  test.each([
    [[]],
    [[1]],
    [[0.1, 0.5]],
    [[0.5, 0.1, 1]],
    [[0.5, 0.5, 1]],
    [[-0.1, 1]],
    [[0.5, 1, 1]],
    [[10, 100]],
    [[Number.NaN, 1]],
  ])("%j are no shares", async (shares) => {
    expect(() => configurationOf(shares)).toThrow(RangeError);
    await expect(platformOf().beginRollout("dpl_2", shares)).rejects.toThrow(RangeError);
    expect(tiny.requests).toHaveLength(0);
  });

  test.each([
    { one: percent(12.5, 100), other: percent(12, 100), same: true },
    { one: percent(10, 100), other: percent(11, 100), same: false },
    { one: percent(10, 50, 100), other: percent(10, 100), same: false },
    { one: null, other: percent(100), same: false },
  ])("the same stages, give or take a fraction: $same", ({ one, other, same }) => {
    expect(sameStages(one, other)).toBe(same);
  });

  const ours = { target: "production", stages: percent(10, 100) };
  test.each<{ given: string; config: RollingReleaseConfig; form: boolean }>([
    { given: "without a type", config: ours, form: true },
    { given: "by approval", config: { ...ours, advancementType: "manual-approval" }, form: true },
    { given: "automatic", config: { ...ours, advancementType: "automatic" }, form: false },
    {
      given: "with a duration",
      config: { ...ours, stages: [{ targetPercentage: 10, duration: 5 }, { targetPercentage: 100 }] },
      form: false,
    },
    {
      given: "with a gate",
      config: { ...ours, gate: { enabled: true, action: "pause", checks: [] } },
      form: false,
    },
    { given: "with a header", config: { ...ours, canaryResponseHeader: true }, form: false },
  ])("a configuration $given: in our form is $form", ({ config, form }) => {
    expect(isInOurForm(config)).toBe(form);
  });
});

describe("a staged shift on a platform that does not do as it is told", () => {
  test("a plan that has none reads as none, is named when it refuses, and does not stop a promote", async () => {
    const platform = platformOf();
    const [, second] = await twoDeployments(platform);
    const how = { status: 403, body: { error: { code: "forbidden", message: "no" } } };
    const billing = { reason: "plan_not_supported", message: "Rolling Releases need Pro." };
    tiny.fail(/billing/, { how: { status: 200, body: billing } });
    tiny.fail(/rolling-release/, { how, times: 99 });
    expect(await platform.rollout()).toBeUndefined();
    const problem = await problemOf(platform.beginRollout(second, [0.1, 1]));
    expect(problem.code).toBe("ATM-308");
    expect(problem.happened).toContain("Rolling Releases need Pro.");
    await platform.promote(second);
    expect(tiny.hosts.get("shop.example")).toBe(second);
  });

  test("a refused start takes the stages out again", async () => {
    const platform = platformOf();
    const [, second] = await twoDeployments(platform);
    const set = { rollingRelease: { target: "production", stages: percent(10, 100) } };
    running(null);
    tiny.fail(/^PATCH .*config/, { how: { status: 200, body: set } });
    tiny.fail(/^GET .*config/, { how: { status: 200, body: set }, times: 9 });
    const error = { code: "deployment_not_ready", message: "The deployment is not ready." };
    tiny.fail(/\/start/, { how: { status: 422, body: { error } } });
    tiny.fail(/^DELETE .*config/, { how: { status: 200, body: { rollingRelease: null } } });
    const problem = await problemOf(platform.beginRollout(second, [0.1, 1]));
    expect([problem.code, problem.happened]).toEqual(["ATM-312", expect.stringContaining("is not ready")]);
    expect(asked(/^DELETE .*config/)).toBe(1);
  });

  test("a yes that changes nothing is no success", async () => {
    const platform = platformOf();
    const [, second] = await twoDeployments(platform);
    running(runOf({ canaryDeployment: arm(second) }));
    tiny.fail(/approve-stage/, { how: { status: 200, body: { rollingRelease: null } } });
    const problem = await problemOf(platform.advanceRollout(second, 1));
    expect(problem.code).toBe("ATM-311");
    expect(problem.stillTrue).toContain("stage 1 of 3, 10 %");
    expect(asked(/approve-stage/)).toBe(1);
  });

  test("a rollback that is accepted, but leaves the split, is not taken for done", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    running(runOf({ canaryDeployment: arm(second), currentDeployment: arm(first) }));
    const problem = await problemOf(platform.rollBack(first, "worse"));
    expect(problem.code).toBe("ATM-311");
    expect(problem.stillTrue).toContain(`the rolling release to ${second} is still active`);
  });

  test("a rollback whose end is slow in coming is waited for", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    running(runOf({ canaryDeployment: arm(second), currentDeployment: arm(first) }), 3);
    running(runOf({ state: "ABORTED", activeStage: null }));
    await platform.rollBack(first, "worse");
    expect(asked(/^GET .*\/rolling-release\?/)).toBeGreaterThan(3);
  });

  test("a rollback does not wait for a look that fails: it was accepted", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.fail(/rolling-release/, { how: { status: 500 }, times: 99 });
    await platform.rollBack(first, "worse");
    expect(tiny.hosts.get("shop.example")).toBe(first);
  });

  test.each([
    { whose: "of Atoms", by: "dpl_2", removed: 1 },
    { whose: "of a deployment that Atoms did not make", by: "dpl_hand", removed: 0 },
    { whose: "of nobody that is known", by: undefined, removed: 0 },
  ])(
    "stages left in the settings after a run $whose are taken out $removed times",
    async ({ by, removed }) => {
      const platform = platformOf();
      const [, second] = await twoDeployments(platform);
      tiny.fail(/deployments\/dpl_hand/, {
        how: { status: 200, body: { id: "dpl_hand", meta: {} } },
        times: 9,
      });
      running(by === undefined ? null : runOf({ state: "COMPLETE", canaryDeployment: arm(by) }));
      configured({ target: "production", stages: percent(10, 50, 100) });
      tiny.fail(/^DELETE .*config/, { how: { status: 200, body: { rollingRelease: null } } });
      const problem = await problemOf(platform.promote(second));
      // The tiny platform does not really take them out, which is noticed.
      expect(problem.code).toBe(removed === 1 ? "ATM-311" : "ATM-313");
      expect(asked(/^DELETE .*config/)).toBe(removed);
      expect(asked(/\/promote\//)).toBe(1);
    },
  );
});
