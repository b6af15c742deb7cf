import { rollingReleaseAnswer, rollingReleaseConfigAnswer } from "@atoms/vercel";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, saying } from "../testing/cloud-under-test.js";
import { bucketCookie, drawArm } from "./bucket.js";

let t: CloudUnderTest;
let later = 0;
beforeAll(async () => {
  t = await CloudUnderTest.start({ clock: () => Date.now() + later });
});
afterAll(() => t.end());

const MANUAL = {
  enabled: true,
  advancementType: "manual-approval",
  stages: [{ targetPercentage: 0 }, { targetPercentage: 50 }, { targetPercentage: 100 }],
};

/** A project with a base in production, rolling releases on, and a staged canary. */
async function prepared(name: string, config: object = MANUAL) {
  const base = await t.deploy(name, saying("base"), { target: "production" });
  const path = `/v1/projects/${base.projectId}/rolling-release`;
  const configured = await t.api("PATCH", `${path}/config`, config);
  expect(configured.status).toBe(200);
  const canary = await t.deploy(name, saying("canary"), {
    target: "production",
    autoAssignCustomDomains: false,
  });
  const post = async (call: string, body: object) => {
    const { status, body: answer } = await t.api("POST", `${path}/${call}`, {
      canaryDeploymentId: canary.id,
      ...body,
    });
    if (status === 200) expect(() => rollingReleaseAnswer.parse(answer)).not.toThrow();
    return { status, run: answer.rollingRelease, error: answer.error };
  };
  const run = async () => (await t.api("GET", path)).body.rollingRelease;
  /** Who answers visitors of different addresses. */
  const seen = async (visitors: number) => {
    const counts = { base: 0, canary: 0 };
    for (let i = 0; i < visitors; i++) {
      const { body } = await t.visit(`${name}.localhost`, "/", {
        headers: { "x-forwarded-for": `203.0.113.${i}` },
      });
      counts[body as "base" | "canary"]++;
    }
    return counts;
  };
  return { base, canary, path, post, run, seen, host: `${name}.localhost` };
}

