/** Calls that only the SDK makes, in the shapes that its own checking takes (`official/` lets the SDK itself judge). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, nodeService, saying } from "../testing/cloud-under-test.js";
import { fileTree } from "./file-tree.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start();
});
afterAll(() => t.end());

describe("runtime logs without `format=lines`", () => {
  it("end, with one JSON value: the newest line, or a delimiter where there is none", async () => {
    const one = await t.deploy(
      "logs",
      nodeService('console.log("first"); console.log("last"); response.end();'),
    );
    const ask = async () => {
      const answer = await t.api("GET", `/v1/projects/logs/deployments/${one.id}/runtime-logs`);
      expect(answer.headers.get("content-type")).toBe("application/stream+json");
      return JSON.parse(answer.body);
    };
    expect(await ask()).toMatchObject({ source: "delimiter", level: "info", rowId: "", message: "" });
    await t.visit(one.url);
    expect(await eventually(async () => ((await ask()).message === "last" ? ask() : null))).toMatchObject({
      source: "serverless",
      domain: one.url,
      messageTruncated: false,
    });
  });
});

describe("domains", () => {
  it("are listed, and shown whether known or not", async () => {
    await t.api("POST", "/v1/projects", { name: "listed" });
    for (const name of ["a.example", "b.example"])
      await t.api("POST", "/v10/projects/listed/domains", { name });
    const { domains, pagination } = (await t.api("GET", "/v5/domains")).body;
    expect(domains.map(({ name }: { name: string }) => name).sort()).toEqual(["a.example", "b.example"]);
    expect(pagination).toMatchObject({ count: 2, next: null });
    for (const name of ["a.example", "unknown.example"])
      expect((await t.api("GET", `/v5/domains/${name}`)).body.domain).toMatchObject({
        name,
        echMode: "auto",
        serviceType: "external",
        teamId: t.cloud.team.id,
      });
  });

  it("send visitors to another domain of the project, and serve again when told", async () => {
    await t.deploy("sent", saying("here"), { target: "production" });
    for (const name of ["new.example", "old.example"])
      await t.api("POST", "/v10/projects/sent/domains", { name });
    expect((await t.visit("old.example")).body).toBe("here");
    const change = (body: object) => t.api("PATCH", "/v9/projects/sent/domains/old.example", body);
    expect((await change({ redirect: "elsewhere.example" })).status).toBe(400);
    expect((await change({ redirect: "new.example", redirectStatusCode: 307 })).body).toMatchObject({
      redirect: "new.example",
      redirectStatusCode: 307,
    });
    expect(await t.visit("old.example:40002", "/a?b")).toMatchObject({
      status: 307,
      headers: { location: "http://new.example:40002/a?b" },
    });
    await change({ redirectStatusCode: null });
    expect((await t.visit("old.example")).status).toBe(308);
    await change({ redirect: null });
    expect((await t.visit("old.example")).body).toBe("here");
    expect((await change({ redirectStatusCode: 200 })).status).toBe(400);
    const add = (body: object) => t.api("POST", "/v10/projects/sent/domains", body);
    expect((await add({ name: "w.example", redirect: "elsewhere.example" })).status).toBe(400);
    expect((await add({ name: "w.example", redirect: "new.example", redirectStatusCode: 301 })).status).toBe(
      200,
    );
    expect((await t.visit("w.example")).status).toBe(301);
    const other = await t.api("PATCH", "/v9/projects/sent/domains/none.example", {});
    expect(other.status).toBe(404);
  });
});

it("domains are added, found and removed by the calls of the official command", async () => {
  await t.deploy("named", saying("here"), { target: "production" });
  const added = await t.api("POST", "/projects/named/alias", {
    domain: "shop.named.example",
    target: "PRODUCTION",
  });
  expect(added.body).toMatchObject([{ domain: "shop.named.example" }]);
  expect((await t.visit("shop.named.example")).body).toBe("here");
  expect((await t.api("POST", "/projects/named/alias", { domain: "shop.named.example" })).status).toBe(409);
  const { projectDomains } = (await t.api("GET", "/v1/domains/named.example/project-domains?limit=100")).body;
  expect(projectDomains.map(({ name }: { name: string }) => name)).toEqual(["shop.named.example"]);
  expect((await t.api("DELETE", "/v3/domains/named.example")).status).toBe(200);
  expect((await t.visit("shop.named.example")).status).toBe(404);
  expect((await t.api("DELETE", "/v3/domains/named.example")).status).toBe(404);
});

it("the files of a deployment are a tree", async () => {
  const one = await t.deploy("files", { "index.html": "x", "a/b/c.txt": "y", "a/d.txt": "z" });
  const { body } = await t.api("GET", `/v6/deployments/${one.id}/files`);
  expect(body).toEqual(
    fileTree([
      { file: "index.html", sha: body[0].uid, size: 1, mode: 0o100644 },
      { file: "a/b/c.txt", sha: body[1].children[0].children[0].uid, size: 1, mode: 0o100644 },
      { file: "a/d.txt", sha: body[1].children[1].uid, size: 1, mode: 0o100644 },
    ]),
  );
  expect(body[1]).toMatchObject({
    name: "a",
    type: "directory",
    children: [
      { name: "b", type: "directory", children: [{ name: "c.txt", type: "file" }] },
      { name: "d.txt", type: "file" },
    ],
  });
  expect(fileTree([{ file: "l", sha: "", size: 1, mode: 0o120777 }])[0]?.type).toBe("symlink");
});

it("a drain that fails its test is told with the endpoint", async () => {
  const endpoint = "http://127.0.0.1:9/none";
  const { body } = await t.api("POST", "/v1/drains/test", {
    schemas: { log: { version: "v1" } },
    delivery: { type: "http", endpoint, encoding: "json", headers: {} },
  });
  expect(body).toMatchObject({ status: "failure", endpoint, error: expect.stringMatching(/./) });
});

it.each([
  ["as the platform has it", { enabled: true, checks: [{ type: "error-rate-5xx", minSampleSize: 50 }] }, 200],
  [
    "with another type of check, which the SDK could not read",
    { enabled: true, checks: [{ type: "p95" }] },
    400,
  ],
  ["with an action that is none", { enabled: true, action: "page" }, 400],
])("a rolling release's gate %s is kept as it came, or refused", async (_what, gate, status) => {
  await t.api("POST", "/v1/projects", { name: "gated" });
  const stages = [{ targetPercentage: 10 }, { targetPercentage: 100 }];
  const path = "/v1/projects/gated/rolling-release/config";
  const answer = await t.api("PATCH", path, { enabled: true, stages, gate });
  expect(answer.status).toBe(status);
  if (status === 200) expect((await t.api("GET", path)).body.rollingRelease.gate).toEqual(gate);
});
