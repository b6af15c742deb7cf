/** Every call of `@vercel/sdk` that the local cloud serves, with the SDK's own checking of answers. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Vercel } from "@vercel/sdk";
import { startLocalCloud } from "../dist/index.js";

let cloud;
let folder;
let sdk;
let teamId;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "official-sdk-"));
  cloud = await startLocalCloud({ folder });
  sdk = new Vercel({ serverURL: cloud.apiUrl, bearerToken: cloud.token });
  teamId = cloud.team.id;
});
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

async function ready(idOrUrl) {
  for (let i = 0; i < 200; i++) {
    const one = await sdk.deployments.getDeployment({ idOrUrl, teamId });
    if (one.readyState === "READY" || one.readyState === "ERROR") return one;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the build did not end");
}

async function deploy(more = {}) {
  const created = await sdk.deployments.createDeployment({
    teamId,
    requestBody: {
      name: "sdk",
      target: "production",
      files: [{ file: "index.html", data: `<p>${Math.random()}</p>`, encoding: "utf-8" }],
      ...more,
    },
  });
  assert.ok(created.url, "the SDK fell back to its tiny variant: a member is missing or of the wrong type");
  return ready(created.id);
}

test("user and teams", async () => {
  assert.equal((await sdk.user.getAuthUser()).user.username, "local-user");
  assert.equal((await sdk.teams.getTeams({})).teams.length, 1);
  assert.equal((await sdk.teams.getTeam({ teamId })).slug, cloud.team.slug);
});

test("projects", async () => {
  await sdk.projects.createProject({ teamId, requestBody: { name: "sdk" } });
  await sdk.projects.updateProject({ teamId, idOrName: "sdk", requestBody: { buildCommand: null } });
  assert.ok((await sdk.projects.getProjects({ teamId })).projects.length > 0);
});

test("files by digest, and deployments", async () => {
  const bytes = Buffer.from("by digest");
  const sha = createHash("sha1").update(bytes).digest("hex");
  await sdk.deployments.uploadFile({
    teamId,
    contentLength: bytes.length,
    xVercelDigest: sha,
    requestBody: bytes,
  });
  const one = await deploy({ files: [{ file: "index.html", sha, size: bytes.length }] });
  assert.ok(one.url, "the SDK fell back to its tiny variant");
  assert.equal(one.readyState, "READY");
  const list = await sdk.deployments.getDeployments({ teamId, projectId: one.projectId });
  assert.equal(list.deployments[0].uid, one.id);
  const events = await sdk.deployments.getDeploymentEvents({ teamId, idOrUrl: one.id, follow: 0 });
  assert.ok(Array.isArray(events) ? events.length > 0 : events);
  assert.ok((await sdk.deployments.getDeployment({ teamId, idOrUrl: one.url })).url);
});

test("the project that has production", async () => {
  const { projects } = await sdk.projects.getProjects({ teamId });
  assert.equal(projects[0].name, "sdk");
});

test("promote, rollback and their aliases", async () => {
  const one = await deploy();
  const two = await deploy();
  const projectId = one.projectId;
  await sdk.projects.requestRollback({ teamId, projectId, deploymentId: one.id });
  // The SDK sends no token with the call that changes the stated reason, so that one is made by hand.
  const described = await fetch(
    `${cloud.apiUrl}/v1/projects/${projectId}/rollback/${one.id}/update-description`,
    {
      method: "PATCH",
      headers: { authorization: `Bearer ${cloud.token}` },
      body: JSON.stringify({ description: "because" }),
    },
  );
  assert.equal(described.status, 200);
  await sdk.projects.requestPromote({ teamId, projectId, deploymentId: two.id });
  await sdk.projects.listPromoteAliases({ teamId, projectId });
});

test("aliases and domains", async () => {
  const one = await deploy();
  const made = await sdk.aliases.assignAlias({
    teamId,
    id: one.id,
    requestBody: { alias: "sdk-alias.localhost" },
  });
  assert.equal(
    (await sdk.aliases.getAlias({ teamId, idOrAlias: "sdk-alias.localhost" })).deploymentId,
    one.id,
  );
  assert.ok((await sdk.aliases.listAliases({ teamId })).aliases.length > 0);
  assert.ok((await sdk.aliases.listDeploymentAliases({ teamId, id: one.id })).aliases.length > 0);
  assert.equal((await sdk.aliases.deleteAlias({ teamId, aliasId: made.uid })).status, "SUCCESS");
  await sdk.projects.addProjectDomain({
    teamId,
    idOrName: "sdk",
    requestBody: { name: "sdk-domain.localhost" },
  });
  assert.equal((await sdk.projects.getProjectDomains({ teamId, idOrName: "sdk" })).domains.length, 1);
  await sdk.projects.removeProjectDomain({ teamId, idOrName: "sdk", domain: "sdk-domain.localhost" });
});

test("environment variables", async () => {
  const { created } = await sdk.projects.createProjectEnv({
    teamId,
    idOrName: "sdk",
    requestBody: { key: "WORD", value: "x", type: "encrypted", target: ["production"] },
  });
  assert.equal((await sdk.projects.filterProjectEnvs({ teamId, idOrName: "sdk" })).envs.length, 1);
  assert.equal((await sdk.projects.getProjectEnv({ teamId, idOrName: "sdk", id: created.id })).value, "x");
  await sdk.projects.editProjectEnv({ teamId, idOrName: "sdk", id: created.id, requestBody: { value: "y" } });
  await sdk.projects.removeProjectEnv({ teamId, idOrName: "sdk", id: created.id });
});

test("rolling releases", async () => {
  const projectId = "sdk";
  await fetch(`${cloud.apiUrl}/v1/projects/sdk/rolling-release/config`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${cloud.token}` },
    body: JSON.stringify({ enabled: true, stages: [{ targetPercentage: 10 }, { targetPercentage: 100 }] }),
  });
  const canary = await deploy();
  assert.ok(
    (await sdk.rollingRelease.getRollingReleaseConfig({ teamId, idOrName: projectId })).rollingRelease.stages
      .length === 2,
  );
  await sdk.rollingRelease.getRollingReleaseBillingStatus({ teamId, idOrName: projectId });
  const { rollingRelease } = await sdk.rollingRelease.getRollingRelease({ teamId, idOrName: projectId });
  assert.equal(rollingRelease.canaryDeployment.id, canary.id);
  await sdk.rollingRelease.completeRollingRelease({
    teamId,
    idOrName: projectId,
    requestBody: { canaryDeploymentId: canary.id },
  });
  await sdk.rollingRelease.deleteRollingReleaseConfig({ teamId, idOrName: projectId });
});

test("drains, webhooks and Global Config", async () => {
  const drain = await sdk.drains.createDrain({
    teamId,
    requestBody: {
      name: "d",
      projects: "all",
      schemas: { log: { version: "v1" } },
      delivery: { type: "http", endpoint: "http://127.0.0.1:9/none", encoding: "json", headers: {} },
    },
  });
  await sdk.drains.getDrains({ teamId });
  await sdk.drains.getDrain({ teamId, id: drain.id });
  await sdk.drains.deleteDrain({ teamId, id: drain.id });
  const webhook = await sdk.webhooks.createWebhook({
    teamId,
    requestBody: { url: "http://127.0.0.1:9/none", events: ["deployment.created"] },
  });
  await sdk.webhooks.getWebhooks({ teamId });
  await sdk.webhooks.getWebhook({ teamId, id: webhook.id });
  await sdk.webhooks.deleteWebhook({ teamId, id: webhook.id });
});

test("redeploy, cancel is refused, delete", async () => {
  const one = await deploy();
  await assert.rejects(sdk.deployments.cancelDeployment({ teamId, id: one.id }), /400|cancel/);
  assert.equal((await sdk.deployments.deleteDeployment({ teamId, id: one.id })).state, "DELETED");
  await sdk.projects.deleteProject({ teamId, idOrName: "sdk" });
});
