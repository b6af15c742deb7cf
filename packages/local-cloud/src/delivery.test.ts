import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, saying } from "./testing/cloud-under-test.js";
import { Receiver } from "./testing/receiver.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

let folder: string;
let receiver: Receiver;
let child: ChildProcess | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-cloud-"));
  receiver = await Receiver.start();
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await receiver.end();
  await rm(folder, { recursive: true, force: true });
});

async function cloudAsProcess(): Promise<CloudUnderTest> {
  child = spawn(process.execPath, [MAIN, "--dir", folder, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, "line")) as [string];
  const said = JSON.parse(line) as { api: string; edge: string; token: string; team: object };
  return Object.assign(Object.create(CloudUnderTest.prototype) as CloudUnderTest, {
    cloud: { apiUrl: said.api, edgeUrl: said.edge, token: said.token, team: said.team },
  });
}

async function killed(): Promise<void> {
  const gone = once(child as ChildProcess, "exit");
  child?.kill("SIGKILL");
  await gone;
}

const drainTo = (endpoint: string, schema: "log" | "trace") => ({
  name: schema,
  projects: "all",
  schemas: { [schema]: { version: "v1" } },
  delivery: { type: "http", endpoint, encoding: "json", headers: {} },
});

describe("what a receiver has not taken yet", () => {
  it("is sent after a kill: log records, spans and webhooks, each once", async () => {
    receiver.answer = () => 503;
    let t = await cloudAsProcess();
    const log = await t.api("POST", "/v1/drains", drainTo(`${receiver.url}/log`, "log"));
    await t.api("POST", "/v1/drains", drainTo(`${receiver.url}/trace`, "trace"));
    await t.api("POST", "/v1/webhooks", {
      url: `${receiver.url}/hook`,
      events: ["deployment.created", "deployment.ready", "deployment.promoted"],
    });
    await t.deploy("late", saying("x"), { target: "production" });
    for (let i = 0; i < 20; i++) await t.visit("late.localhost", `/n${i}`);
    await eventually(async () => (await t.api("GET", `/v1/drains/${log.body.id}`)).body.health.lastFailure);
    await killed();
    receiver.answer = () => 200;
    t = await cloudAsProcess();
    const at = (path: string) => receiver.received.filter((one) => one.path === path);
    await eventually(() => at("/log").length > 0 && at("/trace").length > 0 && at("/hook").length === 3);
    const paths = at("/log")
      .flatMap(({ body }) => JSON.parse(body))
      .filter((record) => record.proxy)
      .map((record) => record.path);
    expect(paths).toEqual(Array.from({ length: 20 }, (_, i) => `/n${i}`));
    const spans = at("/trace").flatMap(({ body }) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans);
    expect(spans).toHaveLength(20);
    expect(at("/hook").map(({ body }) => JSON.parse(body).type)).toEqual(
      expect.arrayContaining(["deployment.created", "deployment.ready", "deployment.promoted"]),
    );
    const { health } = (await t.api("GET", `/v1/drains/${log.body.id}`)).body;
    expect(health).toEqual({ waiting: 0, dropped: 0, lastFailure: null });
    // What was taken does not come again.
    const before = receiver.received.length;
    await killed();
    t = await cloudAsProcess();
    await t.api("GET", "/v1/drains");
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(receiver.received.length).toBe(before);
  }, 60_000);

  it("does not keep the cloud from ending, and is gone with its drain or webhook", async () => {
    // Takes the connection and never answers.
    receiver.hang = true;
    const t = await CloudUnderTest.start({ folder });
    const drain = await t.api("POST", "/v1/drains", drainTo(receiver.url, "log"));
    const hook = await t.api("POST", "/v1/webhooks", {
      url: receiver.url,
      events: ["deployment.created"],
    });
    await t.deploy("hung", saying("x"), { target: "production" });
    await t.visit("hung.localhost");
    const waiting = join(folder, "waiting", drain.body.id);
    await eventually(() => existsSync(waiting));
    const began = performance.now();
    await t.restart();
    expect(performance.now() - began).toBeLessThan(6_000);
    expect((await t.api("GET", `/v1/drains/${drain.body.id}`)).body.health.waiting).toBeGreaterThan(0);
    expect((await t.api("DELETE", `/v1/drains/${drain.body.id}`)).status).toBe(204);
    expect(existsSync(waiting)).toBe(false);
    expect((await t.api("DELETE", `/v1/webhooks/${hook.body.id}`)).status).toBe(204);
    receiver.hang = false;
    receiver.received.length = 0;
    await t.restart();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.received).toEqual([]);
    await t.cloud.close();
  });
});
