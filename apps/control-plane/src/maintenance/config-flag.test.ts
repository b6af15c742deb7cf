import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud } from "@atoms/local-cloud";
import type { VercelPlatform } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { removeProcessFile, writeProcessFile } from "../background/process-file.js";
import type { ControlPlane } from "../control-plane.js";
import { lookAtDoor } from "../emergency/door.js";
import { openControlPlane } from "../open-control-plane.js";
import { makePlaces, placesOf } from "../places.js";
import { endMaintenance, listMaintenance, startMaintenance } from "../verbs/maintenance.js";

// A real local cloud, and a service that reads its Global Config as a service on the platform does.

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const service = {
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
  "server.js": `import { createServer } from "node:http";
const config = new URL(process.env.EDGE_CONFIG);
const item = (key) =>
  fetch(config.origin + config.pathname + "/item/" + key + config.search).then((answer) => (answer.ok ? answer.json() : undefined));
createServer(async (request, response) => {
  const maintenance = (await item("maintenance"))?.on === true;
  const sick = (await item("sick")) === true;
  response.writeHead(sick ? 503 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify({ status: sick ? "unhealthy" : maintenance ? "maintenance" : "healthy", maintenance }));
}).listen(process.env.PORT);
`,
};

let root: string;
let cloud: Awaited<ReturnType<typeof startLocalCloud>>;
let cloudFile: string;
let plane: ControlPlane;
let platform: VercelPlatform;
let config: string;
let playbook: string;

