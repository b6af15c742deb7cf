import { checkRunsAnswer, checksAnswer } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, saying } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
let later = 0;
beforeAll(async () => {
  t = await CloudUnderTest.start({ clock: () => Date.now() + later });
});
afterAll(() => t.end());

async function checked(name: string, check: object) {
  await t.deploy(name, saying("old"), { target: "production" });
  const made = await t.api("POST", `/v2/projects/${name}/checks`, { name: "smoke", ...check });
  expect(made.status).toBe(200);
  expect(() => checksAnswer.parse({ checks: [made.body] })).not.toThrow();
  const one = await t.deploy(name, saying("new"), { target: "production" });
  const runs = checkRunsAnswer.parse((await t.api("GET", `/v2/deployments/${one.id}/check-runs`)).body).runs;
  const finish = (body: object) =>
    t.api("PATCH", `/v2/deployments/${one.id}/check-runs/${runs[0]?.id}`, body);
  const get = async () => (await t.api("GET", `/v13/deployments/${one.id}`)).body;
  const live = async () => (await t.visit(`${name}.localhost`)).body;
  return { one, runs, finish, get, live };
}

it("production waits for a blocking check, then goes on when it has passed", async () => {
  const c = await checked("passes", {});
  expect(c.one).toMatchObject({
    readyState: "READY",
    aliasAssigned: false,
    checks: { "deployment-alias": { state: "pending" } },
  });
  expect([await c.live(), (await t.visit(c.one.url)).body]).toEqual(["old", "new"]);
  await c.finish({ status: "running" });
  expect(await c.live()).toBe("old");
  const done = await c.finish({ status: "completed", conclusion: "succeeded" });
  expect(done.body).toMatchObject({ status: "completed", conclusion: "succeeded" });
  expect(await c.live()).toBe("new");
  expect(await c.get()).toMatchObject({
    aliasAssigned: true,
    checksState: "completed",
    checksConclusion: "succeeded",
  });
});

it("a check that is removed holds nothing up any more", async () => {
  const c = await checked("unwatched", {});
  expect(await c.live()).toBe("old");
  const check = (await t.api("GET", "/v2/projects/unwatched/checks")).body.checks[0];
  await t.api("DELETE", `/v2/projects/unwatched/checks/${check.id}`);
  expect(await c.live()).toBe("new");
  const { runs } = (await t.api("GET", `/v2/deployments/${c.one.id}/check-runs`)).body;
  expect(runs[0]).toMatchObject({ status: "completed", conclusion: "skipped" });
});

it.each([
  [
    "it failed",
    async (c: Awaited<ReturnType<typeof checked>>) => void (await c.finish({ conclusion: "failed" })),
  ],
  [
    "its time was over",
    async () => {
      later += 61_000;
    },
  ],
])("production stays where it is when %s, also against a promotion", async (why, end) => {
  const name = why.replaceAll(" ", "-");
  const c = await checked(name, { timeout: 60 });
  await end(c);
  const seen = await eventually(async () => {
    const one = await c.get();
    return one.aliasError ? one : null;
  });
  expect(seen).toMatchObject({
    aliasAssigned: false,
    aliasError: { code: "checks_failed" },
    checks: { "deployment-alias": { state: "failed" } },
  });
  const promoted = await t.api("POST", `/v10/projects/${name}/promote/${c.one.id}`, {});
  expect([promoted.status, promoted.body.error.code]).toEqual([409, "checks_not_passed"]);
  expect(await c.live()).toBe("old");
  const again = await t.api("POST", `/v2/deployments/${c.one.id}/check-runs`, {
    checkId: c.runs[0]?.checkId,
  });
  await t.api("PATCH", `/v2/deployments/${c.one.id}/check-runs/${again.body.id}`, {
    conclusion: "succeeded",
  });
  expect(await c.live()).toBe("new");
});

it("a check that blocks promotion alone lets hosts be assigned", async () => {
  const c = await checked("promotion", { blocks: "deployment-promotion" });
  expect([c.one.aliasAssigned, await c.live()]).toEqual([true, "new"]);
  expect((await t.api("POST", `/v10/projects/promotion/promote/${c.one.id}`, {})).status).toBe(409);
  await c.finish({ conclusion: "neutral" });
  expect((await t.api("POST", `/v10/projects/promotion/promote/${c.one.id}`, {})).status).toBe(201);
});

it("a check for another target does not run", async () => {
  const c = await checked("targets", { targets: ["preview"] });
  expect([c.runs.length, await c.live()]).toEqual([0, "new"]);
});

describe.each(["build-start", "deployment-start"] as const)("a check that blocks %s", (blocks) => {
  /** A deployment that waits, and the calls about it. */
  async function held(name: string, on = t) {
    const files = {
      ...saying(name),
      "package.json": JSON.stringify({
        scripts: { start: "node index.js", build: "echo built" },
        type: "module",
      }),
    };
    await on.api("POST", "/v1/projects", { name });
    await on.api("POST", `/v2/projects/${name}/checks`, { name: "may it", blocks, requires: "none" });
    const entries = Object.entries(files).map(([file, data]) => ({ file, data }));
    const { body } = await on.api("POST", "/v13/deployments", { name, files: entries, target: "production" });
    const get = async () => (await on.api("GET", `/v13/deployments/${body.id}`)).body;
    const runs = () => on.api("GET", `/v2/deployments/${body.id}/check-runs`);
    const run = await eventually(async () => (await runs()).body.runs[0]);
    const finish = (conclusion: string) =>
      on.api("PATCH", `/v2/deployments/${body.id}/check-runs/${run.id}`, { conclusion });
    const log = async () =>
      JSON.stringify((await on.api("GET", `/v3/deployments/${body.id}/events?follow=0`)).body);
    return { id: body.id as string, url: body.url as string, get, finish, log };
  }
  const waitsAs = blocks === "build-start" ? "QUEUED" : "BUILDING";

  it("holds it back until it has passed", async () => {
    const c = await held(`held-${blocks}`);
    expect((await c.get()).readyState).toBe(waitsAs);
    expect((await c.log()).includes("echo built")).toBe(blocks === "deployment-start");
    expect((await t.visit(c.url)).headers["x-vercel-error"]).toBe("DEPLOYMENT_NOT_READY");
    await c.finish("succeeded");
    expect((await t.built(c.id)).readyState).toBe("READY");
    expect((await t.visit(`held-${blocks}.localhost`)).body).toBe(`held-${blocks}`);
  });

  it("ends it when it fails, and it can be canceled meanwhile", async () => {
    const failing = await held(`fails-${blocks}`);
    await failing.finish("failed");
    expect(await failing.get()).toMatchObject({
      readyState: "ERROR",
      errorCode: "CHECKS_FAILED",
      errorMessage: expect.stringContaining('The check "may it" ended with failed.'),
    });
    const canceled = await held(`canceled-${blocks}`);
    expect((await t.api("PATCH", `/v12/deployments/${canceled.id}/cancel`)).body.readyState).toBe("CANCELED");
    await canceled.finish("succeeded");
    expect((await canceled.get()).readyState).toBe("CANCELED");
  });

  it("holds it back over a restart", async () => {
    const other = await CloudUnderTest.start();
    try {
      const c = await held("restarted", other);
      await other.restart();
      expect((await c.get()).readyState).toBe(waitsAs);
      expect((await other.api("GET", `/v2/deployments/${c.id}/check-runs`)).body.runs).toHaveLength(1);
      await c.finish("succeeded");
      expect((await other.built(c.id)).readyState).toBe("READY");
    } finally {
      await other.end();
    }
  });
});
