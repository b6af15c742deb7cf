import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startLocalCloud } from "./cloud.js";
import { FolderHeldError } from "./folder/lock.js";
import {
  CloudUnderTest,
  eventually,
  nodeService,
  processesNaming,
  saying,
} from "./testing/cloud-under-test.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

let folder: string;
const started: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-cloud-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

interface Announced {
  api: string;
  edge: string;
  token: string;
  team: { id: string; slug: string };
  folder: string;
  pid: number;
}

async function startProcess(
  ...more: string[]
): Promise<{ child: ChildProcess; said: Announced; rest: string[] }> {
  const child = spawn(process.execPath, [MAIN, "--dir", folder, "--json", ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const rest: string[] = [];
  const first = await new Promise<string>((resolve) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.on("line", (later) => rest.push(later));
    });
  });
  return { child, said: JSON.parse(first) as Announced, rest };
}

/** The calls of a test, against a cloud that runs as a process. */
function callsTo(said: Announced) {
  return Object.assign(Object.create(CloudUnderTest.prototype) as CloudUnderTest, {
    cloud: { apiUrl: said.api, edgeUrl: said.edge, token: said.token, team: said.team },
  });
}

describe("a restart", () => {
  it("keeps everything: ports, token, projects, variables, hosts, logs", async () => {
    const t = await CloudUnderTest.start({ folder });
    const one = await t.deploy("kept", saying("one"), { target: "production" });
    const two = await t.deploy("kept", saying("two"), { target: "production" });
    await t.api("POST", "/v10/projects/kept/env", {
      key: "K",
      value: "v",
      type: "encrypted",
      target: ["production"],
    });
    await t.api("POST", `/v9/projects/kept/rollback/${one.id}`, {});
    await t.visit("kept.localhost");
    const before = t.cloud;
    await t.restart();
    expect(t.cloud).toMatchObject({
      apiUrl: before.apiUrl,
      edgeUrl: before.edgeUrl,
      token: before.token,
      team: before.team,
    });
    expect((await t.visit("kept.localhost")).body).toBe("one");
    expect((await t.visit(two.url)).body).toBe("two");
    const { body: project } = await t.api("GET", "/v9/projects/kept");
    expect([project.autoAssignCustomDomains, project.lastAliasRequest.type]).toEqual([false, "rollback"]);
    expect((await t.api("GET", "/v3/env/pull/kept/production")).body.env).toEqual({ K: "v" });
    expect((await t.api("GET", `/api/logs/request-logs?projectId=${one.projectId}`)).body.rows).toHaveLength(
      3,
    );
    await t.cloud.close();
  });

  it("takes other ports when the old ones are taken, and says so when a fixed one is", async () => {
    const first = await startLocalCloud({ folder });
    await first.close();
    const squatter = await startLocalCloud({
      folder: join(folder, "other"),
      apiPort: Number(new URL(first.apiUrl).port),
    });
    try {
      const second = await startLocalCloud({ folder });
      expect(second.apiUrl).not.toBe(first.apiUrl);
      expect(second.edgeUrl).toBe(first.edgeUrl);
      await second.close();
      const taken = startLocalCloud({ folder, apiPort: Number(new URL(squatter.apiUrl).port) });
      await expect(taken).rejects.toThrow(/cannot listen on .*something else is using it/);
    } finally {
      await squatter.close();
    }
  });

  it("takes up a build that was not finished", async () => {
    const t = await CloudUnderTest.start({ folder });
    const files = {
      ...saying("built in the end"),
      "package.json": JSON.stringify({
        type: "module",
        scripts: { build: "sleep 0.5", start: "node index.js" },
      }),
    };
    const created = await t.api("POST", "/v13/deployments", {
      name: "slow",
      target: "production",
      files: Object.entries(files).map(([file, data]) => ({ file, data })),
    });
    await t.restart();
    expect((await t.built(created.body.id)).readyState).toBe("READY");
    expect((await t.visit("slow.localhost")).body).toBe("built in the end");
    await t.cloud.close();
  });
});