describe("a rolling release", () => {
  it("goes through its stages by approval, and ends with the canary as production", async () => {
    const p = await prepared("stages");
    const started = await p.post("start", {});
    expect(started.run).toMatchObject({
      state: "ACTIVE",
      activeStage: { index: 0, targetPercentage: 0, requireApproval: true, isFinalStage: false },
      nextStage: { index: 1, targetPercentage: 50 },
      currentDeployment: { id: p.base.id },
      canaryDeployment: { id: p.canary.id },
      currentCanaryPercentage: 0,
    });
    expect((await t.api("GET", `/v13/deployments/${p.canary.id}`)).body.readySubstate).toBe("ROLLING");
    expect(await p.seen(30)).toEqual({ base: 30, canary: 0 });
    expect((await p.post("start", {})).run.startedAt).toBe(started.run.startedAt);
    const early = await p.post("approve-stage", { nextStageIndex: 2 });
    expect([early.status, early.error.code]).toEqual([400, "invalid_stage"]);
    const half = await p.post("approve-stage", { nextStageIndex: 1, activeStageIndex: 0 });
    expect(half.run).toMatchObject({ activeStage: { index: 1 }, currentCanaryPercentage: 50 });
    const { base, canary } = await p.seen(60);
    expect(base).toBeGreaterThan(12);
    expect(canary).toBeGreaterThan(12);
    const done = await p.post("approve-stage", { nextStageIndex: 2 });
    expect(done.run).toMatchObject({
      state: "COMPLETE",
      activeStage: { isFinalStage: true },
      nextStage: null,
    });
    expect(await p.seen(10)).toEqual({ base: 0, canary: 10 });
    expect((await t.api("GET", "/v9/projects/stages")).body.targets.production.id).toBe(p.canary.id);
    expect((await p.post("complete", {})).status).toBe(404);
  });

  it("leaves each arm's own host alone, and lets a visitor force a side", async () => {
    const p = await prepared("forced");
    await p.post("start", {});
    expect((await t.visit(p.base.url)).body).toBe("base");
    expect((await t.visit(p.canary.url)).body).toBe("canary");
    const forced = await t.visit(p.host, "/?vcrrForceCanary=true");
    expect(forced.body).toBe("canary");
    const cookie = String(forced.headers["set-cookie"]).split(";")[0] as string;
    expect(decodeURIComponent(cookie)).toBe(`${bucketCookie(p.base.projectId)}=${p.canary.id}|0|forced`);
    expect((await t.visit(p.host, "/", { headers: { cookie } })).body).toBe("canary");
    expect((await t.visit(p.host, "/?vcrrForceStable=true", { headers: { cookie } })).body).toBe("base");
    expect((await t.visit(p.host)).body).toBe("base");
  });

  it("begins by itself when a production build is ready or promoted, and only then", async () => {
    const p = await prepared("starts");
    const auto = await t.deploy("starts", saying("canary"), { target: "production" });
    expect(await p.run()).toMatchObject({ state: "ACTIVE", canaryDeployment: { id: auto.id } });
    expect(await p.seen(3)).toEqual({ base: 3, canary: 0 });
    const queued = await t.api("POST", `/v10/projects/starts/promote/${p.canary.id}`, {});
    expect(queued.status).toBe(202);
    expect((await p.run()).queuedDeploymentId).toBe(p.canary.id);
    await t.api("POST", `${p.path}/complete`, { canaryDeploymentId: auto.id });
    expect(await p.run()).toMatchObject({
      state: "ACTIVE",
      canaryDeployment: { id: p.canary.id },
      currentDeployment: { id: auto.id },
    });
  });

  it("is aborted by a rollback, which sends everybody back at once and pins", async () => {
    const p = await prepared("aborted");
    await t.api("POST", `/v10/projects/aborted/promote/${p.canary.id}`, {});
    await p.post("approve-stage", { nextStageIndex: 1 });
    expect((await t.api("POST", `/v9/projects/aborted/rollback/${p.base.id}`, {})).status).toBe(201);
    expect(await p.run()).toMatchObject({ state: "ABORTED", activeStage: null, currentCanaryPercentage: 0 });
    expect(await p.seen(20)).toEqual({ base: 20, canary: 0 });
    const { body } = await t.api("GET", "/v9/projects/aborted");
    expect([body.autoAssignCustomDomains, body.lastAliasRequest.type]).toEqual([false, "rollback"]);
    expect((await p.post("approve-stage", { nextStageIndex: 2 })).status).toBe(404);
    // The canary never was production, so nothing may roll "back" to it.
    expect((await t.api("POST", `/v9/projects/aborted/rollback/${p.canary.id}`, {})).status).toBe(422);
  });

  it("is aborted when its canary is removed: nobody is sent to what is gone, and the queue goes on", async () => {
    const p = await prepared("gone");
    await p.post("start", {});
    await p.post("approve-stage", { nextStageIndex: 1 });
    const next = await t.deploy("gone", saying("canary"), { target: "production" });
    expect((await p.run()).queuedDeploymentId).toBe(next.id);
    await t.api("DELETE", `/v13/deployments/${p.canary.id}`);
    expect(await p.run()).toMatchObject({ state: "ACTIVE", canaryDeployment: { id: next.id } });
    expect(await p.seen(10)).toEqual({ base: 10, canary: 0 });
    const waiting = await t.deploy("gone", saying("canary"), { target: "production" });
    await t.api("DELETE", `/v13/deployments/${waiting.id}`);
    expect((await p.run()).queuedDeploymentId).toBeNull();
    await t.api("DELETE", `/v13/deployments/${next.id}`);
    expect(await p.run()).toMatchObject({ state: "ABORTED", activeStage: null, canaryDeployment: null });
    expect(await p.seen(10)).toEqual({ base: 10, canary: 0 });
    expect((await p.post("start", {})).status).toBe(404);
  });

  it("is aborted when its base is removed, and what waited is production then", async () => {
    const p = await prepared("groundless");
    await p.post("start", {});
    const next = await t.deploy("groundless", saying("next"), { target: "production" });
    await t.api("DELETE", `/v13/deployments/${p.base.id}`);
    expect((await p.run()).state).toBe("ABORTED");
    expect((await t.visit(p.host)).body).toBe("next");
    expect((await t.api("GET", "/v9/projects/groundless")).body.targets.production.id).toBe(next.id);
    expect((await t.api("DELETE", "/v9/projects/groundless")).status).toBe(204);
    expect((await t.visit(p.host)).status).toBe(404);
  });

  it("ends although a check of the next one in the queue has failed: that promotion is skipped", async () => {
    const p = await prepared("barred");
    await p.post("start", {});
    const check = { name: "smoke", requires: "build-ready", blocks: "deployment-promotion" };
    await t.api("POST", "/v2/projects/barred/checks", check);
    const next = await t.deploy("barred", saying("next"), { target: "production" });
    expect((await p.run()).queuedDeploymentId).toBe(next.id);
    expect((await p.post("complete", {})).run.state).toBe("COMPLETE");
    expect((await t.visit(p.host)).body).toBe("canary");
    const { lastAliasRequest } = (await t.api("GET", "/v9/projects/barred")).body;
    expect(lastAliasRequest).toMatchObject({ toDeploymentId: next.id, jobStatus: "skipped" });
  });

  it("advances by the clock, linearly where asked", async () => {
    const stages = [
      { targetPercentage: 10, duration: 1 },
      { targetPercentage: 60, duration: 10, linearShift: true },
      { targetPercentage: 100 },
    ];
    const p = await prepared("timed", { enabled: true, advancementType: "automatic", stages });
    const { run } = await p.post("start", {});
    expect(run.stages.map((stage: { duration: number | null }) => stage.duration)).toEqual([60, 600, null]);
    later += 61_000;
    await eventually(async () => (await p.run()).activeStage?.index === 1);
    later += 300_000;
    const middle = (await p.run()).currentCanaryPercentage;
    expect(middle).toBeGreaterThan(34);
    expect(middle).toBeLessThan(37);
    later += 301_000;
    await eventually(async () => (await p.run()).state === "COMPLETE");
    expect((await t.visit(p.host)).body).toBe("canary");
  });

  it("survives a restart in its stage", async () => {
    const p = await prepared("restarted");
    await p.post("start", {});
    await p.post("approve-stage", { nextStageIndex: 1 });
    const before = await p.run();
    await t.restart();
    expect(await p.run()).toEqual(before);
    expect((await p.seen(40)).canary).toBeGreaterThan(5);
  });

  it("keeps its own copy of the configuration; switching it off does not stop it unless asked", async () => {
    const p = await prepared("copied");
    await p.post("start", {});
    await t.api("PATCH", `${p.path}/config`, {
      ...MANUAL,
      stages: [{ targetPercentage: 90 }, { targetPercentage: 100 }],
    });
    expect((await p.run()).stages).toHaveLength(3);
    const off = await t.api("DELETE", `${p.path}/config`);
    expect(off.body).toEqual({ rollingRelease: null });
    expect((await p.run()).state).toBe("ACTIVE");
    expect((await t.api("GET", "/v9/projects/copied")).body.rollingRelease).toBeUndefined();
    await t.api("PATCH", `${p.path}/config`, { enabled: false, disableRolloutAction: "abort" });
    expect((await p.run()).state).toBe("ABORTED");
  });

  it.each([
    ["one stage", { stages: [{ targetPercentage: 100 }] }],
    [
      "falling percentages",
      { stages: [{ targetPercentage: 50 }, { targetPercentage: 10 }, { targetPercentage: 100 }] },
    ],
    ["no end at 100", { stages: [{ targetPercentage: 10 }, { targetPercentage: 50 }] }],
    [
      "automatic stages without a duration",
      { advancementType: "automatic", stages: [{ targetPercentage: 10 }, { targetPercentage: 100 }] },
    ],
    ["a percentage above 100", { stages: [{ targetPercentage: 10 }, { targetPercentage: 101 }] }],
  ])("is not configured with %s", async (_what, config) => {
    await t.api("POST", "/v1/projects", { name: "unfit" });
    const answer = await t.api("PATCH", "/v1/projects/unfit/rolling-release/config", {
      enabled: true,
      ...config,
    });
    expect([answer.status, answer.body.error.code]).toEqual([400, "bad_request"]);
  });

  it("brings skew protection along where that was never configured", async () => {
    const p = await prepared("brought");
    const age = async (name: string) =>
      (await t.api("GET", `/v9/projects/${name}`)).body.skewProtectionMaxAge;
    expect(await age("brought")).toBe(86_400);
    expect((await t.visit(p.host, `/?dpl=${p.canary.id}`)).body).toBe("canary");
    await t.api("POST", "/v1/projects", { name: "declined", skewProtectionMaxAge: 0 });
    await t.api("PATCH", "/v1/projects/declined/rolling-release/config", MANUAL);
    expect(await age("declined")).toBe(0);
  });

  it("shows its configuration as the official clients read it", async () => {
    const p = await prepared("shown");
    const { body } = await t.api("GET", `${p.path}/config`);
    expect(rollingReleaseConfigAnswer.parse(body).rollingRelease?.stages).toHaveLength(3);
    expect((await t.api("GET", "/v9/projects/shown")).body.rollingRelease).toEqual(body.rollingRelease);
    expect(await p.run()).toBeNull();
    expect((await t.api("GET", `${p.path}/billing`)).body.reason).toBe("unlimited_slots");
  });
});

