import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually } from "../testing/cloud-under-test.js";
import { cronJob, dueJobs, isAnother, minuteOf } from "./schedule.js";

describe("a schedule", () => {
  it.each([
    ["* * * * *", "2026-11-29T10:07:00Z", true],
    ["*/15 * * * *", "2026-11-29T10:30:00Z", true],
    ["*/15 * * * *", "2026-11-29T10:31:00Z", false],
    ["0 5 * * *", "2026-11-29T05:00:00Z", true],
    ["0 5 * * *", "2026-11-29T05:00:00+01:00", false],
    ["0 0 1 * *", "2026-12-01T00:00:00Z", true],
    ["0 0 * * 0", "2026-11-29T00:00:00Z", true],
    ["0 0 * * 1-5", "2026-11-29T00:00:00Z", false],
    ["0 0 29 2 *", "2028-02-29T00:00:00Z", true],
  ])("%s is due at %s: %s", (schedule, at, isDue) => {
    const job = { path: "/api/job", schedule };
    expect(dueJobs([job], Date.parse(at))).toEqual(isDue ? [job] : []);
  });

  it.each([
    ["", /five fields/],
    ["* * * *", /five fields/],
    ["* * * * * *", /five fields/],
    ["0 0 * * MON", /numbers/],
    ["@daily", /five fields/],
    ["60 * * * *", /range/],
    ["0 0 1 * 1", /both/],
    ["0 0 31 2 *", /never/],
  ])("%j is refused", (schedule, says) => {
    const { error } = cronJob.safeParse({ path: "/api/job", schedule });
    expect(error?.issues[0]?.message).toMatch(says);
  });
});

it.each([
  ["11:05:00", "11:04:59", true],
  ["11:04:59", "11:04:00", false],
  ["11:04:59", "11:05:01", false],
  ["11:01:00", "11:05:00", false],
  ["09:05:00", "11:05:00", true],
])("at %s, after %s, jobs are called: %s", (at, last, isCalled) => {
  const minute = (time: string) => minuteOf(Date.parse(`2026-11-29T${time}Z`));
  expect(isAnother(minute(at), minute(last))).toBe(isCalled);
});

