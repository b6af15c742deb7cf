import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud } from "@atoms/local-cloud";
import type { Release } from "@atoms/playbook";
import { checkRunsAnswer, checksAnswer } from "@atoms/vercel";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { removeProcessFile, writeProcessFile } from "../background/process-file.js";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { makePlaces, placesOf } from "../places.js";
import { checkTeller } from "./tell-check.js";

const timeout = 240_000;
let root: string;
let cloud: Awaited<ReturnType<typeof startLocalCloud>>;
let cloudFile: string;
let plane: ControlPlane;
let playbook: string;
let project: string;
let count = 0;

const settings = (more: string) =>
  writeFileSync(playbook, `version: 1\nservice: { name: shop, source: service }\n${more}\n`);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "atoms-check-"));
  const places = placesOf(root);
  makePlaces(places);
  mkdirSync(join(root, "service"));
  playbook = join(root, "playbook.yaml");
  settings("deployment_check: {}");
  cloud = await startLocalCloud({ folder: places.cloud });
  cloudFile = join(places.run, "cloud.json");
  const { apiUrl: api, edgeUrl: edge, token, team } = cloud;
  writeProcessFile(cloudFile, { api, edge, token, team });
  plane = await openControlPlane({
    places,
    env: { PATH: process.env["PATH"], ATOMS_PUBLIC_URL: "https://atoms.example/" },
    kind: "background",
    print: () => undefined,
  });
  const platform = await (await plane.open({ playbook })).platform();
  await platform.ensureProject();
  project = (await platform.projectId()) as string;
}, timeout);
afterAll(async () => {
  await plane?.close();
  if (cloudFile !== undefined) removeProcessFile(cloudFile);
  await cloud?.close();
  rmSync(root, { recursive: true, force: true });
}, timeout);
beforeEach(() => settings("deployment_check: {}"));

/** Asks the platform's API as others do. */
async function api(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${cloud.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.ok, await answer.clone().text()).toBe(true);
  return answer.json();
}
const runsOf = async (deployment: string) =>
  checkRunsAnswer.parse(await api("GET", `/v2/deployments/${deployment}/check-runs`)).runs;
const checks = async () => checksAnswer.parse(await api("GET", `/v2/projects/${project}/checks`)).checks;
const eventually = <T>(look: () => Promise<T>) => vi.waitFor(look, { timeout: 120_000, interval: 200 });
/** Looks until it has had its turn: another process may have had the last one, and one that died over it, too. */
async function tell(done: () => Promise<boolean>): Promise<void> {
  const look = checkTeller(plane, { playbook });
  await eventually(async () => {
    await look();
    expect(await done()).toBe(true);
  });
}
const noted = async (release: string, kind: string) =>
  (await plane.store()).ledger.read({ release, kind, limit: 50 });
const toldOf = (release: string, times: number) => async () =>
  (await noted(release, "check.told")).length === times;

/** A release with a deployment of its own, as it stands in the store. */
async function release(): Promise<{ release: Release; deployment: string }> {
  count += 1;
  const made = (await api("POST", "/v13/deployments", {
    name: "shop",
    target: "production",
    autoAssignCustomDomains: false,
    files: [{ file: "index.html", data: `page ${count}` }],
  })) as { id: string };
  await eventually(async () => {
    const { readyState } = (await api("GET", `/v13/deployments/${made.id}`)) as { readyState: string };
    expect(readyState).toBe("READY");
  });
  const { releases } = await plane.store();
  const opened = await releases.open(
    {
      id: `rel_${count}`,
      service: "shop",
      environment: "production",
      platform: "local",
      strategy: "standard",
      version: `v${count}`,
      state: "running",
      phase: "validate",
      startedBy: { kind: "person", name: "ada", via: "cli" },
      startedAt: Date.now(),
      source: "",
      candidate: { id: made.id, address: "http://x" },
      split: 0,
    },
    [],
  );
  return { release: opened, deployment: made.id };
}
const end = async (id: string, state: Release["state"], because?: string) =>
  (await plane.store()).releases.change(
    id,
    { state, endedAt: Date.now(), ...(because === undefined ? {} : { because }) },
    [],
  );

describe("the check that the platform shows beside a deployment", () => {
  it(
    "runs with the release, ends as it does, and leads to its page",
    async () => {
      const { release: one, deployment } = await release();
      await tell(toldOf(one.id, 1));
      expect(await checks()).toMatchObject([
        { name: "Atoms release", blocks: "none", targets: ["production"] },
      ]);
      expect(await runsOf(deployment)).toMatchObject([
        {
          status: "running",
          externalId: one.id,
          externalUrl: `https://atoms.example/#/releases/${one.id}`,
        },
      ]);
      await end(one.id, "rolled back", "errors rose");
      await tell(toldOf(one.id, 2));
      expect(await runsOf(deployment)).toMatchObject([
        { status: "completed", conclusion: "failed", conclusionText: "v1 was taken back: errors rose" },
      ]);
    },
    timeout,
  );

  it(
    "is the same run when a process died before it could note what it did",
    async () => {
      const { release: one, deployment } = await release();
      // The platform has begun a run by itself; the process took it, and died before it had written that down.
      const left = await eventually(async () => {
        const [run] = await runsOf(deployment);
        if (run === undefined) throw new Error("the platform has not begun a run");
        return run;
      });
      await api("PATCH", `/v2/deployments/${deployment}/check-runs/${left.id}`, {
        status: "running",
        externalId: one.id,
      });
      await tell(toldOf(one.id, 1));
      expect(await runsOf(deployment)).toMatchObject([{ id: left.id, status: "running" }]);
      await end(one.id, "released");
      await tell(toldOf(one.id, 2));
      await tell(async () => true);
      expect(await runsOf(deployment)).toMatchObject([{ id: left.id, conclusion: "succeeded" }]);
      expect(await checks()).toHaveLength(1);
    },
    timeout,
  );

  it(
    "fails nothing when the platform does not take it, says so once, and is told when it does",
    async () => {
      settings('deployment_check: { name: "Gate" }');
      const made = (await api("POST", `/v2/projects/${project}/checks`, {
        name: "Gate",
        blocks: "deployment-promotion",
      })) as { id: string };
      const { release: one, deployment } = await release();
      const failed = async () => (await noted(one.id, "check.failed")).length > 0;
      await tell(failed);
      // Another process comes to the same, and writes nothing more.
      await checkTeller(plane, { playbook })();
      const entries = await noted(one.id, "check.failed");
      expect(entries).toHaveLength(1);
      expect(entries[0]?.data).toMatchObject({ because: expect.stringContaining("ATM-968") });
      expect((await runsOf(deployment)).filter(({ externalId }) => externalId === one.id)).toEqual([]);
      await api("DELETE", `/v2/projects/${project}/checks/${made.id}`);
      await end(one.id, "aborted");
      await tell(toldOf(one.id, 1));
      expect((await runsOf(deployment)).find(({ externalId }) => externalId === one.id)).toMatchObject({
        name: "Gate",
        conclusion: "canceled",
      });
    },
    timeout,
  );

  it(
    "is not there unless the playbook asks for it",
    async () => {
      settings("");
      const { release: one, deployment } = await release();
      await checkTeller(plane, { playbook })();
      await end(one.id, "released");
      await checkTeller(plane, { playbook })();
      expect(await noted(one.id, "check.told")).toEqual([]);
      expect((await runsOf(deployment)).filter(({ externalId }) => externalId === one.id)).toEqual([]);
    },
    timeout,
  );
});
