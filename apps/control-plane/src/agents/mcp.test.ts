import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as forward } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiApp, serveApi } from "../api/server.js";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import { createToken, makeSignInLink, revokeToken } from "../verbs/index.js";
import { planLifeMs } from "./plan-token.js";
import { agentTools } from "./tools.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const ownToken = "e".repeat(64);

let folder: string;
let plane: ControlPlane;
let playbook: string;
let served: Awaited<ReturnType<typeof serveApi>>;
/** How far the clock of this control plane is ahead, in milliseconds. */
let ahead = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-agents-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(playbook, "version: 1\nservice: { name: shop }\nstrategy: standard\n");
  const opened = await openControlPlane({
    places: placesOf(folder),
    env: {},
    kind: "background",
    print: () => {},
  });
  const { clock } = opened;
  plane = Object.assign(Object.create(opened) as ControlPlane, {
    clock: { ...clock, now: () => clock.now() + ahead },
  });
  // Loaded with the first request otherwise, which on a slow machine takes longer than a test may.
  await import("./mcp.js");
  served = await serveApi(apiApp(plane, { token: ownToken, own: { playbook } }), 0);
}, 240_000);
afterAll(async () => {
  await served?.close();
  await plane?.close();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;
async function aToken(role: "viewer" | "operator" | "admin", places = ["*"]) {
  count += 1;
  const made = await createToken.run(plane, { playbook, name: `agent${count}`, role, in: places }, ada);
  return { secret: made.secret, ...made.token };
}

async function aClient(bearer: string, modern = false): Promise<Client> {
  const client = new Client(
    { name: "atoms-tests", version: "1" },
    modern ? { versionNegotiation: { mode: { pin: "2026-07-28" } } } : {},
  );
  const headers = { authorization: `Bearer ${bearer}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${served.url}/mcp`), { requestInit: { headers } }),
  );
  return client;
}

type Told = { answer?: never; problem?: { code: string; happened: string } };
/** Calls a tool. @returns What it told, or the words of the refusal of its arguments. */
async function call(client: Client, name: string, asked: Record<string, unknown> = {}): Promise<Told> {
  const { structuredContent, content } = await client.callTool({ name, arguments: asked });
  return (structuredContent ?? { refused: JSON.stringify(content) }) as Told;
}
async function planned(client: Client, tool: string, asked: Record<string, unknown>): Promise<string> {
  const { answer, problem } = await call(client, "plan", { tool, arguments: asked });
  expect(problem).toBeUndefined();
  return (answer as unknown as { plan_token: string }).plan_token;
}

const silence = { matchers: ["rule=x"], for: 60_000, comment: "quiet" };
/** Arguments with which each tool that acts is understood. */
const understood: Record<string, Record<string, unknown>> = {
  deploy: {},
  approve: { release: "rel_1" },
  abort: { release: "rel_1" },
  rollback: {},
  acknowledge: { alert: "x" },
  acknowledge_incident: { incident: "inc_1" },
  silence,
  expire_silence: { silence: "sil_1" },
};
const acting = agentTools.filter(({ acts }) => acts !== undefined).map(({ name }) => name);

describe("an agent", () => {
  it.each([false, true])("is offered the same tools, newer protocol: %s", async (modern) => {
    const client = await aClient((await aToken("viewer")).secret, modern);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([...agentTools.map(({ name }) => name), "plan"]);
    for (const { name, inputSchema, annotations } of tools) {
      const acts = acting.includes(name);
      expect(annotations?.readOnlyHint).toBe(!acts);
      expect(inputSchema.required?.includes("plan_token") ?? false).toBe(acts);
      expect(inputSchema.properties).not.toHaveProperty("playbook");
    }
    expect(client.getInstructions()).toContain("plan_token");
    await client.close();
  });

  it("reads as a viewer", async () => {
    const client = await aClient((await aToken("viewer")).secret);
    expect((await call(client, "list_releases")).answer).toEqual([]);
    expect((await call(client, "status")).answer).toMatchObject({
      service: "shop",
      environment: "production",
    });
    expect((await call(client, "verify_ledger")).answer).toMatchObject({ intact: true });
    expect((await call(client, "show_release", { release: "rel_none" })).problem?.code).toMatch(/^ATM-5/);
    await client.close();
  });

  it("acts by a plan, under its own name", async () => {
    const agent = await aToken("operator");
    const client = await aClient(agent.secret, true);
    const token = await planned(client, "silence", silence);
    // The same arguments in another order are the same arguments.
    const done = await call(client, "silence", {
      comment: "quiet",
      for: 60_000,
      matchers: ["rule=x"],
      plan_token: token,
    });
    expect(done.answer).toMatchObject({ source: { id: agent.name } });
    const { ledger } = await plane.store();
    const [spent] = await ledger.read({ kind: "plan.spent", last: true, limit: 1 });
    expect(spent).toMatchObject({ actor: { name: agent.name, via: "mcp" }, data: { tool: "silence" } });
    const [asked] = await ledger.read({ kind: "act.asked", last: true, limit: 1 });
    expect(asked).toMatchObject({ actor: { name: agent.name, via: "mcp" }, data: { outcome: "done" } });
    expect(JSON.stringify(await ledger.read({ limit: 10_000 }))).not.toContain(token);
    await client.close();
  });

  it("plans a deploy by what the release would do", async () => {
    const client = await aClient((await aToken("operator")).secret);
    const { answer } = await call(client, "plan", { tool: "deploy", arguments: { skip: [] } });
    expect(answer).toMatchObject({
      seen: { strategy: "standard" },
      standing: "no release under way, none the newest",
    });
    await client.close();
  });
});