const api = async (method: string, path: string, body?: object) => {
  const headers = { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" };
  const answer = await fetch(`${cloud.apiUrl}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Record<string, string>;
};
const write = (name: string, flag: string) => {
  const path = join(root, name);
  writeFileSync(
    path,
    `version: 1\nservice: { name: shop, source: service }\nmaintenance:\n  flag: ${flag}\n`,
  );
  return path;
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "atoms-config-flag-"));
  const places = placesOf(root);
  makePlaces(places);
  cloud = await startLocalCloud({ folder: places.cloud });
  cloudFile = join(places.run, "cloud.json");
  const { apiUrl, edgeUrl, token, team } = cloud;
  writeProcessFile(cloudFile, { api: apiUrl, edge: edgeUrl, token, team });
  const env = { PATH: process.env["PATH"] };
  plane = await openControlPlane({ places, env, kind: "background", print: () => undefined });
  const made = await api("POST", "/v1/global-config", { slug: "shop-flags", items: { other: 1 } });
  config = made["id"] ?? "";
  const reader = await api("POST", `/v1/global-config/${config}/token`, { label: "shop" });
  playbook = write("playbook.yaml", "{ config: shop-flags }");
  platform = await (await plane.open({ playbook })).platform();
  await platform.ensureProject();
  await platform.setVariable("EDGE_CONFIG", reader["connectionString"] ?? "", { secret: true });
  const files = Object.entries(service).map(([path, text]) => ({
    path,
    sha1: createHash("sha1").update(text).digest("hex"),
    size: Buffer.byteLength(text),
    mode: 0o100644,
  }));
  const { id } = await platform.createDeployment({
    release: "rel_first",
    version: "v1",
    source: { digest: "first", files },
    variables: {},
    read: async ({ path }) => Buffer.from(service[path as keyof typeof service]),
  });
  await vi.waitFor(async () => expect((await platform.deployment(id))?.state).toBe("ready"), {
    timeout: 60_000,
    interval: 100,
  });
  await platform.promote(id);
}, 120_000);

afterAll(async () => {
  await plane?.close();
  if (cloudFile !== undefined) removeProcessFile(cloudFile);
  await cloud?.close();
  rmSync(root, { recursive: true, force: true });
}, 60_000);

const items = async () =>
  Object.fromEntries(
    (
      (await api("GET", `/v1/global-config/${config}/items`)) as unknown as { key: string; value: unknown }[]
    ).map(({ key, value }) => [key, value]),
  );
const stateOf = async () => (await listMaintenance.run(plane, { playbook, all: true, limit: 1 }, ada))[0];
const becomes = (state: string) =>
  vi.waitFor(async () => expect(await stateOf()).toMatchObject({ state }), {
    timeout: 90_000,
    interval: 200,
  });

describe("maintenance by an item of the platform's Global Config", { timeout: 240_000 }, () => {
  it("closes the service at once, proven by its health, and opens it again; other items are left alone", async () => {
    const open = await plane.open({ playbook });
    expect(await lookAtDoor(open, AbortSignal.timeout(10_000))).toEqual({ is: "open" });
    const input = { playbook, because: "new index", hold: true, tasks: [], confirm: [] };
    const begun = await startMaintenance.run(plane, input, ada);
    await becomes("closed");
    expect(await items()).toMatchObject({
      other: 1,
      maintenance: { on: true, maintenance: begun.id, because: "new index" },
    });
    const door = await lookAtDoor(open, AbortSignal.timeout(10_000));
    expect(door).toMatchObject({ is: "closed", because: "new index" });
    await endMaintenance.run(plane, { playbook }, ada);
    await becomes("done");
    expect(await items()).toMatchObject({ other: 1, maintenance: { on: false } });
    expect(await stateOf()).toMatchObject({
      closed: { ms: expect.any(Number) },
      opened: { ms: expect.any(Number) },
    });
  });

  it("may be named by its id, and sets the same value twice", async () => {
    const value = { on: false, maintenance: "mnt_1" };
    await platform.configItems.set(config, "maintenance", value);
    await platform.configItems.set(config, "maintenance", value);
    expect(await platform.configItems.get(config, "maintenance")).toEqual(value);
    expect(await platform.configItems.get("shop-flags", "nothing")).toBeUndefined();
  });

  it.each([
    { what: "a config that the platform does not know", flag: "{ config: shop-flag }", code: "ATM-528" },
    { what: "a database beside it", flag: "{ config: shop-flags, database: main }", code: "ATM-101" },
    { what: "neither of them", flag: "{}", code: "ATM-101" },
    {
      what: "a key that the platform does not take",
      flag: "{ config: shop-flags, name: a/b }",
      code: "ATM-101",
    },
  ])("is refused with $what, and nothing is begun", async ({ flag, code }) => {
    const wrong = write("wrong.yaml", flag);
    const input = { playbook: wrong, because: "x", hold: true, tasks: [], confirm: [] };
    await expect(startMaintenance.run(plane, input, ada)).rejects.toMatchObject({ code });
  });
});

describe("a service that is not well when its maintenance should be over", { timeout: 240_000 }, () => {
  it("stays closed, says why, and wakes whoever is on call; it opens by itself when it is well", async () => {
    const path = join(root, "on-call.yaml");
    const people = 'on_call: { people: { ana: { slack: "#oncall" } }, escalation: { steps: [ana] } }';
    const slack = "notification_channels: { slack: { webhook_url: 'http://127.0.0.1:9/hook' } }";
    writeFileSync(
      path,
      `version: 1\nservice: { name: shop, source: service }\n${people}\n${slack}\nmaintenance: { flag: { config: shop-flags } }\n`,
    );
    const input = { playbook: path, because: "new index", hold: true, tasks: [], confirm: [] };
    const { id } = await startMaintenance.run(plane, input, ada);
    await becomes("closed");
    await platform.configItems.set(config, "sick", true);
    try {
      await endMaintenance.run(plane, { playbook: path }, ada);
      await becomes("kept closed");
      expect(await items()).toMatchObject({ maintenance: { on: true, maintenance: id } });
      expect((await stateOf())?.kept?.because).toContain("answers 503");
      const { onCall, outbox } = await plane.store();
      const paged = async () =>
        (await onCall.pages({ limit: 20 })).filter(({ about }) => about.kind === "maintenance");
      expect(await paged()).toMatchObject([{ severity: "P1", state: "paging", about: { id } }]);
      expect(JSON.stringify(await outbox.list({ limit: 200 }))).toContain("stays in maintenance");

      await platform.configItems.set(config, "sick", false);
      await becomes("done");
      expect(await paged()).toMatchObject([{ state: "resolved", about: { id } }]);
      expect(await items()).toMatchObject({ maintenance: { on: false } });
    } finally {
      await platform.configItems.set(config, "sick", false);
    }
  });
});

describe("a maintenance whose tasks need no closed door", { timeout: 240_000 }, () => {
  it("serves users all the time, needs no flag, and does not keep anybody from closing the door", async () => {
    const quiet = join(root, "quiet.yaml");
    const run = "while [ ! -e go ]; do sleep 0.1; done";
    writeFileSync(
      quiet,
      `version: 1\nservice: { name: shop, source: service }\nmaintenance:\n  tasks: [{ name: look, kind: command, door: open, run: "${run}" }]\n`,
    );
    const before = await items();
    const input = { playbook: quiet, because: "a look", hold: false, confirm: [] };
    const begun = await startMaintenance.run(plane, input, ada);
    expect(begun).toMatchObject({ state: "working", door: "open" });
    await expect(startMaintenance.run(plane, input, ada)).rejects.toMatchObject({ code: "ATM-631" });
    // Held after its task it is there to close the door, and that needs the flag.
    await expect(startMaintenance.run(plane, { ...input, hold: true }, ada)).rejects.toMatchObject({
      code: "ATM-632",
    });
    expect(await items()).toEqual(before);

    const closing = { playbook, because: "now", hold: true, tasks: [], confirm: [] };
    await startMaintenance.run(plane, closing, ada);
    await becomes("closed");
    await endMaintenance.run(plane, { playbook }, ada);
    await becomes("done");

    writeFileSync(join(root, "go"), "");
    const both = () => listMaintenance.run(plane, { playbook, all: true, limit: 5 }, ada);
    await vi.waitFor(
      async () =>
        expect((await both()).find(({ id }) => id === begun.id)).toMatchObject({
          state: "done",
          done: [{ task: "look", outcome: "done" }],
        }),
      { timeout: 90_000, interval: 200 },
    );
    const { ledger, alerts } = await plane.store();
    const told = (await ledger.read({ limit: 500 })).filter(({ data }) => data["maintenance"] === begun.id);
    expect(told.map(({ kind }) => kind)).toEqual([
      "maintenance.started",
      "maintenance.command",
      "maintenance.task",
      "maintenance.ended",
    ]);
    expect(await alerts.getSilence(`mute_${begun.id}`)).toBeUndefined();
  });
});
