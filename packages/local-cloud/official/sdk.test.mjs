/** Every call of `@vercel/sdk` that the local cloud serves, with the SDK's own checking of answers. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
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

/** The platform's own gate, as the API takes it. */
const GATE = {
  enabled: true,
  dryRun: true,
  action: "pause",
  failureThreshold: 3,
  windowSize: 5,
  checks: [{ type: "error-rate-5xx", minSampleSize: 100, ingestWatermarkSeconds: 30 }],
};

/** Visits a host through the edge. */
function ask(host) {
  return new Promise((resolve, reject) => {
    get(cloud.edgeUrl, { headers: { host } }, (answer) => answer.resume().on("end", resolve)).on(
      "error",
      reject,
    );
  });
}

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
  const settings = JSON.stringify({
    headers: [{ source: "/(.*)", headers: [{ key: "x-said", value: "yes" }] }],
    crons: [{ path: "/job", schedule: "0 5 * * *" }],
  });
  const one = await deploy({
    files: [
      { file: "index.html", sha, size: bytes.length },
      { file: "vercel.json", data: settings },
    ],
  });
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
  assert.equal(projects[0].crons.definitions[0].schedule, "0 5 * * *");
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

test("a rolling release, stage by stage", async () => {
  await fetch(`${cloud.apiUrl}/v1/projects/sdk/rolling-release/config`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${cloud.token}` },
    body: JSON.stringify({
      enabled: true,
      stages: [{ targetPercentage: 10 }, { targetPercentage: 50 }, { targetPercentage: 100 }],
      gate: GATE,
    }),
  });
  const { rollingRelease: config } = await sdk.rollingRelease.getRollingReleaseConfig({
    teamId,
    idOrName: "sdk",
  });
  assert.equal(config.gate.checks[0].type, "error-rate-5xx");
  const canary = await deploy();
  const canaryDeploymentId = canary.id;
  const approved = await sdk.rollingRelease.approveRollingReleaseStage({
    teamId,
    idOrName: "sdk",
    requestBody: { nextStageIndex: 1, canaryDeploymentId },
  });
  assert.equal(approved.rollingRelease.activeStage.targetPercentage, 50);
  await sdk.rollingRelease.completeRollingRelease({
    teamId,
    idOrName: "sdk",
    requestBody: { canaryDeploymentId },
  });
  await sdk.rollingRelease.deleteRollingReleaseConfig({ teamId, idOrName: "sdk" });
});

test("custom environments", async () => {
  const made = await sdk.environment.createCustomEnvironment({
    teamId,
    idOrName: "sdk",
    requestBody: { slug: "qa", description: "for the testers" },
  });
  const one = { teamId, idOrName: "sdk", environmentSlugOrId: made.id };
  assert.equal((await sdk.environment.getCustomEnvironment(one)).slug, "qa");
  await sdk.environment.updateCustomEnvironment({ ...one, requestBody: { description: "for all" } });
  const { environments } = await sdk.environment.getProjectsByIdOrNameCustomEnvironments({
    teamId,
    idOrName: "sdk",
  });
  assert.equal(environments[0].description, "for all");
  await sdk.environment.removeCustomEnvironment(one);
});

test("checks and their runs", async () => {
  const check = await sdk.checksV2.createProjectCheck({
    teamId,
    projectIdOrName: "sdk",
    requestBody: { name: "smoke", requires: "deployment-url", blocks: "deployment-promotion" },
  });
  const one = { teamId, projectIdOrName: "sdk", checkId: check.id };
  assert.equal((await sdk.checksV2.getProjectCheck(one)).name, "smoke");
  await sdk.checksV2.updateProjectCheck({ ...one, requestBody: { name: "smoke again" } });
  assert.equal((await sdk.checksV2.listProjectChecks({ teamId, projectIdOrName: "sdk" })).checks.length, 1);
  const { id: deploymentId } = await deploy();
  const [begun] = (await sdk.checksV2.listDeploymentCheckRuns({ teamId, deploymentId })).runs;
  assert.equal(begun.status, "queued");
  const run = await sdk.checksV2.createDeploymentCheckRun({
    teamId,
    deploymentId,
    requestBody: { checkId: check.id },
  });
  const at = { teamId, deploymentId, checkRunId: run.id };
  await sdk.checksV2.updateDeploymentCheckRun({
    ...at,
    requestBody: { status: "completed", conclusion: "succeeded" },
  });
  assert.equal((await sdk.checksV2.getDeploymentCheckRun(at)).conclusion, "succeeded");
  assert.equal((await sdk.checksV2.listCheckRuns(one)).runs.length, 2);
  await sdk.checksV2.deleteProjectCheck(one);
});

test("protection bypass, and one variable for several", async () => {
  const { protectionBypass } = await sdk.projects.updateProjectProtectionBypass({
    teamId,
    idOrName: "sdk",
    requestBody: {},
  });
  assert.equal(Object.values(protectionBypass)[0].scope, "automation-bypass");
  await sdk.projects.createProjectEnv({
    teamId,
    idOrName: "sdk",
    upsert: "true",
    requestBody: [
      { key: "A", value: "1", type: "plain", target: ["preview"] },
      { key: "B", value: "2", type: "sensitive", target: ["production"] },
    ],
  });
  const { envs } = await sdk.projects.filterProjectEnvs({ teamId, idOrName: "sdk", decrypt: "true" });
  assert.equal(envs.find(({ key }) => key === "B").value ?? "", "");
  await sdk.projects.batchRemoveProjectEnv({
    teamId,
    idOrName: "sdk",
    requestBody: { ids: envs.map(({ id }) => id) },
  });
  assert.equal((await sdk.projects.filterProjectEnvs({ teamId, idOrName: "sdk" })).envs.length, 0);
});

test("domains", async () => {
  await sdk.projects.addProjectDomain({ teamId, idOrName: "sdk", requestBody: { name: "d.localhost" } });
  const one = { teamId, idOrName: "sdk", domain: "d.localhost" };
  assert.equal((await sdk.projects.getProjectDomain(one)).verified, true);
  assert.equal((await sdk.projects.verifyProjectDomain(one)).name, "d.localhost");
  await sdk.projects.addProjectDomain({ teamId, idOrName: "sdk", requestBody: { name: "www.d.localhost" } });
  const changed = await sdk.projects.updateProjectDomain({
    ...one,
    requestBody: { redirect: "www.d.localhost", redirectStatusCode: 307 },
  });
  assert.equal(changed.redirect, "www.d.localhost");
  assert.equal((await sdk.domains.getDomain({ teamId, domain: "d.localhost" })).domain.name, "d.localhost");
  const { domains } = await sdk.domains.getDomains({ teamId });
  assert.deepEqual(domains.map(({ name }) => name).sort(), ["d.localhost", "www.d.localhost"]);
  await sdk.projects.removeProjectDomain({ ...one, domain: "www.d.localhost" });
  await sdk.projects.removeProjectDomain(one);
});

test("files of a deployment, and what it prints", async () => {
  const files = [
    { file: "package.json", data: '{"scripts":{"start":"node lib/index.js"}}', encoding: "utf-8" },
    {
      file: "lib/index.js",
      data: 'require("node:http").createServer((q, s) => { console.log("one"); console.log("two"); s.end() }).listen(process.env.PORT)',
      encoding: "utf-8",
    },
  ];
  const one = await deploy({ files });
  const tree = await sdk.deployments.listDeploymentFiles({ teamId, id: one.id });
  assert.deepEqual(
    tree.map(({ name, type }) => [name, type]),
    [
      ["package.json", "file"],
      ["lib", "directory"],
    ],
  );
  assert.equal(tree[1].children[0].name, "index.js");
  const at = { teamId, projectId: one.projectId, deploymentId: one.id };
  assert.equal((await sdk.logs.getRuntimeLogs(at)).source, "delimiter");
  await ask(one.url);
  for (let i = 0; i < 100; i++) {
    if ((await sdk.logs.getRuntimeLogs(at)).message === "two") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the printed line did not come");
});

test("Global Config", async () => {
  const made = await sdk.globalConfig.createEdgeConfig({ teamId, requestBody: { slug: "weights" } });
  // The commands need the list that this is; the SDK takes it for one object and cannot read it.
  await assert.rejects(sdk.globalConfig.getEdgeConfigs({ teamId }), (error) => {
    assert.deepEqual(
      error.rawValue.map(({ slug }) => slug),
      ["weights"],
    );
    return true;
  });
  const edgeConfigId = made.id;
  assert.equal((await sdk.globalConfig.getEdgeConfig({ teamId, edgeConfigId })).slug, "weights");
  assert.deepEqual(await sdk.globalConfig.getEdgeConfigItems({ teamId, edgeConfigId }), []);
  const one = { teamId, edgeConfigId };
  await fetch(`${cloud.apiUrl}/v1/global-config/${edgeConfigId}/items`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${cloud.token}` },
    body: JSON.stringify({ items: [{ operation: "create", key: "split", value: 10 }] }),
  });
  const item = await sdk.globalConfig.getEdgeConfigItem({ ...one, edgeConfigItemKey: "split" });
  assert.equal(item.value, 10);
  await sdk.globalConfig.updateEdgeConfig({ ...one, requestBody: { slug: "split" } });
  const { token } = await sdk.globalConfig.createEdgeConfigToken({
    ...one,
    requestBody: { label: "reader" },
  });
  assert.equal((await sdk.globalConfig.getEdgeConfigToken({ ...one, token })).label, "reader");
  // The same mistake of the SDK as with the list of configs.
  await assert.rejects(sdk.globalConfig.getEdgeConfigTokens(one), (error) => error.rawValue.length === 1);
  await sdk.globalConfig.deleteEdgeConfigTokens({ ...one, requestBody: { tokens: [token] } });
  await sdk.globalConfig.patchEdgeConfigSchema({ ...one, requestBody: { definition: { type: "object" } } });
  await sdk.globalConfig.getEdgeConfigSchema(one);
  await sdk.globalConfig.deleteEdgeConfigSchema(one);
  const { backups } = await sdk.globalConfig.getEdgeConfigBackups(one);
  const empty = { ...one, edgeConfigBackupVersionId: backups.at(-1).id };
  assert.equal((await sdk.globalConfig.getEdgeConfigBackup(empty)).metadata.itemsCount, 0);
  assert.equal((await sdk.globalConfig.restoreEdgeConfigBackup(empty)).status, "ok");
  assert.deepEqual(await sdk.globalConfig.getEdgeConfigItems(one), []);
  await sdk.globalConfig.deleteEdgeConfig({ teamId, edgeConfigId });
});