describe("nothing is done", () => {
  it.each(acting)("by a viewer who calls %s, with whatever token", async (tool) => {
    const viewer = await aToken("viewer");
    const client = await aClient(viewer.secret);
    const asked = understood[tool] as Record<string, unknown>;
    expect((await call(client, "plan", { tool, arguments: asked })).problem?.code).toBe("ATM-940");
    expect((await call(client, tool, { ...asked, plan_token: "x.y" })).problem?.code).toBe("ATM-940");
    expect(await (await plane.store()).releases.list({ limit: 1 })).toEqual([]);
    await client.close();
  });

  it.each(acting)("by %s without a plan token", async (tool) => {
    const client = await aClient(ownToken);
    await expect(call(client, tool, understood[tool])).resolves.toMatchObject({
      refused: expect.stringContaining("plan_token"),
    });
    await client.close();
  });

  it("by a token that is forged, used, too old, or of another act", async () => {
    const [one, two] = [await aToken("operator"), await aToken("operator")];
    const [client, other] = [await aClient(one.secret), await aClient(two.secret)];
    const refusal = async (who: Client, tool: string, asked: object, token: string) => {
      const { problem } = await call(who, tool, { ...asked, plan_token: token });
      expect(problem?.code).toBe("ATM-949");
      return problem?.happened;
    };
    const token = await planned(client, "silence", silence);
    const [body = "", signature = ""] = token.split(".");
    const claim = JSON.parse(Buffer.from(body, "base64url").toString());
    const longer = Buffer.from(JSON.stringify({ ...claim, until: claim.until * 2 })).toString("base64url");
    for (const forged of ["x", `${longer}.${signature}`, `${body}.${signature.slice(1)}`, `${token}.x`])
      expect(await refusal(client, "silence", silence, forged)).toContain("not made here");
    expect(await refusal(other, "silence", silence, token)).toContain("somebody else");
    expect(await refusal(client, "silence", { ...silence, for: 90_000 }, token)).toContain("other arguments");
    expect(await refusal(client, "expire_silence", { silence: "sil_1" }, token)).toContain(
      "made for silence",
    );
    ahead += planLifeMs + 1_000;
    expect(await refusal(client, "silence", silence, token)).toContain("five minutes");
    const fresh = await planned(client, "silence", silence);
    const both = await Promise.all(
      [1, 2].map(() => call(client, "silence", { ...silence, plan_token: fresh })),
    );
    expect(both.filter(({ problem }) => problem === undefined)).toHaveLength(1);
    expect(await refusal(client, "silence", silence, fresh)).toContain("used already");
    await client.close();
    await other.close();
  });

  it("by a plan of a release that another has overtaken", async () => {
    const client = await aClient((await aToken("operator")).secret);
    const token = await planned(client, "rollback", {});
    const { releases } = await plane.store();
    const at = plane.clock.now();
    const id = "rel_overtaking";
    await releases.open(
      {
        id,
        service: "shop",
        environment: "production",
        platform: "local",
        strategy: "standard",
        version: "v1",
        state: "running",
        phase: "preflight",
        startedBy: ada,
        startedAt: at,
        source: "",
        split: 0,
      },
      [],
    );
    const { problem } = await call(client, "rollback", { plan_token: token });
    expect(problem).toMatchObject({ code: "ATM-949", happened: expect.stringContaining(id) });
    const abort = await planned(client, "abort", { release: id });
    await releases.change(id, { state: "failed" }, []);
    expect((await call(client, "abort", { release: id, plan_token: abort })).problem?.code).toBe("ATM-949");
    await client.close();
  });

  it("elsewhere than where the role counts", async () => {
    const client = await aClient((await aToken("operator", ["staging"])).secret);
    expect((await call(client, "plan", { tool: "silence", arguments: silence })).problem?.code).toBe(
      "ATM-940",
    );
    await client.close();
  });

  it("to files outside, by a path in the arguments", async () => {
    const client = await aClient((await aToken("operator")).secret);
    const { problem } = await call(client, "plan", { tool: "deploy", arguments: { source: "/etc" } });
    expect(problem?.code).toBe("ATM-943");
    expect(
      (await call(client, "plan", { tool: "deploy", arguments: { playbook: "/etc/passwd" } })).problem?.code,
    ).toBe("ATM-912");
    await client.close();
  });
});