// Starts several processes for each, on a machine that may be busy.
describe("the process", { timeout: 60_000 }, () => {
  it("says one JSON line and nothing else, and ends with all it started on SIGTERM", async () => {
    const { child, said, rest } = await startProcess();
    expect(Object.keys(said)).toEqual(["api", "edge", "token", "team", "folder", "pid"]);
    expect(said).toMatchObject({ folder, pid: child.pid });
    const t = callsTo(said);
    await t.deploy("proc", nodeService('console.log("printed"); response.end("x");'), {
      target: "production",
    });
    await t.visit("proc.localhost");
    expect(processesNaming(`${folder}/deployments`)).toHaveLength(1);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect([code, rest]).toEqual([0, []]);
    expect(processesNaming(`${folder}/deployments`)).toEqual([]);
  });

  it("killed with SIGKILL leaves no process behind and loses nothing", async () => {
    const { child, said } = await startProcess();
    const t = callsTo(said);
    const one = await t.deploy("killed", saying("one"), { target: "production" });
    const shell = {
      ...saying("two"),
      "package.json": JSON.stringify({ type: "module", scripts: { start: "A=1 node index.js" } }),
    };
    const two = await t.deploy("killed", shell, { target: "production", autoAssignCustomDomains: false });
    await t.visit(one.url);
    await t.visit(two.url);
    const promoted = await t.api("POST", `/v10/projects/killed/promote/${two.id}`, {});
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(promoted.status).toBe(201);
    await eventually(() => processesNaming(`${folder}/deployments`).length === 0);
    const again = await startProcess();
    expect(again.said).toMatchObject({ api: said.api, edge: said.edge, token: said.token, team: said.team });
    expect((await callsTo(again.said).visit("killed.localhost")).body).toBe("two");
  });

  it("ends at its next start what a killed one could not take along", async () => {
    const { child, said } = await startProcess();
    const t = callsTo(said);
    // Deaf to its leash and to signals: only SIGKILL ends it.
    const deaf = nodeService(
      'response.end("x"); setTimeout(() => { for (;;); }, 50);',
      'process.on("SIGTERM", () => {});',
    );
    await t.deploy("deaf", deaf, { target: "production" });
    await t.visit("deaf.localhost");
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(processesNaming(`${folder}/deployments`)).toHaveLength(1);
    await startProcess();
    expect(processesNaming(`${folder}/deployments`)).toEqual([]);
  });

  it("says what is wrong with its arguments and ends with 2", async () => {
    const child = spawn(process.execPath, [MAIN, "--port", "much"], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    const [code] = await once(child, "exit");
    expect([code, said]).toEqual([2, expect.stringContaining("--dir is missing")]);
  });

  it("without --json prints what the official tools need", async () => {
    const child = spawn(process.execPath, [MAIN, "--dir", folder], { stdio: ["ignore", "pipe", "inherit"] });
    started.push(child);
    const [text] = (await once(child.stdout, "data")) as [Buffer];
    expect(text.toString()).toMatch(/export VERCEL_TOKEN=local_\w+\n[\s\S]*--api http:\/\/127\.0\.0\.1:\d+/);
    // Alone it makes the official command refuse.
    expect(text.toString()).not.toContain("VERCEL_ORG_ID");
  });
});

describe("one folder", () => {
  it("is held by one cloud; the second is told which process has it", async () => {
    const first = await startLocalCloud({ folder });
    const second = startLocalCloud({ folder });
    await expect(second).rejects.toThrow(FolderHeldError);
    await expect(second).rejects.toThrow(`process id ${process.pid}`);
    await first.close();
    await (await startLocalCloud({ folder })).close();
  });

  it.each([
    ["a dead process", JSON.stringify({ pid: 4_000_000, started: "1" })],
    ["an earlier process with this pid", JSON.stringify({ pid: process.pid, started: "0" })],
    ["a torn lock", '{"pid":'],
  ])("is taken over from %s", async (_what, lock) => {
    writeFileSync(join(folder, "cloud.lock"), lock);
    const cloud = await startLocalCloud({ folder });
    expect(JSON.parse(readFileSync(join(folder, "cloud.lock"), "utf8")).pid).toBe(process.pid);
    await cloud.close();
  });

  it("is for its owner only, and holds no value of a variable in plain text", async () => {
    const t = await CloudUnderTest.start({ folder });
    await t.api("POST", "/v1/projects", { name: "sealed" });
    await t.api("POST", "/v10/projects/sealed/env", {
      key: "K",
      value: "plain-words-here",
      type: "plain",
      target: ["production"],
    });
    await t.cloud.close();
    expect(statSync(folder).mode & 0o077).toBe(0);
    for (const name of ["journal.ndjson", "seal.key"])
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    expect(readFileSync(join(folder, "journal.ndjson"), "utf8")).not.toContain("plain-words-here");
  });
});

it("clouds of one slug have one team, as the official command remembers which id belongs to a slug", async () => {
  const first = await startLocalCloud({ folder });
  const second = await startLocalCloud({ folder: join(folder, "second") });
  const third = await startLocalCloud({ folder: join(folder, "third"), teamSlug: "other" });
  expect(second.team).toEqual(first.team);
  expect(third.team.id).not.toBe(first.team.id);
  expect(second.token).not.toBe(first.token);
  for (const cloud of [first, second, third]) await cloud.close();
});
