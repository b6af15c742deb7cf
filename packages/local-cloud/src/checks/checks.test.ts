import { checkRunsAnswer, checksAnswer } from "@atoms/vercel";
import { afterAll, beforeAll, expect, it } from "vitest";
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