describe("cron jobs", () => {
  let t: CloudUnderTest;
  /** What the cloud takes for the time; a test moves it on. */
  let now = Date.parse("2026-11-29T10:00:30Z");
  beforeAll(async () => {
    t = await CloudUnderTest.start({ clock: () => now });
  });
  afterAll(() => t.end());

  const job = (word: string) => ({
    "package.json": '{"type":"module"}',
    "server.js": `const calls = [];
export default (request, response) => {
  if (request.url !== "/api/job") return response.end(JSON.stringify(calls));
  const { host, authorization, "user-agent": agent, "x-vercel-cron-schedule": schedule } = request.headers;
  const own = Object.keys(request.headers).filter((name) => name.startsWith("x-atoms"));
  calls.push({ method: request.method, host, authorization, agent, schedule, own });
  response.statusCode = ${word === "fails" ? 500 : 200};
  response.end();
};`,
    "vercel.json": JSON.stringify({ crons: [{ path: "/api/job", schedule: "*/5 * * * *" }] }),
  });
  const callsOf = async (url: string) => JSON.parse((await t.visit(url)).body) as Record<string, unknown>[];

  it("are called in their minutes, on what serves production then, and on nothing else", async () => {
    await t.api("POST", "/v11/projects", { name: "jobs" });
    await t.api("POST", "/v10/projects/jobs/env", {
      key: "CRON_SECRET",
      value: "a-secret",
      type: "encrypted",
      target: ["production"],
    });
    const first = await t.deploy("jobs", job("first"), { target: "production" });
    const preview = await t.deploy("jobs", job("preview"));
    expect((await t.api("GET", "/v9/projects/jobs")).body.crons).toMatchObject({
      deploymentId: first.id,
      definitions: [{ host: "jobs.localhost", path: "/api/job", schedule: "*/5 * * * *" }],
    });

    now = Date.parse("2026-11-29T10:04:10Z");
    await t.visit(first.url);
    now = Date.parse("2026-11-29T10:05:00Z");
    await eventually(async () => (await callsOf(first.url)).length > 0);
    expect(await callsOf(first.url)).toEqual([
      {
        method: "GET",
        host: first.url,
        authorization: "Bearer a-secret",
        agent: "vercel-cron/1.0",
        schedule: "*/5 * * * *",
        own: [],
      },
    ]);
    expect(await callsOf(preview.url)).toEqual([]);

    const second = await t.deploy("jobs", job("fails"), { target: "production" });
    now = Date.parse("2026-11-29T10:10:59Z");
    await eventually(async () => (await callsOf(second.url)).length > 0);
    // Once, also when it is answered with an error.
    now = Date.parse("2026-11-29T10:11:00Z");
    expect((await t.api("POST", "/v1/projects/jobs/crons/run", { path: "/api/job" })).body).toEqual({
      invocationAt: now,
    });
    await eventually(async () => (await callsOf(second.url)).length > 1);
    expect([(await callsOf(first.url)).length, (await callsOf(second.url)).length]).toEqual([1, 2]);
  });

  it("are run at once on request, through the project's protection, which stays closed to others", async () => {
    const { url } = await t.deploy("closed", job("closed"), { target: "production" });
    await t.api("PATCH", "/v9/projects/closed", { ssoProtection: { deploymentType: "all" } });
    await t.api("POST", "/v1/projects/closed/crons/run", { path: "/api/job" });
    for (const pass of ["", "x", Buffer.alloc(60).toString("base64")])
      expect((await t.visit(url, "/api/job", { headers: { "x-atoms-cloud-cron": pass } })).status).toBe(401);
    await t.api("PATCH", "/v9/projects/closed", { ssoProtection: null });
    await eventually(async () => (await callsOf(url)).length === 1);
    const none = await t.api("POST", "/v1/projects/closed/crons/run", { path: "/api/other" });
    expect([none.status, none.body.error.message]).toEqual([404, expect.stringContaining("/api/other")]);
  });

  it("go on when the clock, which was far ahead, is set right", async () => {
    // A minute with no job in it; its deployment is asked once, so that the cloud has looked at its clock meanwhile.
    now = Date.parse("2026-11-30T11:01:00Z");
    const { url } = await t.deploy("ahead", job("ahead"), { target: "production" });
    expect(await callsOf(url)).toEqual([]);
    now = Date.parse("2026-11-29T11:05:00Z");
    await eventually(async () => (await callsOf(url)).length === 1);
  });

  it("may answer as much as they like", async () => {
    const files = {
      ...job("long"),
      "server.js": `import { pipeline } from "node:stream/promises";
let ended = "no";
function* much() { for (let n = 0; n < 512; n++) yield Buffer.alloc(64 * 1024); }
export default async (request, response) => {
  if (request.url !== "/api/job") return response.end(ended);
  await pipeline(much, response).then(() => { ended = "yes"; }, (error) => { ended = error.code; });
};`,
    };
    const { url } = await t.deploy("long", files, { target: "production" });
    await t.api("POST", "/v1/projects/long/crons/run", { path: "/api/job" });
    await eventually(async () => (await t.visit(url)).body !== "no");
    expect((await t.visit(url)).body).toBe("yes");
  });

  it("with a mistake fail the build, which says where", async () => {
    const files = { ...job("bad"), "vercel.json": '{"crons":[{"path":"api","schedule":"0 0 1 * 1"}]}' };
    const one = await t.deploy("bad", files);
    expect(one.errorMessage).toMatch(/must begin with "\/"[\s\S]*crons\[0\]\.path/);
    expect(one.errorMessage).toMatch(/cannot give both[\s\S]*crons\[0\]\.schedule/);
  });
});
