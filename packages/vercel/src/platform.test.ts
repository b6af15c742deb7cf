import { createHash } from "node:crypto";
import { isProblem, type Problem, type SourceSnapshot } from "@atoms/playbook";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { VercelPlatformOptions } from "./platform/settings.js";
import { type VercelPlatform, vercelPlatform } from "./platform.js";
import { clockAt } from "./testing/clock-at.js";
import { type TinyVercel, tinyVercel } from "./testing/tiny-vercel.js";

let tiny: TinyVercel;
let open: VercelPlatform[] = [];
beforeEach(async () => {
  tiny = await tinyVercel();
});
afterEach(async () => {
  await Promise.all(open.map((one) => one.close()));
  open = [];
  await tiny.close();
});

/** A platform whose waits pass a hundred times as fast as they say. */
function platformOf(options: Partial<VercelPlatformOptions> = {}): VercelPlatform {
  const platform = vercelPlatform({
    name: "vercel",
    api: tiny.url,
    token: tiny.token,
    team: "tiny",
    project: "shop",
    clock: clockAt(100),
    random: () => 0.5,
    ...options,
  });
  open.push(platform);
  return platform;
}

const contents = new Map([
  ["package.json", '{"name":"shop"}'],
  ["index.js", "export default 1"],
  ["copy.js", "export default 1"],
]);
const source: SourceSnapshot = {
  digest: "whole",
  files: [...contents].map(([path, text]) => ({
    path,
    sha1: createHash("sha1").update(text).digest("hex"),
    size: text.length,
    mode: 0o100644,
  })),
};
const order = (release: string) => ({
  release,
  version: "1.2.3",
  source,
  variables: { LEVEL: "debug", ATOMS_VERSION: "not this one" },
  read: async (file: { path: string }) => Buffer.from(contents.get(file.path) ?? ""),
});

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    (value) => new Error(`it went well: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (isProblem(error)) return error;
  throw error;
}

const asked = (pattern: RegExp) => tiny.requests.filter((one) => pattern.test(one.line)).length;

/** A project with two deployments, the first of which serves production. */
async function twoDeployments(platform: VercelPlatform): Promise<[string, string]> {
  await platform.ensureProject();
  const first = await platform.createDeployment(order("one"));
  const second = await platform.createDeployment(order("two"));
  await platform.promote(first.id);
  return [first.id, second.id];
}

describe("project", () => {
  test("is created, staged, and found again", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    await platform.ensureProject();
    expect(tiny.project).toMatchObject({ name: "shop", autoAssignCustomDomains: false });
    expect(asked(/^POST .*projects/)).toBe(1);
    expect(asked(/^PATCH/)).toBe(1);
  });

  test("is found when the answer to its creation was lost", async () => {
    tiny.fail(/^POST \/v11\/projects/, { when: "after", how: "cut" });
    await platformOf().ensureProject();
    expect(tiny.project).toMatchObject({ autoAssignCustomDomains: false });
  });

  test("that is not there yet reads as empty", async () => {
    const platform = platformOf();
    expect(await platform.production()).toEqual({ hosts: [], autoAssign: true });
    expect(await platform.deployments(5)).toEqual([]);
    expect(await platform.aliases()).toEqual([]);
    expect(await platform.variables({ values: true })).toEqual([]);
    expect(await platform.findDeployment("one")).toBeUndefined();
  });

  test("an id that is not there is a mistake, and never created", async () => {
    expect((await problemOf(platformOf({ project: "prj_9" }).ensureProject())).code).toBe("ATM-307");
    expect(asked(/^POST/)).toBe(0);
  });

  test("automatic assignment is set and read back", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    await platform.setAutoAssign(true);
    expect((await platform.production()).autoAssign).toBe(true);
    await platform.setAutoAssign(false);
    expect((await platform.production()).autoAssign).toBe(false);
  });
});

describe("creating a deployment", () => {
  test("uploads what is missing once, and sends a staged production deployment with its stamp", async () => {
    const platform = platformOf({ framework: "hono", meta: { githubCommitSha: "abc" } });
    await platform.ensureProject();
    const told: [number, number][] = [];
    const made = await platform.createDeployment({ ...order("one"), progress: (...of) => told.push(of) });
    expect(made).toMatchObject({
      address: `https://${tiny.deployments[0]?.url}`,
      state: "ready",
      production: true,
      release: "one",
      version: "1.2.3",
    });
    expect(asked(/\/v2\/files/)).toBe(2);
    expect(told.at(-1)).toEqual([31, 31]);
    expect(tiny.deployments[0]?.body).toEqual({
      name: "shop",
      project: "prj_1",
      version: 2,
      target: "production",
      autoAssignCustomDomains: false,
      meta: { githubCommitSha: "abc", atomsReleaseId: "one", atomsVersion: "1.2.3" },
      env: { LEVEL: "debug", ATOMS_VERSION: "1.2.3" },
      projectSettings: { framework: "hono" },
      files: source.files.map(({ path, sha1, size, mode }) => ({ file: path, sha: sha1, size, mode })),
    });
  });

  test("twice makes one", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    const first = await platform.createDeployment(order("one"));
    expect(await platform.createDeployment(order("one"))).toEqual(first);
    expect(await platform.findDeployment("one")).toEqual(first);
    expect(tiny.deployments).toHaveLength(1);
  });

  test.each([
    { given: "the connection is cut after it was made", how: "cut" as const },
    { given: "the platform says 500 after it was made", how: { status: 500 } },
    { given: "a proxy answers with HTML after it was made", how: { status: 200, body: "<html>" } },
  ])("$given: it is found, not made again", async ({ how }) => {
    const platform = platformOf();
    await platform.ensureProject();
    await platform.createDeployment(order("zero"));
    tiny.fail(/^POST \/v13\/deployments/, { when: "after", how });
    expect(await platform.createDeployment(order("one"))).toMatchObject({ release: "one" });
    expect(tiny.deployments).toHaveLength(2);
  });

  test("a creation that left no trace is repeated once, then reported as unknown", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    tiny.fail(/^POST \/v13\/deployments/, { how: "cut" });
    expect(await platform.createDeployment(order("one"))).toMatchObject({ release: "one" });

    tiny.fail(/^POST \/v13\/deployments/, { how: "cut", times: 2 });
    const problem = await problemOf(platform.createDeployment(order("two")));
    expect(problem.code).toBe("ATM-311");
    expect(problem.stillTrue).toContain("no deployment of release two");
  });

  test("a filter that the platform does not apply passes nobody else's deployment off as ours", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    await platform.createDeployment(order("one"));
    const item = { uid: "dpl_1", url: "a.example", meta: { atomsReleaseId: "one" }, createdAt: 1 };
    tiny.fail(/^GET \/v6/, { how: { status: 200, body: { deployments: [item] } } });
    expect(await platform.findDeployment("other")).toBeUndefined();
  });

  test("a platform that goes on naming missing files is not fed for ever", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    const missing = [source.files[0]?.sha1];
    const body = { error: { code: "missing_files", message: "still", missing } };
    tiny.fail(/^POST \/v13/, { how: { status: 400, body }, times: 99 });
    expect((await problemOf(platform.createDeployment(order("one")))).code).toBe("ATM-312");
  });
});

