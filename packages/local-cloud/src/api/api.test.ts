import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, saying, sha1 } from "../testing/cloud-under-test.js";
import { plainPath } from "./api.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start();
});
afterAll(() => t.end());

describe("paths", () => {
  it.each([
    ["/v13/deployments/dpl_1", "/deployments/dpl_1"],
    ["/v3/now/deployments/dpl_1/events", "/deployments/dpl_1/events"],
    ["/now/aliases/als_1", "/aliases/als_1"],
    ["/projects/v2/env/", "/projects/v2/env"],
    ["/api/logs/request-logs", "/api/logs/request-logs"],
    ["/", "/"],
  ])("%s is %s", (path, plain) => {
    expect(plainPath(path)).toBe(plain);
  });

  it("answers an unknown path with 404 in Vercel's shape", async () => {
    const { status, body } = await t.api("GET", "/v9/nothing/here");
    expect(status).toBe(404);
    expect(body.error.code).toBe("not_found");
    expect(body.error.message).toContain("/nothing/here");
  });
});

describe("who may ask", () => {
  it("refuses a wrong token and a missing one", async () => {
    const wrong = await t.api("GET", "/v2/user", undefined, { authorization: "Bearer wrong" });
    expect([wrong.status, wrong.body.error.code, wrong.body.error.invalidToken]).toEqual([
      403,
      "forbidden",
      true,
    ]);
    const missing = await fetch(`${t.cloud.apiUrl}/v2/user`);
    expect(missing.status).toBe(403);
    expect(JSON.stringify(await missing.json())).not.toContain(t.cloud.token);
  });

  it("names the user and the team, by id and by slug", async () => {
    expect((await t.api("GET", "/v2/user")).body.user.username).toBe("local-user");
    for (const name of [t.cloud.team.id, t.cloud.team.slug]) {
      expect((await t.api("GET", `/teams/${name}`)).body).toMatchObject(t.cloud.team);
    }
    expect((await t.api("GET", "/v2/teams")).body.teams).toHaveLength(1);
    expect((await t.api("GET", "/teams/other")).status).toBe(404);
  });

  it("refuses another team's scope, and takes its own and none", async () => {
    expect((await t.api("GET", "/v9/projects?teamId=team_other")).status).toBe(403);
    expect((await t.api("GET", `/v9/projects?teamId=${t.cloud.team.id}`)).status).toBe(200);
    expect((await t.api("GET", `/v9/projects?slug=${t.cloud.team.slug}`)).status).toBe(200);
  });
});