test("drains and webhooks", async () => {
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
  const changed = await sdk.drains.updateDrain({ teamId, id: drain.id, requestBody: { name: "renamed" } });
  assert.equal(changed.name, "renamed");
  const tried = await sdk.drains.testDrain({
    teamId,
    requestBody: {
      schemas: { log: { version: "v1" } },
      delivery: { type: "http", endpoint: "http://127.0.0.1:9/none", encoding: "json", headers: {} },
    },
  });
  assert.equal(tried.status, "failure");
  await sdk.drains.deleteDrain({ teamId, id: drain.id });
  const webhook = await sdk.webhooks.createWebhook({
    teamId,
    requestBody: { url: "http://127.0.0.1:9/none", events: ["deployment.created"] },
  });
  await sdk.webhooks.getWebhooks({ teamId });
  await sdk.webhooks.getWebhook({ teamId, id: webhook.id });
  await sdk.webhooks.deleteWebhook({ teamId, id: webhook.id });
});

test("cancel a build under way", async () => {
  const created = await sdk.deployments.createDeployment({
    teamId,
    requestBody: {
      name: "sdk",
      files: [{ file: "package.json", data: '{"scripts":{"build":"sleep 60"}}', encoding: "utf-8" }],
    },
  });
  const canceled = await sdk.deployments.cancelDeployment({ teamId, id: created.id });
  assert.equal(canceled.readyState, "CANCELED");
  assert.ok(canceled.url);
});

test("redeploy, cancel is refused, delete", async () => {
  const one = await deploy();
  await assert.rejects(sdk.deployments.cancelDeployment({ teamId, id: one.id }), /400|cancel/);
  assert.equal((await sdk.deployments.deleteDeployment({ teamId, id: one.id })).state, "DELETED");
  await sdk.projects.deleteProject({ teamId, idOrName: "sdk" });
});
