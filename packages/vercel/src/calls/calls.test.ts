import { Response } from "undici";
import { describe, expect, test } from "vitest";
import { type VercelClient, vercelClient } from "../client.js";
import { clockAt } from "../testing/clock-at.js";

/** A client whose requests are noted and answered by what is given. */
function clientAnswering(answer: unknown, status = 200) {
  const asked: { line: string; body: unknown }[] = [];
  const client = vercelClient({
    api: "http://api.example",
    token: "t",
    clock: clockAt(1000),
    patience: { attempts: 2, firstWaitMs: 1, longestWaitMs: 1, longestRetryAfterMs: 1 },
    fetch: async (url, init) => {
      const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
      asked.push({ line: `${init.method} ${url.replace("http://api.example", "")}`, body });
      return new Response(status === 204 ? null : JSON.stringify(answer), { status });
    },
  });
  return { client, asked };
}

const run = { rollingRelease: null };
const hook = { url: "u", events: [], id: "h", ownerId: "o", createdAt: 1, updatedAt: 1 };
const aDrain = {
  id: "d",
  name: "n",
  ownerId: "o",
  createdAt: 1,
  updatedAt: 1,
  schemas: { log: { version: "v1" } },
  delivery: { type: "http", endpoint: "e", encoding: "json" },
  source: { kind: "self-served" },
};

type Case = {
  call: string;
  ask: (client: VercelClient) => Promise<unknown>;
  answer: unknown;
  status?: number;
  line: string;
  body?: unknown;
  gives?: unknown;
};

const cases: Case[] = [
  {
    call: "configure a rolling release",
    ask: (c) =>
      c.rollingRelease.configure("p", {
        enabled: true,
        advancementType: "manual-approval",
        stages: [{ targetPercentage: 10 }, { targetPercentage: 100 }],
      }),
    answer: { rollingRelease: { target: "production", stages: [{ targetPercentage: 10 }] } },
    line: "PATCH /v1/projects/p/rolling-release/config",
    body: {
      enabled: true,
      advancementType: "manual-approval",
      stages: [{ targetPercentage: 10 }, { targetPercentage: 100 }],
    },
    gives: { target: "production", stages: [{ targetPercentage: 10 }] },
  },
  {
    call: "read its configuration",
    ask: (c) => c.rollingRelease.config("p"),
    answer: run,
    line: "GET /v1/projects/p/rolling-release/config",
    gives: null,
  },
  {
    call: "switch rolling releases off",
    ask: (c) => c.rollingRelease.removeConfig("p"),
    answer: run,
    line: "DELETE /v1/projects/p/rolling-release/config",
  },
  {
    call: "ask whether the plan has them",
    ask: (c) => c.rollingRelease.billing("p"),
    answer: { reason: "plan_not_supported", message: "no" },
    line: "GET /v1/projects/p/rolling-release/billing",
    gives: { reason: "plan_not_supported", message: "no" },
  },
  {
    call: "start a run",
    ask: (c) => c.rollingRelease.start("p", "dpl_2"),
    answer: run,
    line: "POST /v1/projects/p/rolling-release/start",
    body: { canaryDeploymentId: "dpl_2" },
  },
  {
    call: "approve the next stage of the one that is active",
    ask: (c) => c.rollingRelease.approveStage("p", "dpl_2", 1),
    answer: run,
    line: "POST /v1/projects/p/rolling-release/approve-stage",
    body: { nextStageIndex: 2, activeStageIndex: 1, canaryDeploymentId: "dpl_2" },
  },
  {
    call: "complete a run",
    ask: (c) => c.rollingRelease.complete("p", "dpl_2"),
    answer: run,
    line: "POST /v1/projects/p/rolling-release/complete",
    body: { canaryDeploymentId: "dpl_2" },
  },
  {
    call: "read a run",
    ask: (c) => c.rollingRelease.get("p"),
    answer: run,
    line: "GET /v1/projects/p/rolling-release",
    gives: null,
  },
  {
    call: "change items of a Global Config",
    ask: (c) => c.globalConfig.change("ecfg_1", [{ operation: "upsert", key: "maintenance", value: true }]),
    answer: { status: "ok" },
    line: "PATCH /v1/global-config/ecfg_1/items",
    body: { items: [{ operation: "upsert", key: "maintenance", value: true }] },
  },
  {
    call: "read items of a Global Config",
    ask: (c) => c.globalConfig.items("ecfg_1"),
    answer: [{ key: "a", value: { b: 1 } }],
    line: "GET /v1/global-config/ecfg_1/items",
    gives: [{ key: "a", value: { b: 1 } }],
  },
  {
    call: "make a Global Config",
    ask: (c) => c.globalConfig.create("flags"),
    answer: { id: "ecfg_1", slug: "flags" },
    line: "POST /v1/global-config",
    body: { slug: "flags" },
  },
  {
    call: "list Global Configs",
    ask: (c) => c.globalConfig.list(),
    answer: [],
    line: "GET /v1/global-config",
    gives: [],
  },
  {
    call: "list webhooks given as an array",
    ask: (c) => c.deliveries.webhooks(),
    answer: [hook],
    line: "GET /v1/webhooks",
    gives: [hook],
  },
  {
    call: "list webhooks given as an object",
    ask: (c) => c.deliveries.webhooks(),
    answer: { webhooks: [hook] },
    line: "GET /v1/webhooks",
    gives: [hook],
  },
  {
    call: "create a webhook",
    ask: (c) => c.deliveries.createWebhook({ url: "u", events: ["deployment.ready"] }),
    answer: { ...hook, secret: "s" },
    line: "POST /v1/webhooks",
    body: { url: "u", events: ["deployment.ready"] },
    gives: { ...hook, secret: "s" },
  },
  {
    call: "remove a webhook",
    ask: (c) => c.deliveries.removeWebhook("a/b"),
    answer: undefined,
    status: 204,
    line: "DELETE /v1/webhooks/a%2Fb",
  },
  {
    call: "list drains",
    ask: (c) => c.deliveries.drains(),
    answer: { drains: [aDrain] },
    line: "GET /v1/drains",
    gives: [aDrain],
  },
  {
    call: "create a drain",
    ask: (c) =>
      c.deliveries.createDrain({
        name: "n",
        projects: "all",
        schemas: { log: { version: "v1" } },
        delivery: { type: "http", endpoint: "e", encoding: "json" },
      }),
    answer: aDrain,
    line: "POST /v1/drains",
    gives: aDrain,
  },
  {
    call: "remove a drain",
    ask: (c) => c.deliveries.removeDrain("d"),
    answer: undefined,
    status: 204,
    line: "DELETE /v1/drains/d",
  },
  {
    call: "assign an alias",
    ask: (c) => c.aliases.assign("dpl_1", "a.example"),
    answer: { uid: "als_1", alias: "a.example", created: "2026-01-01T00:00:00.000Z" },
    line: "POST /v2/deployments/dpl_1/aliases",
    body: { alias: "a.example" },
  },
  {
    call: "remove an alias",
    ask: (c) => c.aliases.remove("als_1"),
    answer: { status: "SUCCESS" },
    line: "DELETE /v2/aliases/als_1",
  },
  {
    call: "cancel a build",
    ask: (c) => c.deployments.cancel("dpl_1"),
    answer: { id: "dpl_1" },
    line: "PATCH /v12/deployments/dpl_1/cancel",
  },
  {
    call: "remove a deployment",
    ask: (c) => c.deployments.remove("dpl_1"),
    answer: { uid: "dpl_1", state: "DELETED" },
    line: "DELETE /v13/deployments/dpl_1",
  },
  {
    call: "say how a check goes",
    ask: (c) => c.checks.update("dpl_1", "run_1", { status: "completed", conclusion: "succeeded" }),
    answer: { id: "run_1", name: "n", status: "completed", conclusion: "succeeded" },
    line: "PATCH /v2/deployments/dpl_1/check-runs/run_1",
    body: { status: "completed", conclusion: "succeeded" },
  },
  {
    call: "add a domain",
    ask: (c) => c.projects.addDomain("p", "a.example"),
    answer: { name: "a.example", apexName: "example", projectId: "p", verified: true },
    line: "POST /v10/projects/p/domains",
    body: { name: "a.example" },
  },
];