describe("projects", () => {
  it("creates, reads by id and name, changes, lists and removes", async () => {
    const made = await t.api("POST", "/v11/projects", { name: "shop", framework: "hono" });
    expect([made.status, made.body.name, made.body.framework]).toEqual([200, "shop", "hono"]);
    expect((await t.api("GET", `/v9/projects/${made.body.id}`)).body.name).toBe("shop");
    const changed = await t.api("PATCH", "/v9/projects/shop", { buildCommand: "make", accountId: "mine" });
    expect([changed.body.buildCommand, changed.body.accountId]).toEqual(["make", t.cloud.team.id]);
    const list = await t.api("GET", "/v10/projects?search=sho");
    expect(list.body.projects.map((one: { name: string }) => one.name)).toEqual(["shop"]);
    const removed = await t.api("DELETE", "/projects/shop");
    expect([removed.status, removed.headers.get("content-type")]).toEqual([204, null]);
    expect((await t.api("GET", "/v9/projects/shop")).status).toBe(404);
  });

  it.each([
    ["a taken name", { name: "taken" }, 409, "conflict"],
    ["a name that is no host", { name: "Not a name" }, 400, "bad_request"],
    ["no name", {}, 400, "bad_request"],
    ["a wrong type", { name: 7 }, 400, "bad_request"],
  ])("refuses %s", async (_what, body, status, code) => {
    await t.api("POST", "/v1/projects", { name: "taken" });
    const answer = await t.api("POST", "/v1/projects", body);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  it("refuses a body that is not JSON", async () => {
    const answer = await t.api("POST", "/v1/projects", Buffer.from("{oops"), {
      "content-type": "application/json",
    });
    expect([answer.status, answer.body.error.code]).toEqual([400, "bad_request"]);
  });
});

describe("files", () => {
  it("keeps a file whose digest fits, under either header", async () => {
    const bytes = Buffer.from("hello");
    for (const header of ["x-now-digest", "x-vercel-digest"]) {
      const answer = await t.api("POST", "/v2/files", bytes, { [header]: sha1(bytes) });
      expect(answer.status).toBe(200);
    }
  });

  it.each([
    ["a digest that does not fit", sha1("other"), 400, "invalid_sha"],
    ["no digest", "", 400, "bad_request"],
    ["a digest that is a path", "../../../../etc/passwd", 400, "bad_request"],
  ])("refuses %s", async (_what, digest, status, code) => {
    const answer = await t.api("POST", "/v2/files", Buffer.from("hello"), { "x-now-digest": digest });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});

describe("creating a deployment", () => {
  it("names the missing files, then takes the same body once they are there", async () => {
    const page = Buffer.from(`<p>${Math.random()}</p>`);
    const body = {
      name: "by-digest",
      target: "production",
      files: [{ file: "index.html", sha: sha1(page), size: page.length, mode: 33188 }],
    };
    const first = await t.api("POST", "/v13/deployments", body);
    expect([first.status, first.body.error.code, first.body.error.missing]).toEqual([
      400,
      "missing_files",
      [sha1(page)],
    ]);
    await t.api("POST", "/v2/files", page, { "x-now-digest": sha1(page) });
    const second = await t.api("POST", "/v13/deployments", body);
    expect(second.status).toBe(200);
    await t.built(second.body.id);
    expect((await t.visit("by-digest.localhost")).body).toBe(page.toString());
  });

  it.each([
    ["a path out of the folder", { file: "../outside.js", data: "" }, "invalid_file"],
    ["a path out of the folder further in", { file: "a/../../outside.js", data: "" }, "invalid_file"],
    ["an absolute path", { file: "/etc/passwd", data: "" }, "invalid_file"],
    ["a null character", { file: "a\0b", data: "" }, "invalid_file"],
    ["neither digest nor data", { file: "a" }, "bad_request"],
    ["a digest that is none", { file: "a", sha: "zz" }, "bad_request"],
  ])("refuses %s", async (_what, file, code) => {
    const answer = await t.api("POST", "/v13/deployments", { name: "bad-input", files: [file] });
    expect([answer.status, answer.body.error.code]).toEqual([400, code]);
  });

  it("fails the build on a link that leads out of the folder, and keeps the reason", async () => {
    const link = { file: "link", data: "../../../../../../etc/passwd", mode: 0o120777 };
    const created = await t.api("POST", "/v13/deployments", { name: "links", files: [link] });
    const built = await t.built(created.body.id);
    expect([built.readyState, built.errorCode, built.errorStep]).toEqual(["ERROR", "BUILD_FAILED", "source"]);
    expect(built.errorMessage).toContain('The link "link" leads out');
  });

  it("fails the build on links that lead out of the folder only together", async () => {
    const files = [
      { file: "s/t/u/up", data: "../../..", mode: 0o120777 },
      { file: "out", data: "s/t/u/up/../..", mode: 0o120777 },
    ];
    const created = await t.api("POST", "/v13/deployments", { name: "links", files });
    const built = await t.built(created.body.id);
    expect([built.readyState, built.errorMessage]).toEqual(["ERROR", expect.stringContaining("leads out")]);
  });

  it("makes a new deployment of an earlier one's files", async () => {
    const first = await t.deploy("again", saying("again"), { target: "production", meta: { round: "1" } });
    const again = await t.api("POST", "/v13/deployments?forceNew=1", {
      deploymentId: first.id,
      name: "again",
      target: "production",
      meta: { action: "redeploy" },
    });
    const built = await t.built(again.body.id);
    expect(built.id).not.toBe(first.id);
    expect(built.meta).toEqual({ round: "1", action: "redeploy" });
    expect((await t.visit(built.url)).body).toBe("again");
  });

  it("resolves the project by id, by name, and by a name that is an id", async () => {
    const { body: project } = await t.api("POST", "/v1/projects", { name: "resolved" });
    const files = [{ file: "index.html", data: "x" }];
    for (const body of [{ project: project.id }, { name: "resolved" }, { name: project.id }]) {
      const created = await t.api("POST", "/v13/deployments", { ...body, files });
      expect([created.body.projectId, created.body.name]).toEqual([project.id, "resolved"]);
      await t.built(created.body.id);
    }
    expect((await t.api("POST", "/v13/deployments", { project: "prj_unknown", files })).status).toBe(404);
  });

  it("takes a name that no project can have for the one that was made of it before", async () => {
    const files = { "index.html": "x" };
    const first = await t.deploy("My App", files);
    const second = await t.deploy("My App", files);
    expect([first.name, second.name, second.projectId]).toEqual(["my-app", "my-app", first.projectId]);
  });
});

describe("finding deployments", () => {
  it("finds one by id, own host and alias, without a team", async () => {
    const one = await t.deploy("found", saying("found"), { target: "production" });
    for (const name of [one.id, one.url, "found.localhost"]) {
      expect((await t.api("GET", `/v13/deployments/${name}`)).body.id).toBe(one.id);
    }
    expect((await t.api("GET", "/v13/deployments/dpl_unknown")).body.error.code).toBe("not_found");
  });

  it("filters and pages through all of them without losing one", async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { body } = await t.api("POST", "/v13/deployments", {
        name: "many",
        target: i % 2 === 0 ? "production" : undefined,
        meta: { parity: i % 2 === 0 ? "even" : "odd" },
        files: [{ file: "index.html", data: "x" }],
      });
      made.push(body.id);
    }
    await Promise.all(made.map((id) => t.built(id)));
    const list = async (query: string) => (await t.api("GET", `/v6/deployments?projectId=many${query}`)).body;
    expect((await list("&meta-parity=odd")).deployments).toHaveLength(2);
    expect((await list("&target=production&state=READY,ERROR")).deployments).toHaveLength(3);
    expect((await list("&state=CANCELED")).deployments).toHaveLength(0);
    const seen: string[] = [];
    let until = "";
    for (let page = 0; page < 10; page++) {
      const { deployments, pagination } = await list(`&limit=2${until}`);
      seen.push(...deployments.map((one: { uid: string }) => one.uid));
      if (pagination.next === null) break;
      until = `&until=${pagination.next}`;
    }
    expect(seen).toEqual([...made].reverse());
  });

  it("removes one with its hosts", async () => {
    const one = await t.deploy("removed", saying("removed"), { target: "production" });
    expect((await t.visit("removed.localhost")).status).toBe(200);
    const removed = await t.api("DELETE", `/now/deployments/${one.id}?hard=0`);
    expect(removed.body).toEqual({ uid: one.id, state: "DELETED" });
    expect((await t.visit("removed.localhost")).status).toBe(404);
    expect((await t.visit(one.url)).status).toBe(404);
    expect((await t.api("GET", `/v13/deployments/${one.id}`)).status).toBe(404);
  });
});

describe("environment variables", () => {
  it("freezes the values of the target in each deployment", async () => {
    await t.api("POST", "/v1/projects", { name: "frozen" });
    const add = (key: string, value: string, target: string[]) =>
      t.api("POST", "/v10/projects/frozen/env", { key, value, type: "encrypted", target });
    expect((await add("WORD", "first", ["production", "preview"])).status).toBe(201);
    await add("ONLY_PREVIEW", "p", ["preview"]);
    const service = {
      "package.json": JSON.stringify({ type: "module", scripts: { start: "node index.js" } }),
      "index.js":
        'import { createServer } from "node:http"; createServer((q, s) => s.end(JSON.stringify(process.env))).listen(process.env.PORT);',
    };
    const old = await t.deploy("frozen", service, { target: "production" });
    const { body: envs } = await t.api("GET", "/v10/projects/frozen/env");
    const word = envs.envs.find((one: { key: string }) => one.key === "WORD");
    await t.api("PATCH", `/v9/projects/frozen/env/${word.id}`, { value: "second" });
    const preview = await t.deploy("frozen", service, { env: { EXTRA: "e" } });
    const seenOld = JSON.parse((await t.visit(old.url)).body);
    const seenPreview = JSON.parse((await t.visit(preview.url)).body);
    expect(seenOld).toMatchObject({
      WORD: "first",
      VERCEL: "1",
      VERCEL_ENV: "production",
      VERCEL_URL: old.url,
    });
    expect(seenOld["ONLY_PREVIEW"]).toBeUndefined();
    expect(seenPreview).toMatchObject({
      WORD: "second",
      ONLY_PREVIEW: "p",
      EXTRA: "e",
      VERCEL_ENV: "preview",
    });
    expect(seenPreview).toMatchObject({
      VERCEL_DEPLOYMENT_ID: preview.id,
      VERCEL_PROJECT_ID: preview.projectId,
    });
    // Nothing of the cloud's own environment is handed on.
    expect(Object.keys(seenOld).filter((name) => /VITEST|npm_|LOCAL_CLOUD_LEASH/.test(name))).toEqual([]);
  });

  it("shows what may be shown, and never a sensitive value", async () => {
    await t.api("POST", "/v1/projects", { name: "secrets" });
    const wanted = [
      { key: "OPEN", value: "open-value", type: "plain", target: ["production"] },
      { key: "CLOSED", value: "closed-value", type: "encrypted", target: ["production"] },
      { key: "HIDDEN", value: "hidden-value", type: "sensitive", target: ["production"] },
    ];
    const created = await t.api("POST", "/v10/projects/secrets/env", wanted);
    expect([created.status, created.body.created.length, created.body.failed]).toEqual([201, 3, []]);
    const values = async (query: string) =>
      Object.fromEntries(
        (await t.api("GET", `/v10/projects/secrets/env${query}`)).body.envs.map(
          (one: { key: string; value: string }) => [one.key, one.value],
        ),
      );
    expect(await values("?decrypt=true")).toEqual({ OPEN: "open-value", CLOSED: "closed-value", HIDDEN: "" });
    expect((await values(""))["CLOSED"]).not.toContain("closed-value");
    const pulled = await t.api("GET", "/v3/env/pull/secrets/production");
    expect(pulled.body.env).toEqual({ OPEN: "open-value", CLOSED: "closed-value" });
    const hidden = created.body.created[2];
    const single = await t.api("GET", `/v1/projects/secrets/env/${hidden.id}`);
    expect([single.body.value, single.body.securityIssues]).toEqual(["", []]);
    const turned = await t.api("PATCH", `/v9/projects/secrets/env/${hidden.id}`, { type: "plain" });
    expect(turned.status).toBe(400);
  });

  it("refuses a second variable for a target unless it is an upsert", async () => {
    await t.api("POST", "/v1/projects", { name: "twice" });
    const body = { key: "A", value: "1", type: "plain", target: ["production"] };
    const { body: first } = await t.api("POST", "/v10/projects/twice/env", body);
    const second = await t.api("POST", "/v10/projects/twice/env", { ...body, value: "2" });
    expect([second.status, second.body.error.code]).toEqual([400, "ENV_CONFLICT"]);
    const third = await t.api("POST", "/v10/projects/twice/env?upsert=true", { ...body, value: "3" });
    expect(third.body.created).toMatchObject({ id: first.created.id, value: "3" });
    const removed = await t.api("DELETE", `/v9/projects/twice/env/${first.created.id}`);
    expect([removed.status, removed.body.key]).toEqual([200, "A"]);
    expect((await t.api("DELETE", `/v9/projects/twice/env/${first.created.id}`)).status).toBe(404);
  });

  it("is replaced by an upsert only where that is for, and there all of it", async () => {
    await t.api("POST", "/v1/projects", { name: "parts" });
    const put = (value: string, target: string[]) =>
      t.api("POST", "/v10/projects/parts/env?upsert=true", { key: "A", value, type: "plain", target });
    const seen = async () =>
      (await t.api("GET", "/v10/projects/parts/env")).body.envs
        .map((one: { value: string; target: string[] }) => `${one.value} ${one.target.join("+")}`)
        .sort();
    await put("old", ["production", "preview"]);
    await put("new", ["production"]);
    expect(await seen()).toEqual(["new production", "old preview"]);
    expect((await t.api("GET", "/v3/env/pull/parts/preview")).body.env).toEqual({ A: "old" });
    await put("one", ["production", "preview", "development"]);
    expect(await seen()).toEqual(["one production+preview+development"]);
  });

  it("is refused for an environment that there is not, for none, and where it would be there twice", async () => {
    await t.api("POST", "/v1/projects", { name: "misspelt" });
    const add = (key: string, target: string[]) =>
      t.api("POST", "/v10/projects/misspelt/env", { key, value: "1", type: "plain", target });
    expect((await add("A", ["prod"])).body.error.message).toContain("target");
    expect((await add("A", [])).status).toBe(400);
    const { body: a } = await add("A", ["production"]);
    await add("B", ["production"]);
    const change = (body: object) => t.api("PATCH", `/v9/projects/misspelt/env/${a.created.id}`, body);
    expect((await change({ key: "B" })).body.error.code).toBe("ENV_CONFLICT");
    expect((await change({ target: [] })).status).toBe(400);
    expect((await change({ target: ["preview"], key: "B" })).body).toMatchObject({ target: ["preview"] });
  });
});

it("a renamed project leaves the host of its old name to others", async () => {
  await t.deploy("before", saying("it"), { target: "production" });
  expect((await t.api("PATCH", "/v9/projects/before", { name: "after" })).status).toBe(200);
  expect((await t.visit("after.localhost")).body).toBe("it");
  expect((await t.visit("before.localhost")).status).toBe(404);
  await t.deploy("before", saying("another"), { target: "production" });
  expect((await t.visit("before.localhost")).body).toBe("another");
});
