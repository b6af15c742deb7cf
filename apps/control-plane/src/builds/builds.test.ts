import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud } from "@atoms/local-cloud";
import { checkRunsAnswer, signDelivery } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { apiApp, serveApi } from "../api/server.js";
import { removeProcessFile, writeProcessFile } from "../background/process-file.js";
import type { ControlPlane } from "../control-plane.js";
import { findExisting } from "../existing-deployment.js";
import { openControlPlane } from "../open-control-plane.js";
import { makePlaces, placesOf } from "../places.js";
import { addWebhook, deploy, listWebhooks, removeWebhook, status } from "../verbs/index.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const timeout = 240_000;
const byHand = "a-secret-of-a-webhook-made-by-hand";
const service: Record<string, string> = {
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
  "server.js": `import { createServer } from "node:http";
createServer((_, answer) => answer.writeHead(200, { "content-type": "application/json" }).end('{"status":"healthy"}'))
  .listen(process.env.PORT);
`,
};

let root: string;
let cloud: Awaited<ReturnType<typeof startLocalCloud>>;
let cloudFile: string;
let plane: ControlPlane;
let served: Awaited<ReturnType<typeof serveApi>>;
let playbook: string;
let project: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "atoms-builds-"));
  const places = placesOf(root);
  makePlaces(places);
  mkdirSync(join(root, "service"));
  for (const [name, text] of Object.entries(service)) writeFileSync(join(root, "service", name), text);
  playbook = join(root, "playbook.yaml");
  writeFileSync(
    playbook,
    `version: 1
service: { name: shop, source: service }
preflight: { git_clean: false, branch: false, dependencies: false, tests: false }
standard: { watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 } }
validation: { performance: false }
triggers: { vercel: { branch: main } }
`,
  );
  cloud = await startLocalCloud({ folder: places.cloud });
  cloudFile = join(places.run, "cloud.json");
  const { apiUrl: api, edgeUrl: edge, token, team } = cloud;
  writeProcessFile(cloudFile, { api, edge, token, team });
  const env = { PATH: process.env["PATH"], ATOMS_VERCEL_WEBHOOK_SECRET: byHand };
  plane = await openControlPlane({ places, env, kind: "background", print: () => undefined });
  await plane.engine();
  served = await serveApi(apiApp(plane, { token: "t".repeat(64), own: { playbook } }), 0);
  plane.setAddress(served.url);
  const platform = await (await plane.open({ playbook })).platform();
  await platform.ensureProject();
  project = (await platform.projectId()) as string;
}, timeout);
afterAll(async () => {
  await served?.close();
  await plane?.close();
  if (cloudFile !== undefined) removeProcessFile(cloudFile);
  await cloud?.close();
  rmSync(root, { recursive: true, force: true });
}, timeout);

const events = async (kind: string) => (await plane.store()).ledger.read({ kind, limit: 500 });
const eventually = <T>(look: () => Promise<T>) => vi.waitFor(look, { timeout: 120_000, interval: 200 });
const settled = (id: string) =>
  eventually(async () => {
    const release = await (await plane.store()).releases.get(id);
    if (release === undefined || release.state === "running") throw new Error(`${release?.activity?.doing}`);
    return release;
  });