test.each(cases)("$call", async ({ ask, answer, status, line, body, gives }) => {
  const { client, asked } = clientAnswering(answer, status);
  const given = await ask(client);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.line).toBe(line);
  if (body !== undefined) expect(asked[0]?.body).toEqual(body);
  if (gives !== undefined) expect(given).toEqual(gives);
});

describe("what is not safe to repeat is sent once when the platform fails", () => {
  test.each([
    {
      call: "approve a stage",
      ask: (c: VercelClient) => c.rollingRelease.approveStage("p", "d", 0),
      sent: 1,
    },
    { call: "complete a run", ask: (c: VercelClient) => c.rollingRelease.complete("p", "d"), sent: 1 },
    {
      call: "create a webhook",
      ask: (c: VercelClient) => c.deliveries.createWebhook({ url: "u", events: [] }),
      sent: 1,
    },
    { call: "create a check", ask: (c: VercelClient) => c.checks.create("p", { name: "n" }), sent: 1 },
    { call: "begin a check", ask: (c: VercelClient) => c.checks.begin("dpl_1", "chk_1"), sent: 1 },
    {
      call: "say how a check goes",
      ask: (c: VercelClient) => c.checks.update("dpl_1", "run_1", {}),
      sent: 2,
    },
    {
      call: "create an item",
      ask: (c: VercelClient) => c.globalConfig.change("e", [{ operation: "create", key: "k" }]),
      sent: 1,
    },
    { call: "start a run", ask: (c: VercelClient) => c.rollingRelease.start("p", "d"), sent: 2 },
    {
      call: "upsert an item",
      ask: (c: VercelClient) => c.globalConfig.change("e", [{ operation: "upsert", key: "k" }]),
      sent: 2,
    },
  ])("$call: $sent", async ({ ask, sent }) => {
    const { client, asked } = clientAnswering({ error: { code: "internal", message: "no" } }, 500);
    await expect(ask(client)).rejects.toMatchObject({ status: 500, actMayHaveHappened: true });
    expect(asked).toHaveLength(sent);
  });
});
