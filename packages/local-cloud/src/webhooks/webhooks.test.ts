import {
  isDeliverySigned,
  type WebhookDelivery,
  webhookDelivery,
  webhook as wireWebhook,
} from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, saying } from "../testing/cloud-under-test.js";
import { Receiver } from "../testing/receiver.js";

let t: CloudUnderTest;
let receiver: Receiver;
beforeAll(async () => {
  t = await CloudUnderTest.start();
  receiver = await Receiver.start();
});
afterAll(async () => {
  await t.end();
  await receiver.end();
});

const EVENTS = [
  "deployment.created",
  "deployment.ready",
  "deployment.error",
  "deployment.promoted",
  "deployment.rollback",
  "project.rolling-release.started",
  "project.rolling-release.aborted",
];

/** Who did it, as every payload says. */
const actors = () => ({ team: { id: t.cloud.team.id }, user: { id: expect.any(String) } });

/** The first event of the type that came, and that fits. */
const eventOf = (type: string, fits: (payload: WebhookDelivery["payload"]) => boolean = () => true) =>
  eventually(() =>
    receiver.received
      .map(({ body }) => webhookDelivery.parse(JSON.parse(body)))
      .find((event) => event.type === type && fits(event.payload)),
  );

describe("a webhook", () => {
  it("is told what it asked for, signed, and in the order it happened", async () => {
    const made = await t.api("POST", "/v1/webhooks", { url: `${receiver.url}/hook`, events: EVENTS });
    expect(() => wireWebhook.parse(made.body)).not.toThrow();
    const one = await t.deploy("told", saying("one"), { target: "production" });
    await t.api("PATCH", "/v1/projects/told/rolling-release/config", {
      enabled: true,
      stages: [{ targetPercentage: 10 }, { targetPercentage: 100 }],
    });
    const two = await t.deploy("told", saying("two"), { target: "production" });
    await t.api("POST", `/v9/projects/told/rollback/${one.id}`, {});
    await t.deploy("told", { "package.json": "{" });
    const events = await eventually(() => {
      const all = receiver.received.map(({ body }) => webhookDelivery.parse(JSON.parse(body)));
      return all.some((event) => event.type === "deployment.error") ? all : null;
    });
    const types = events.map((event) => event.type);
    expect([...types].sort()).toEqual(
      [...EVENTS, "deployment.created", "deployment.created", "deployment.ready"].sort(),
    );
    const rollback = events.find((event) => event.type === "deployment.rollback");
    expect(rollback?.payload).toMatchObject({ fromDeploymentId: one.id, toDeploymentId: one.id });
    const started = events.find((event) => event.type === "project.rolling-release.started");
    expect(started?.payload["rollingRelease"]).toMatchObject({
      deploymentIds: [one.id, two.id],
      state: "ACTIVE",
      activeStageIndex: 0,
    });
    for (const { body, headers } of receiver.received) {
      expect(isDeliverySigned(body, String(headers["x-vercel-signature"]), made.body.secret)).toBe(true);
    }
    expect((await t.api("GET", `/v1/webhooks/${made.body.id}`)).body.secret).toBeUndefined();
    expect((await t.api("DELETE", `/v1/webhooks/${made.body.id}`)).status).toBe(204);
  });

  it("is told of variables and domains, never of a value", async () => {
    receiver.received.length = 0;
    const events = ["created", "updated", "deleted"].map((change) => `project.env-variable.${change}`);
    const domains = ["project.domain.created", "project.domain.deleted"];
    const { body: project } = await t.api("POST", "/v1/projects", { name: "changes" });
    await t.api("POST", "/v1/webhooks", {
      url: receiver.url,
      events: [...events, ...domains],
      projectIds: [project.id],
    });
    const add = (value: string) =>
      t.api("POST", "/v10/projects/changes/env?upsert=true", {
        key: "K",
        value,
        type: "plain",
        target: ["production"],
      });
    const { body } = await add("secret-one");
    await add("secret-two");
    await t.api("DELETE", `/v9/projects/changes/env/${body.created.id}`);
    await t.api("POST", "/v10/projects/changes/domains", { name: "changes.example" });
    await t.api("DELETE", "/v9/projects/changes/domains/changes.example");
    await t.api("POST", "/v1/projects", { name: "others" });
    await t.api("POST", "/v10/projects/others/domains", { name: "others.example" });
    await eventually(() => receiver.received.length === 5);
    const types = receiver.received.map((one) => JSON.parse(one.body).type as string);
    expect([...types].sort()).toEqual([...events, ...domains].sort());
    expect(JSON.stringify(receiver.received)).not.toContain("secret-");
    const event = (type: string) => eventOf(type, (payload) => JSON.stringify(payload).includes(project.id));
    expect((await event("project.env-variable.updated")).payload).toEqual({
      ...actors(),
      projectId: project.id,
      envVarId: body.created.id,
    });
    expect((await event("project.domain.deleted")).payload).toEqual({
      ...actors(),
      project: { id: project.id },
      domain: { name: "changes.example" },
    });
  });

  it("is told that a check's run has begun, with all that is needed to end it", async () => {
    const { body: project } = await t.api("POST", "/v1/projects", { name: "asked" });
    const source = { kind: "webhook" };
    const check = await t.api("POST", "/v2/projects/asked/checks", { name: "smoke", timeout: 90, source });
    const hook = { url: receiver.url, events: ["deployment.checkrun.start"], projectIds: [project.id] };
    await t.api("POST", "/v1/webhooks", hook);
    const one = await t.deploy("asked", saying("asked"), { target: "production" });
    const { payload } = await eventOf("deployment.checkrun.start");
    const { checkRun, deployment } = payload as Record<string, { id: string }>;
    expect(payload).toEqual({
      ...actors(),
      project: { id: project.id },
      deployment: { id: one.id },
      checkRun: (await t.api("GET", `/v2/deployments/${one.id}/check-runs`)).body.runs[0],
    });
    const { id: checkId } = check.body;
    expect(checkRun).toMatchObject({ checkId, source, deploymentId: one.id, timeout: 90, status: "queued" });
    expect((await t.visit("asked.localhost")).status).toBe(404);
    const path = `/v2/deployments/${deployment?.id}/check-runs/${checkRun?.id}`;
    await t.api("PATCH", path, { status: "completed", conclusion: "succeeded" });
    expect((await t.visit("asked.localhost")).body).toBe("asked");
    // Whoever wants it repeated begins a run, and the one who does the check has to hear of that as well.
    const again = await t.api("POST", `/v2/deployments/${one.id}/check-runs`, { checkId });
    await eventOf("deployment.checkrun.start", (told) => JSON.stringify(told).includes(again.body.id));
  });

  it("is told of a deployment that is gone for good, with what it was", async () => {
    const one = await t.deploy("gone", saying("x"), { target: "production", meta: { release: "r1" } });
    const hook = { url: receiver.url, events: ["deployment.cleanup"], projectIds: [one.projectId] };
    await t.api("POST", "/v1/webhooks", hook);
    await t.api("DELETE", `/v13/deployments/${one.id}`);
    expect((await eventOf("deployment.cleanup")).payload).toEqual({
      ...actors(),
      deployment: {
        id: one.id,
        meta: expect.objectContaining({ release: "r1" }),
        url: one.url,
        name: "gone",
        alias: ["gone.localhost"],
        target: "production",
        regions: one.regions,
      },
      project: { id: one.projectId },
    });
  });

  it("is told of projects that come, change their name and go, with what a domain was and is", async () => {
    const events = ["created", "renamed", "removed", "domain.updated"].map((change) => `project.${change}`);
    await t.api("POST", "/v1/webhooks", { url: receiver.url, events });
    const { id } = (await t.api("POST", "/v1/projects", { name: "first-name" })).body;
    await t.api("POST", `/v10/projects/${id}/domains`, { name: "a.example" });
    await t.api("POST", `/v10/projects/${id}/domains`, { name: "b.example" });
    await t.api("PATCH", `/v9/projects/${id}/domains/b.example`, { redirect: "a.example" });
    await t.api("PATCH", `/v9/projects/${id}`, { name: "second-name" });
    await t.api("DELETE", `/v9/projects/${id}`);
    const told = async (type: string) =>
      (await eventOf(type, (payload) => JSON.stringify(payload).includes(id))).payload;
    expect(await told("project.created")).toEqual({ ...actors(), project: { id, name: "first-name" } });
    const project = { id, name: "second-name" };
    expect(await told("project.renamed")).toEqual({ ...actors(), project, previousName: "first-name" });
    expect(await told("project.removed")).toEqual({ ...actors(), project });
    const domain = { domain: "b.example", redirectStatusCode: null, gitBranch: null };
    expect(await told("project.domain.updated")).toEqual({
      ...actors(),
      project: { id },
      previous: { ...domain, redirect: null },
      next: { ...domain, redirect: "a.example" },
    });
  });

  it("hears of a new deployment which hosts it is to get", async () => {
    const hook = { url: receiver.url, events: ["deployment.created"] };
    const { body } = await t.api("POST", "/v1/webhooks", hook);
    const live = await t.deploy("due", saying("live"), { target: "production" });
    const staged = { target: "production", autoAssignCustomDomains: false };
    const other = await t.deploy("due", saying("staged"), staged);
    const aliasOf = async (id: string) =>
      (await eventOf("deployment.created", (payload) => JSON.stringify(payload).includes(id))).payload[
        "alias"
      ];
    expect([await aliasOf(live.id), await aliasOf(other.id)]).toEqual([["due.localhost"], []]);
    await t.api("DELETE", `/v1/webhooks/${body.id}`);
  });

  it("is told again after it refused", async () => {
    receiver.received.length = 0;
    let refusals = 1;
    receiver.answer = () => (refusals-- > 0 ? 503 : 200);
    await t.api("POST", "/v1/webhooks", { url: receiver.url, events: ["deployment.created"] });
    await t.deploy("again", saying("x"));
    await eventually(() => receiver.received.length === 1);
    expect(refusals).toBe(-1);
  });
});
