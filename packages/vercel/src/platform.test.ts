import { describe, expect, test } from "vitest";
import {
  asked,
  order,
  platformOf,
  problemOf,
  source,
  tiny,
  withTinyVercel,
} from "./testing/platform-under-test.js";

withTinyVercel();

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

describe("deploying a deployment once more", () => {
  test("sends no files, is staged, and is made once for a release", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    const first = await platform.createDeployment(order("one"));
    const again = { deployment: first.id, release: "two", version: "1.2.4" };
    tiny.fail(/^POST \/v13\/deployments/, { when: "after", how: "cut" });
    const made = await platform.redeploy(again);
    expect(made).toMatchObject({ release: "two", version: "1.2.4", production: true });
    expect(await platform.redeploy(again)).toEqual(made);
    expect(tiny.deployments).toHaveLength(2);
    expect(tiny.deployments[1]?.body).toEqual({
      name: "shop",
      project: "prj_1",
      version: 2,
      target: "production",
      autoAssignCustomDomains: false,
      meta: { atomsReleaseId: "two", atomsVersion: "1.2.4" },
      env: { ATOMS_VERSION: "1.2.4" },
      deploymentId: first.id,
    });
  });

  test("says so when the deployment is gone", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    const gone = { status: 404, body: { error: { code: "not_found", message: "no such deployment" } } };
    tiny.fail(/^POST \/v13\/deployments/, { how: gone });
    const again = { deployment: "dpl_9", release: "two", version: "1.2.4" };
    expect((await problemOf(platform.redeploy(again))).code).toBe("ATM-309");
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