describe("a bucket", () => {
  const visitor = (clientIp: string, cookies?: string) => ({
    clientIp,
    cookies,
    query: new URLSearchParams(),
    userAgent: "x",
  });

  it("gives the canary its share, and nobody who had it loses it as the share grows", () => {
    const share = (percentage: number) =>
      Array.from(
        { length: 4_000 },
        (_, i) => drawArm(visitor(`10.0.${i >> 8}.${i & 255}`), "prj", "dpl", percentage).arm === "canary",
      );
    const at = { 10: share(10), 50: share(50), 100: share(100), 0: share(0) };
    const count = (list: boolean[]) => list.filter(Boolean).length;
    expect(count(at[0])).toBe(0);
    expect(count(at[10]) / 4_000).toBeCloseTo(0.1, 1);
    expect(count(at[50]) / 4_000).toBeCloseTo(0.5, 1);
    expect(count(at[100])).toBe(4_000);
    for (const [i, canary] of at[10].entries()) if (canary) expect(at[50][i]).toBe(true);
  });

  it("is kept by its cookie and drawn anew for another canary", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 100 }), (ip, percentage) => {
        const first = drawArm(visitor(ip), "prj", "dpl_a", percentage);
        const cookie = first.cookie?.split(";")[0];
        expect(drawArm(visitor("elsewhere", cookie), "prj", "dpl_a", percentage)).toEqual({
          arm: first.arm,
          cookie: null,
        });
        expect(drawArm(visitor(ip, cookie), "prj", "dpl_b", percentage).cookie).toContain("dpl_b");
      }),
    );
  });

  it("believes no cookie that it did not write", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const drawn = drawArm(visitor("10.0.0.1", `${bucketCookie("prj")}=${text}`), "prj", "dpl_a", 0);
        expect(drawn.arm).toBe("base");
      }),
    );
    for (const value of ["dpl_a|-1", "dpl_a|2", "dpl_a|", "dpl_a|0.5|x", "dpl_a|0|forced|x", "%E0%A4%A"]) {
      expect(
        drawArm(visitor("10.0.0.1", `${bucketCookie("prj")}=${value}`), "prj", "dpl_a", 0).cookie,
      ).not.toBeNull();
    }
  });
});