/** Asks the platform's API as others do. */
async function api<T>(method: string, path: string, body: object): Promise<T> {
  const answer = await fetch(`${cloud.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
  return (await answer.json()) as T;
}

/** A build that nobody asked Atoms for. */
const build = (meta: Record<string, string> = {}) =>
  api<{ id: string }>("POST", "/v13/deployments", {
    name: "shop",
    target: "production",
    autoAssignCustomDomains: false,
    meta,
    files: Object.entries(service).map(([file, data]) => ({ file, data })),
  });

let deliveries = 0;
/** A delivery as the platform would make it. */
const delivery = (type: string, deployment: object, more: object = {}) =>
  JSON.stringify({
    id: `evt_${++deliveries}`,
    type,
    createdAt: Date.now(),
    region: null,
    payload: {
      deployment: { meta: {}, url: "shop-x.localhost", name: "shop", ...deployment },
      links: { deployment: "", project: "" },
      target: "production",
      project: { id: project },
      plan: "pro",
      regions: [],
      ...more,
    },
  });
const deliver = (body: string, signature: string = signDelivery(body, byHand)) =>
  fetch(`${served.url}/hooks/vercel`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-vercel-signature": signature },
    body,
  });

describe("what the platform tells", () => {
  it("comes by a webhook that is made once, and kept", { timeout }, async () => {
    const made = await addWebhook.run(plane, { playbook }, ada);
    expect(made).toMatchObject({ url: `${served.url}/hooks/vercel`, ours: true });
    expect(await addWebhook.run(plane, { playbook }, ada)).toEqual(made);
    expect(await listWebhooks.run(plane, { playbook }, ada)).toEqual([made]);
  });

  it("of others is written down and shown; of Atoms itself it is not", { timeout }, async () => {
    const own = await deploy.run(plane, deploy.input.parse({ playbook }), ada);
    expect((await settled(own.id)).state).toBe("released");
    const theirs = await build({ githubCommitRef: "try", githubCommitSha: "a".repeat(40) });
    await eventually(async () => {
      const seen = (await events("outside.deployment")).filter(
        ({ data }) => data["deployment"] === theirs.id,
      );
      expect(seen.map(({ data }) => data["what"]).sort()).toEqual(["created", "ready"]);
    });
    const { outside } = await status.run(plane, { playbook }, ada);
    expect(outside).toMatchObject([{ deployment: theirs.id, what: "ready", branch: "try" }]);
    const all = [...(await events("outside.deployment")), ...(await events("outside.production"))];
    expect(all.filter(({ data }) => data["deployment"] !== theirs.id)).toEqual([]);
    expect(await events("trigger.refused")).toEqual([]);
  });

  it("of a build that the playbook wants begins one release of it, through to users", {
    timeout,
  }, async () => {
    const wanted = await build({ githubCommitRef: "main" });
    const release = await eventually(async () => {
      const [newest] = await (await plane.store()).releases.list({ limit: 1 });
      if (newest?.startedBy.name !== "triggers.vercel") throw new Error("none has begun yet");
      return settled(newest.id);
    });
    expect(release).toMatchObject({ state: "released", candidate: { id: wanted.id }, source: "" });
    const [started] = await (await plane.store()).ledger.read({ release: release.id, limit: 1 });
    expect(started?.data).toMatchObject({ trigger: "vercel", deployment: wanted.id, existing: wanted.id });
    const told = { id: wanted.id, meta: { githubCommitRef: "main" } };
    expect(await (await deliver(delivery("deployment.ready", told))).json()).toEqual({ is: "released" });
    expect(await (await plane.store()).releases.list({ limit: 10 })).toHaveLength(2);
  });

  it("of a build that can not be released is said with the reason", { timeout }, async () => {
    const gone = { id: "dpl_gone", meta: { githubCommitRef: "main" } };
    expect((await deliver(delivery("deployment.ready", gone))).status).toBe(200);
    const [refused] = await eventually(async () => {
      const found = await events("trigger.refused");
      if (found.length === 0) throw new Error("not yet");
      return found;
    });
    expect(refused?.data).toMatchObject({ deployment: "dpl_gone", problem: "ATM-962" });
    const { outside } = await status.run(plane, { playbook }, ada);
    expect(outside[0]).toMatchObject({ deployment: "dpl_gone", what: "not released" });
  });

  it("of production moved behind its back is written down once", { timeout }, async () => {
    const createdAt = Date.now() + 3_600_000;
    const body = JSON.stringify({
      ...JSON.parse(delivery("deployment.promoted", { id: "dpl_9" })),
      createdAt,
    });
    for (const _ of [1, 2, 3]) expect((await deliver(body)).status).toBe(200);
    expect((await events("outside.production")).map(({ data }) => data)).toEqual([
      { what: "promoted", deployment: "dpl_9" },
    ]);
  });

  it("of its own checks counts: none that they refused or still look at is released", {
    timeout,
  }, async () => {
    await api("POST", "/v2/projects/shop/checks", { name: "smoke" });
    const { id } = await build();
    const find = async () =>
      findExisting(plane, await plane.open({ playbook }), { deployment: id, skip: [] });
    await eventually(async () => expect((await find().catch((error) => error)).code).toBe("ATM-967"));
    const first = await fetch(`${cloud.apiUrl}/v2/deployments/${id}/check-runs`, {
      headers: { authorization: `Bearer ${cloud.token}` },
    });
    const { runs } = checkRunsAnswer.parse(await first.json());
    await api("PATCH", `/v2/deployments/${id}/check-runs/${runs[0]?.id}`, { conclusion: "failed" });
    await expect(find()).rejects.toMatchObject({ code: "ATM-962" });
    const again = await api<{ id: string }>("POST", `/v2/deployments/${id}/check-runs`, {
      checkId: runs[0]?.checkId,
    });
    await api("PATCH", `/v2/deployments/${id}/check-runs/${again.id}`, { conclusion: "succeeded" });
    expect((await find()).existing).toMatchObject({ id });
  });
});

describe("the door of webhooks", () => {
  const news = () => delivery("deployment.created", { id: `dpl_door_${deliveries}` });
  it.each<[string, string, string | undefined, number]>([
    ["without a signature", news(), "", 401],
    ["signed with another secret", news(), signDelivery("x", "y"), 401],
    ["signed and changed", news(), signDelivery(news(), byHand), 401],
    ["that is no JSON", "{", undefined, 400],
    ["that is no delivery", "[]", undefined, 400],
    ["without a deployment", delivery("deployment.ready", {}), undefined, 400],
  ])("refuses a delivery %s, and writes nothing down", { timeout }, async (_, body, signature, expected) => {
    const before = await (await plane.store()).ledger.read({ last: true, limit: 1 });
    const answer = await deliver(body, signature);
    expect(answer.status).toBe(expected);
    expect(await (await plane.store()).ledger.read({ last: true, limit: 1 })).toEqual(before);
  });

  it("takes what is of another project, or of no interest, and does nothing", { timeout }, async () => {
    const other = delivery("deployment.ready", { id: "dpl_1" }, { project: { id: "prj_other" } });
    expect(await (await deliver(other)).json()).toEqual({ is: "not ours" });
    expect(await (await deliver(delivery("project.created", { id: "dpl_1" }))).json()).toEqual({
      is: "not taken",
    });
    const elsewhere = { id: "dpl_2", meta: { atomsReleaseId: "rel_elsewhere", githubCommitRef: "main" } };
    expect(await (await deliver(delivery("deployment.ready", elsewhere))).json()).toEqual({
      is: "written down",
    });
  });

  it("is shut again when the webhook is removed", { timeout }, async () => {
    await removeWebhook.run(plane, { playbook }, ada);
    expect(await listWebhooks.run(plane, { playbook }, ada)).toEqual([]);
    await expect(removeWebhook.run(plane, { playbook }, ada)).rejects.toMatchObject({ code: "ATM-966" });
  });
  // The last one: the server hangs up on a body that it does not read to its end.
  it("refuses what is too large", { timeout }, async () => {
    expect((await deliver(JSON.stringify({ x: "y".repeat(300_000) }))).status).toBe(413);
  });
});
