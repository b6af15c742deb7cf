import * as wire from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";

/** Every answer, held against the shapes that the official clients insist on. */
let t: CloudUnderTest;
let id: string;
let projectId: string;
beforeAll(async () => {
  t = await CloudUnderTest.start();
  const one = await t.deploy("wire", nodeService('console.log("line"); response.end("x");'), {
    target: "production",
    meta: { a: "b" },
    source: "cli",
  });
  id = one.id;
  projectId = one.projectId;
  await t.deploy("wire", { "package.json": "{" });
  await t.api("POST", `/v10/projects/wire/promote/${id}`, {});
  await t.api("POST", "/v10/projects/wire/env", {
    key: "A",
    value: "1",
    type: "plain",
    target: ["production"],
  });
  await t.visit("wire.localhost");
});
afterAll(() => t.end());

describe("answers fit the wire", () => {
  it.each<[string, () => string, { parse(value: unknown): unknown }]>([
    ["user", () => "/v2/user", wire.fullUserAnswer],
    ["team", () => `/teams/${t.cloud.team.slug}`, wire.teamAnswer],
    ["teams", () => "/v2/teams", wire.teamsAnswer],
    ["project", () => "/v9/projects/wire?rollbackInfo=true", wire.fullProjectAnswer],
    ["deployment", () => `/v13/deployments/${id}`, wire.fullDeploymentAnswer],
    ["deployments, v6", () => "/v6/deployments?projectId=wire", wire.fullDeploymentsAnswer],
    ["deployments, v7", () => "/v7/deployments", wire.fullDeploymentsAnswer],
    ["builds", () => `/v11/deployments/${id}/builds`, wire.buildsAnswer],
    ["aliases", () => "/v4/aliases", wire.fullAliasesAnswer],
    ["aliases of a deployment", () => `/v2/deployments/${id}/aliases`, wire.deploymentAliasesAnswer],
    ["moved aliases", () => "/v1/projects/wire/promote/aliases", wire.movedAliasesAnswer],
    ["variables", () => "/v10/projects/wire/env", wire.fullEnvsAnswer],
    ["pulled variables", () => `/v3/env/pull/${id}/production`, wire.pulledEnvAnswer],
    ["request logs", () => `/api/logs/request-logs?projectId=${projectId}`, wire.requestLogsAnswer],
    ["drains", () => "/v1/drains", wire.drainsAnswer],
    ["webhooks", () => "/v1/webhooks", wire.webhooksAnswer],
    [
      "a rolling release that never was",
      () => "/v1/projects/wire/rolling-release",
      wire.rollingReleaseAnswer,
    ],
    ["its configuration", () => "/v1/projects/wire/rolling-release/config", wire.rollingReleaseConfigAnswer],
    ["its billing", () => "/v1/projects/wire/rolling-release/billing", wire.rollingReleaseBillingAnswer],
  ])("%s", async (_what, path, schema) => {
    const { status, body } = await t.api("GET", path());
    expect(status).toBe(200);
    expect(() => schema.parse(body)).not.toThrow();
  });

  it("lines of builds and of processes", async () => {
    const events = await t.api("GET", `/v3/deployments/${id}/events`);
    expect(events.body.length).toBeGreaterThan(0);
    for (const event of events.body) expect(() => wire.fullBuildEvent.parse(event)).not.toThrow();
    const text = (await t.api("GET", `/v1/projects/wire/deployments/${id}/runtime-logs?follow=0`))
      .body as string;
    const lines = text.trim().split("\n");
    for (const line of lines) expect(() => wire.runtimeLogLine.parse(JSON.parse(line))).not.toThrow();
  });

  it("errors", async () => {
    for (const path of ["/v13/deployments/none", "/v9/projects/none", "/v1/nothing"]) {
      expect(() => wire.errorBody.parse(path)).toThrow();
      const { status, body } = await t.api("GET", path);
      expect([status, wire.errorBody.parse(body).error.code]).toEqual([404, "not_found"]);
    }
  });
});
