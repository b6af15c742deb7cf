import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openShop, playbook, type Shop } from "./shop.js";

// The Atoms MCP Server as it is shipped, its rows in a folder that it alone may open, and the built command.

const program = fileURLToPath(new URL("../../services/atoms-mcp/deploy/server.js", import.meta.url));
const dumpToken = "a-token-that-opens-it";
let shop: Shop;
let data: string;
let service: { child: ChildProcess; url: string };

/** Starts the service, and waits until it answers. */
async function serve(port = 0): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [program, "serve", "--port", String(port)], {
    env: {
      PATH: process.env["PATH"] ?? "",
      ATOMS_DATA_DIR: data,
      ATOMS_DATABASE_DUMP_TOKEN: dumpToken,
      RATE_LIMIT_ENABLED: "false",
      ATOMS_AUTH_MODE: "none",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  for (let i = 0; i < 3_600 && !out.includes("\n"); i++) await pause(50);
  return { child, url: (JSON.parse(out.slice(0, out.indexOf("\n"))) as { url: string }).url };
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const { child } = service;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await ended;
  }
}

/** Calls a tool as an agent does. */
async function call(name: string, args: object) {
  const answer = await fetch(`${service.url}/api/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name, arguments: args },
    }),
  });
  const text = await answer.text();
  const json = text.startsWith("{") ? text : (/^data: (.*)$/m.exec(text)?.[1] ?? "");
  return JSON.parse(json).result.structuredContent;
}
const onboard = (name: string) =>
  call("workflow_tool", { workflow: "organization_onboarding", parameters: { name } });
const organizations = async (): Promise<string[]> =>
  (await call("workspace_tool", { operation: "list_workspaces" })).data
    .map(({ name }: { name: string }) => name)
    .sort();
const before = ["Acme", "dev's Workspace"];
const after = ["Acme", "Later", "dev's Workspace"];

beforeAll(async () => {
  shop = openShop(playbook(`backup: { databases: { main: { url: "\${SHOP_DATABASE_URL}" } } }`));
  data = join(shop.folder, "rows", "db");
  service = await serve();
  shop.env["SHOP_DATABASE_URL"] =
    `pglite+http://:${dumpToken}@127.0.0.1:${new URL(service.url).port}/database`;
  await onboard("Acme");
}, 400_000);

afterAll(async () => {
  if (service !== undefined) await stop("SIGKILL");
  await shop?.close();
}, 60_000);

describe("a service that has its database embedded", { timeout: 600_000 }, () => {
  it("is backed up, tried, restored as it was, and keeps the database of before", async () => {
    expect(await organizations()).toEqual(before);
    const made = await shop.json("backup", "create");
    expect(made.last, JSON.stringify(made.lines)).toMatchObject({
      id: expect.stringMatching(/^backup_/),
      tables: 18,
    });
    const tried = await shop.json("backup", "verify");
    expect(tried.last).toMatchObject([
      { id: made.last.id, sound: true, databases: [{ rows: made.last.rows }] },
    ]);

    await onboard("Later");
    expect(await organizations()).toEqual(after);
    const restored = await shop.atoms("backup", "restore", "--confirm", "database");
    expect(restored, restored.err).toMatchObject({ code: 0 });
    const aside = /kept by the service as (\w+);/.exec(restored.out)?.[1] ?? "";
    expect(await organizations()).toEqual(before);
    expect(readdirSync(join(data, "..")).sort()).toEqual(["db", aside].sort());
    expect(`${restored.out}${restored.err}`).not.toContain(dumpToken);
  });

  it("opens whole after kill -9 in an exchange, with the rows of before or those of after", async () => {
    const authorization = `Bearer ${dumpToken}`;
    const aside = readdirSync(join(data, "..")).find((name) => name.startsWith("database_before_"));
    const dump = await fetch(`${service.url}/database?aside=${aside}`, { headers: { authorization } });
    const bytes = new Uint8Array(await dump.arrayBuffer());
    expect(dump.status).toBe(200);
    const { port } = new URL(service.url);
    // The first is there while the dump is opened beside; the second from the first rename on.
    for (const [name, sign] of [
      ["cut_1", "db.fresh"],
      ["cut_2", "cut_2"],
    ] as const) {
      let over = false;
      const exchange = fetch(`${service.url}/database`, {
        method: "PUT",
        headers: { authorization, "x-atoms-aside": name },
        body: bytes,
      }).then(
        () => (over = true),
        () => (over = true),
      );
      while (!over && !existsSync(join(data, "..", sign))) await turn();
      await stop("SIGKILL");
      await exchange;
      service = await serve(Number(port));
      const found = await organizations();
      expect([before, after]).toContainEqual(found);
      expect(existsSync(join(data, "..", name))).toBe(found.length === after.length);
      expect(readdirSync(join(data, "..")).filter((one) => one.startsWith("db"))).toContain("db");
      expect(existsSync(`${data}.fresh`) || existsSync(`${data}.exchange`)).toBe(false);
    }
  });

  it("is not restored into a server, and says when its token is wrong", async () => {
    const elsewhere = await shop.json(
      "backup",
      "restore",
      "--into",
      "postgres://u@127.0.0.1:9/x",
      "--confirm",
      "x",
    );
    expect(elsewhere).toMatchObject({ code: 4, last: { problem: { code: "ATM-250" } } });
    shop.env["SHOP_DATABASE_URL"] = shop.env["SHOP_DATABASE_URL"]?.replace(dumpToken, "a-wrong-token") ?? "";
    const refused = await shop.json("backup", "create");
    expect(refused.code).toBe(1);
    expect(JSON.stringify(refused.lines)).toContain("ATM-252");
  });
});