describe("reading", () => {
  test("a deployment by id, host, host with a port, and address; undefined when there is none", async () => {
    const platform = platformOf();
    const [first] = await twoDeployments(platform);
    const url = tiny.deployments[0]?.url as string;
    for (const name of [first, url, `${url}:4310`, `http://${url}:4310/`, "shop.example"]) {
      expect((await platform.deployment(name))?.id, name).toBe(first);
    }
    expect(await platform.deployment("dpl_none")).toBeUndefined();
  });

  test("states are ours, and a state that is not known yet is no success", async () => {
    const platform = platformOf();
    const [id] = await twoDeployments(platform);
    const made = tiny.deployments[0] as (typeof tiny.deployments)[number];
    const seen: Record<string, string | undefined> = {};
    for (const state of ["QUEUED", "BUILDING", "READY", "ERROR", "CANCELED", "BLOCKED", "ASCENDING"]) {
      made.readyState = state;
      seen[state] = (await platform.deployment(id))?.state;
    }
    expect(seen).toEqual({
      QUEUED: "building",
      BUILDING: "building",
      READY: "ready",
      ERROR: "failed",
      CANCELED: "cancelled",
      BLOCKED: "failed",
      ASCENDING: "building",
    });
  });

  test("lists newest first, over pages", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    for (let at = 0; at < 5; at++) await platform.createDeployment(order(`r${at}`));
    expect((await platform.deployments(3)).map((one) => one.release)).toEqual(["r4", "r3", "r2"]);
    expect((await platform.deployments(99)).map((one) => one.release)).toHaveLength(5);
  });

  test("local addresses go over the traffic listener", async () => {
    const platform = platformOf({ name: "local", edgeUrl: "http://127.0.0.1:4310" });
    await twoDeployments(platform);
    const production = await platform.production();
    expect(production.hosts).toEqual(["http://shop.example:4310", "http://www.shop.example:4310"]);
    expect(production.deployment?.address).toMatch(/^http:\/\/shop-\d+\.example:4310$/);
  });

  test("branch domains, redirects and unverified domains are no production hosts; an own list wins", async () => {
    const [one] = tiny.domains;
    tiny.domains.push(
      { ...(one as NonNullable<typeof one>), name: "branch.example", gitBranch: "dev" },
      { ...(one as NonNullable<typeof one>), name: "old.example", redirect: "shop.example" },
      { ...(one as NonNullable<typeof one>), name: "soon.example", verified: false },
    );
    await platformOf().ensureProject();
    expect((await platformOf().production()).hosts).toEqual([
      "https://shop.example",
      "https://www.shop.example",
    ]);
    const own = platformOf({ productionHosts: ["api.example"] });
    expect((await own.production()).hosts).toEqual(["https://api.example"]);
  });

  test("logs: build, runtime and requests in the order of time", async () => {
    const platform = platformOf();
    const [id] = await twoDeployments(platform);
    expect((await platform.logs(id, 10)).map(({ source, level, text }) => [source, level, text])).toEqual([
      ["build", "info", "npm install"],
      ["build", "info", "exit 1"],
      ["runtime", "error", "boom"],
      ["request", "error", "GET a.b/ 500"],
    ]);
    expect(await platform.logs(id, 2)).toHaveLength(2);
  });

  test("logs: that there are no runtime lines is said, not hidden", async () => {
    const platform = platformOf();
    const [id] = await twoDeployments(platform);
    tiny.fail(/observability/, {
      how: { status: 403, body: { error: { code: "forbidden", message: "not in your plan" } } },
      times: 2,
    });
    expect((await platform.logs(id, 10)).at(-1)?.text).toContain("not in your plan");
  });
});