const initialize = (protocolVersion: string) => ({
  id: 1,
  method: "initialize",
  params: { protocolVersion, capabilities: {}, clientInfo: { name: "atoms-tests", version: "1" } },
});

describe("the door", () => {
  const post = (headers: Record<string, string>, body: string) =>
    fetch(`${served.url}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
      body,
    });
  const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const bearer = { authorization: `Bearer ${ownToken}` };

  it.each<[string, () => Record<string, string> | Promise<Record<string, string>>, number]>([
    ["nobody", () => ({}), 401],
    ["a browser that was led here under another name", () => ({ origin: "http://evil.example" }), 401],
    ["a forged token", () => ({ authorization: `Bearer atoms_${"A".repeat(43)}` }), 401],
    ["a page that got hold of a token", () => ({ ...bearer, origin: "http://evil.example" }), 403],
    ["the owner", () => bearer, 200],
    [
      "a token that was revoked",
      async () => {
        const { secret, name } = await aToken("admin");
        await revokeToken.run(plane, { playbook, token: name }, ada);
        return { authorization: `Bearer ${secret}` };
      },
      401,
    ],
    [
      "the session of a browser",
      async () => {
        const { code } = await makeSignInLink.run(
          plane,
          { playbook, role: "admin", in: ["*"], name: "Ben" },
          ada,
        );
        const page = { origin: served.url, "content-type": "application/json" };
        const signedIn = await fetch(`${served.url}/api/v1/session`, {
          method: "POST",
          headers: page,
          body: JSON.stringify({ code }),
        });
        expect(signedIn.status).toBe(200);
        return { origin: served.url, cookie: signedIn.headers.get("set-cookie")?.split(";")[0] ?? "" };
      },
      401,
    ],
  ])("for %s", async (_, headers, status) => {
    const answer = await post(await headers(), ping);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    if (status !== 401) return;
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(await answer.json()).toMatchObject({ code: "ATM-910" });
  });

  it.each<[string, unknown, object]>([
    ["an unknown method", { id: 7, method: "no/such" }, { id: 7, error: { code: -32601 } }],
    ["what is no message", { id: 9 }, { error: { code: expect.any(Number) } }],
    ["a revision that it has", initialize("2025-06-18"), { result: { protocolVersion: "2025-06-18" } }],
    [
      "a revision of the future",
      initialize("2999-01-01"),
      { result: { protocolVersion: expect.stringMatching(/^202\d-/) } },
    ],
  ])("answers %s in the protocol's own words", async (_, message, expected) => {
    const answer = await post(bearer, JSON.stringify({ jsonrpc: "2.0", ...(message as object) }));
    expect(answer.headers.get("mcp-session-id")).toBeNull();
    const text = await answer.text();
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
    expect(JSON.parse(data)).toMatchObject(expected);
  });

  it("takes a notification without an answer, a cancellation of what is over too", async () => {
    for (const method of ["notifications/initialized", "notifications/cancelled"]) {
      const params = { requestId: 404 };
      const answer = await post(bearer, JSON.stringify({ jsonrpc: "2.0", method, params }));
      expect([answer.status, await answer.text()]).toEqual([202, ""]);
    }
  });

  it("answers what is malformed, and what it does not speak", async () => {
    expect((await post(bearer, "{nope")).status).toBe(400);
    for (const method of ["GET", "DELETE"])
      expect((await fetch(`${served.url}/mcp`, { method, headers: bearer })).status).toBe(405);
  });

  // The last one: the server hangs up on a body that it does not read to its end.
  it("refuses what is too large", async () => {
    const params = { x: "y".repeat(1_100_000) };
    const large = await post(bearer, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params }));
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ code: "ATM-946" });
  });
});

// Those for a server of tools: the others want fixtures of the suite's own, or a server that asks for no token.
describe("the public MCP conformance suite", () => {
  const require = createRequire(import.meta.url);
  const suite = join(
    dirname(require.resolve("@modelcontextprotocol/conformance/package.json")),
    "dist/index.js",
  );
  // The suite bears no token. This door lends it one, and passes everything else on as it is.
  const door = createServer((asked, answer) => {
    const to = new URL(served.url);
    const headers = { ...asked.headers, authorization: `Bearer ${ownToken}` };
    const passed = forward(
      { host: to.hostname, port: to.port, path: asked.url, method: asked.method, headers },
      (back) => {
        answer.writeHead(back.statusCode ?? 502, back.headers);
        back.pipe(answer);
      },
    );
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => {
    door.close();
    door.closeAllConnections();
  });

  it.each(["server-initialize", "ping", "tools-list"])("%s", { timeout: 120_000 }, async (scenario) => {
    const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [suite, "server", "--url", url, "--scenario", scenario],
      { cwd: folder, timeout: 100_000 },
    );
    expect(stdout + stderr).toMatch(/Passed: [1-9]\d*\/\d+, 0 failed/);
  });
});