describe("moving production", () => {
  test("promote moves every host; a second time asks for nothing", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    expect((await platform.production()).deployment?.id).toBe(first);
    await platform.promote(second);
    await platform.promote(second);
    expect(asked(/\/promote\//)).toBe(2);
    expect(await platform.production()).toMatchObject({ deployment: { id: second }, autoAssign: true });
    expect(await platform.aliases()).toEqual([
      { host: "shop.example", deployment: second },
      { host: "www.shop.example", deployment: second },
    ]);
  });

  test("one host left behind is reason enough to promote again", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.hosts.set("www.shop.example", first);
    await platform.promote(second);
    expect(tiny.hosts.get("www.shop.example")).toBe(second);
  });

  test("rollBack moves back, pins, and tells the reason", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    await platform.rollBack(first, "too many errors");
    expect(await platform.production()).toMatchObject({ deployment: { id: first }, autoAssign: false });
    expect(tiny.requests.some((one) => one.line.includes("description=too+many+errors"))).toBe(true);
  });

  test("a move under way is shown, and the same one is not asked for again", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    const move = {
      fromDeploymentId: first,
      toDeploymentId: second,
      jobStatus: "in-progress",
      requestedAt: Date.now(),
    } as const;
    tiny.lastAliasRequest = { ...move, type: "promote" };
    expect((await platform.production()).moving).toEqual({ to: second, kind: "promote" });
    const before = asked(/^POST/);
    await platform.promote(second);
    expect(asked(/^POST/)).toBe(before);
    await platform.rollBack(first, "changed our mind");
    expect(asked(/\/rollback\//)).toBe(1);
  });

  test("a move that began long ago is no longer under way", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    tiny.lastAliasRequest = {
      fromDeploymentId: first,
      toDeploymentId: second,
      jobStatus: "in-progress",
      requestedAt: Date.now() - 200_000,
      type: "promote",
    };
    expect((await platform.production()).moving).toBeUndefined();
  });

  test.each([
    { given: "cut", how: "cut" as const },
    { given: "never came", how: "hang" as const },
    { given: "was a 502", how: { status: 502, body: "<html>" } },
  ])("the answer to a rollback $given, but it was done: no error, and one request", async ({ how }) => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.fail(/\/rollback\//, { when: "after", how });
    await platform.rollBack(first, "errors");
    expect((await platform.production()).deployment?.id).toBe(first);
    expect(asked(/\/rollback\//)).toBe(1);
  });

  test("a rollback that was cut before it was done is asked for again", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.fail(/\/rollback\//, { how: "cut" });
    await platform.rollBack(first, "errors");
    expect((await platform.production()).deployment?.id).toBe(first);
  });

  test("an outcome that stays unknown says what was read back", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    tiny.fail(/\/promote\//, { how: "cut", times: 2 });
    const problem = await problemOf(platform.promote(second));
    expect(problem.code).toBe("ATM-311");
    expect(problem.stillTrue).toContain(`shop.example serves ${first}`);
    expect(problem.happened).toContain(`promote ${second}`);
  });

  test("when reading back fails too, nothing is claimed", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.fail(/\/rollback\//, { when: "after", how: "cut" });
    tiny.fail(/domains/, { how: { status: 503 }, times: 99 });
    const problem = await problemOf(platform.rollBack(first, "errors"));
    expect(problem.code).toBe("ATM-311");
    expect(problem.stillTrue).toContain("reading it failed too");
  });

  test("a deployment that failed to build is refused with the end of its log", async () => {
    const platform = platformOf();
    const [, second] = await twoDeployments(platform);
    const made = tiny.deployments[1] as (typeof tiny.deployments)[number];
    Object.assign(made, { readyState: "ERROR", errorMessage: "Command failed" });
    const problem = await problemOf(platform.promote(second));
    expect(problem.code).toBe("ATM-306");
    expect(problem.happened).toBe(`The build of ${second} failed: Command failed\n  npm install\n  exit 1`);
  });

  test("queued behind a rolling release is not accepted", async () => {
    const platform = platformOf();
    const [, second] = await twoDeployments(platform);
    tiny.fail(/\/promote\//, { how: { status: 202, body: {} } });
    expect((await problemOf(platform.promote(second))).code).toBe("ATM-313");
  });

  test("without a project there is nothing to move", async () => {
    expect((await problemOf(platformOf().promote("dpl_1"))).code).toBe("ATM-307");
    expect((await problemOf(platformOf().rollBack("dpl_1", "x"))).code).toBe("ATM-307");
  });
});

describe("variables", () => {
  test("are set before there is a project, replaced, and read in the clear only when asked", async () => {
    const platform = platformOf();
    await platform.setVariable("LEVEL", "info", { secret: false });
    await platform.setVariable("LEVEL", "debug", { secret: false });
    await platform.setVariable("KEY", "s3cret", { secret: true });
    expect(await platform.variables({ values: true })).toEqual([
      { key: "LEVEL", targets: ["production"], readable: true, value: "debug" },
      { key: "KEY", targets: ["production"], readable: false },
    ]);
    expect((await platform.variables({ values: false }))[0]).not.toHaveProperty("value");
  });

  test("one that the platform did not take is a problem", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    const failed = [{ error: { code: "BAD_KEY", message: "no such name" } }];
    tiny.fail(/^POST .*env/, { how: { status: 201, body: { created: [], failed } } });
    const problem = await problemOf(platform.setVariable("1", "x", { secret: false }));
    expect(problem.happened).toContain("no such name");
  });
});

describe("who we are", () => {
  test("account and team", async () => {
    expect(await platformOf().whoAmI()).toEqual({ account: "ada", team: "tiny" });
  });

  test("the way through protection is told only when there is one", () => {
    expect(platformOf().passHeaders()).toEqual({});
    expect(platformOf({ bypassSecret: "let-me" }).passHeaders()).toEqual({
      "x-vercel-protection-bypass": "let-me",
    });
  });
});

describe("problems", () => {
  const refusal = (status: number, code: string, headers: Record<string, string> = {}) => ({
    status,
    headers,
    body: { error: { code, message: "because" } },
  });
  test.each([
    { given: "401", how: refusal(401, "unauthorized"), code: "ATM-301" },
    { given: "403 about the token", how: refusal(403, "forbidden"), code: "ATM-301", who: true },
    { given: "403 about the project", how: refusal(403, "forbidden"), code: "ATM-307" },
    { given: "a hang", how: "hang" as const, code: "ATM-303" },
    { given: "a cut connection", how: "cut" as const, code: "ATM-303" },
    { given: "429", how: refusal(429, "rate_limited", { "retry-after": "900" }), code: "ATM-304" },
    {
      given: "429 of a daily quota",
      how: refusal(429, "api-deployments-free-per-day", { "retry-after": "900" }),
      code: "ATM-308",
    },
    { given: "402", how: refusal(402, "payment_required"), code: "ATM-308" },
    { given: "500", how: refusal(500, "internal"), code: "ATM-305" },
    { given: "422", how: refusal(422, "nope"), code: "ATM-312" },
    { given: "HTML", how: { status: 200, body: "<html>" }, code: "ATM-310" },
  ])("$given is $code", async ({ how, code, who }) => {
    const platform = platformOf();
    tiny.fail(/./, { how, times: 99 });
    const problem = await problemOf(who ? platform.whoAmI() : platform.production());
    expect(problem.code).toBe(code);
    expect(JSON.stringify(problem)).not.toContain(tiny.token);
    expect(problem.stillTrue).toContain("nothing was changed");
  });

  test("a deployment that is gone is ATM-309", async () => {
    const platform = platformOf();
    await twoDeployments(platform);
    expect((await problemOf(platform.promote("dpl_77"))).code).toBe("ATM-309");
  });

  test("nobody there is ATM-302", async () => {
    await tiny.close();
    expect((await problemOf(platformOf().whoAmI())).code).toBe("ATM-302");
    tiny = await tinyVercel();
  });

  test("giving up is not a problem but the caller's own reason", async () => {
    tiny.fail(/./, { how: "hang", times: 9 });
    const caller = new AbortController();
    setTimeout(() => caller.abort(new Error("enough")), 20);
    await expect(platformOf({ clock: clockAt(1) }).production(caller.signal)).rejects.toThrow("enough");
  });
});
