import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ENTITIES, type Entity } from "./domain/entities.js";
import { JSON_RPC } from "./testing/http-tests.js";
import { type Answer, bodyOf, PLAIN, shared, startServer, type TestServer } from "./testing/server.js";
import { STORES, type TestStore } from "./testing/stores.js";
import { toolTests } from "./testing/tool-tests.js";

// Many calls in one test: on a busy machine longer than a test usually may take.
vi.setConfig({ testTimeout: 60_000 });

/** What nobody may run, show as markup or lose on the way. */
const STORABLE = [
  "'; drop table requirements; --",
  "x'); update organizations set name = 'taken'; --",
  "' or '1'='1",
  '" or 1=1 --',
  "1; select pg_sleep(20)",
  `$1 $$ \${7*7} {{7*7}} %s %_\\ \\'`,
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>&amp;&#0;",
  "\u202egpj.exe \u8a9e \u{1f469}\u200d\u{1f680}",
];
const UNSTORABLE = ["a NUL \u0000 inside", "half \ud83d a pair"];
const SECRET = "Confidential of bob";

describe.each(STORES)("bad input on $name", ({ open }) => {
  let store: TestStore;
  let server: TestServer;
  beforeAll(async () => {
    store = await open();
    server = await startServer(PLAIN, shared(store.driver));
  });
  afterEach(() => store.empty());
  afterAll(async () => {
    await server?.close();
    await store?.close();
  });
  const { call, entity, make, tree } = toolTests(() => server);
  const bearer = async () => ({ ...JSON_RPC, authorization: `Bearer ${await server.token("alice")}` });
  const post = (headers: Record<string, string>, body: string | ReadableStream) =>
    fetch(`${server.url}/api/mcp`, { method: "POST", headers, body, duplex: "half" } as RequestInit);
  const count = (tables: string[]) =>
    store.driver.transaction(async (sql) => {
      const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
      return (await sql.query<Record<string, number>>(`select ${counts.join(", ")}`))[0];
    });

  it("makes one profile, one personal organization and one membership of 1,000 first requests", async () => {
    const headers = await bearer();
    const params = { name: "workspace_tool", arguments: { operation: "get_defaults" } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const request = new Request(`${server.url}/api/mcp`, { method: "POST", headers, body });
        const text = await (await server.app.fetch(request)).text();
        return JSON.parse(text.slice(text.indexOf("{"))).result.structuredContent as Answer;
      }),
    );
    // A machine too busy to hand out a connection within 3 s may say so; nothing else may go wrong.
    const made = answers.filter(({ error_type }) => error_type !== "unavailable");
    expect(made.filter(({ success }) => !success)).toEqual([]);
    expect(new Set(made.map(({ data }) => data.organization_id)).size).toBe(1);
    expect(await count(["profiles", "organizations", "organization_members"])).toEqual({
      profiles: 1,
      organizations: 1,
      organization_members: 1,
    });
  });

  it("refuses a body of 10 MB, sent whole or piece by piece, and goes on", async () => {
    const headers = await bearer();
    const huge = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { x: "y".repeat(10e6) } });
    for (const body of [huge, new Blob([huge]).stream()]) {
      const answer = await post(headers, body);
      expect(answer.status).toBe(413);
      expect(await bodyOf(answer)).toMatchObject({ jsonrpc: "2.0", error: { code: -32000 }, id: null });
    }
    expect((await post(JSON_RPC, huge)).status).toBe(401);
    expect((await bodyOf(server.get("/health"))).status).toBe("healthy");
    expect((await call("alice", "workspace_tool", { operation: "get_context" })).success).toBe(true);
  });

  it("keeps SQL and HTML in every field of a new record as given, or refuses it", async () => {
    const { organization, project, document } = await tree("alice");
    const parents: Record<string, string> = {
      organization_id: organization.id,
      project_id: project.id,
      document_id: document.id,
    };
    const { profile: _, ...creatable } = ENTITIES;
    for (const kind of Object.values(creatable)) {
      const base = baseOf(kind, parents);
      const free: Record<string, unknown>[] = [];
      const refused: Record<string, unknown>[] = [];
      for (const text of [...STORABLE, ...UNSTORABLE]) {
        const fields = hostileFields(kind, text);
        const fits = (name: string) => kind.fields[name]?.schema.safeParse(fields[name]).success === true;
        const whole = Object.keys(fields).filter(fits);
        free.push(Object.fromEntries(whole.map((name) => [name, fields[name]])));
        for (const name of Object.keys(fields)) if (!fits(name)) refused.push({ [name]: fields[name] });
      }
      const batch = free.map((fields) => ({ ...base, ...fields }));
      const kept = await entity("alice", { entity_type: kind.type, operation: "create", batch });
      for (const [index, item] of kept.data.entries()) {
        if (index < STORABLE.length) expect(item).toMatchObject({ success: true, data: free[index] });
        else expect(item).toMatchObject({ success: false, error_type: "validation_error" });
      }
      for (let at = 0; at < refused.length; at += 100) {
        const some = refused.slice(at, at + 100).map((fields) => ({ ...base, ...fields }));
        const answer = await entity("alice", { entity_type: kind.type, operation: "create", batch: some });
        expectClean(answer, "");
        for (const item of answer.data) expect(item.error_type).toBe("validation_error");
      }
    }
    expect(server.logs.join("")).not.toMatch(/onerror|pg_sleep|drop table/);
    expect((await call("alice", "workspace_tool", { operation: "list_workspaces" })).success).toBe(true);
  });

  it("takes SQL and HTML in every argument of lists, searches and filters as text, or refuses it", async () => {
    await make("bob", "organization", { name: SECRET });
    const { organization, project, requirement } = await tree("alice");
    const named = { entity_type: "project", operation: "create" };
    const batch = STORABLE.map((name) => ({ name, organization_id: organization.id }));
    expect(await entity("alice", { ...named, batch })).toMatchObject({ created: STORABLE.length });
    const tables = ["organizations", "projects", "requirements", "profiles", "organization_members"];
    const before = await count(tables);
    const names = ["Rocket", ...STORABLE];

    for (const text of [...STORABLE, ...UNSTORABLE]) {
      const list = (more: Record<string, unknown>) =>
        ["entity_tool", { entity_type: "project", ...more }] as const;
      const ask = (query_type: string, more: Record<string, unknown>) =>
        ["query_tool", { query_type, entities: ["project", "organization"], ...more }] as const;
      const link = (operation: string, more: Record<string, unknown>) => {
        const source = { type: "organization", id: organization.id };
        return ["relationship_tool", { operation, relationship_type: "member", source, ...more }] as const;
      };
      const operators = ["eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "contains"];
      const calls = [
        list({ operation: "list", filters: { name: text } }),
        list({ operation: "search", search_term: text }),
        ...operators.map((operator) => list({ operation: "list", filters: { name: { [operator]: text } } })),
        ...["in", "not_in"].map((operator) =>
          list({ operation: "list", filters: { name: { [operator]: [text] } } }),
        ),
        ...["id", "created_at", "version", "is_deleted", "tags", "settings"].flatMap((field) => [
          list({ operation: "list", filters: { [field]: text } }),
          list({ operation: "list", filters: { [field]: { contains: text } } }),
        ]),
        list({ operation: "list", filters: { [text]: "x" } }),
        list({ operation: "list", filters: { name: { [text]: "x" } } }),
        list({ operation: "list", order_by: text }),
        list({ operation: "list", order_by: `name:${text}` }),
        list({ operation: "list", parent_type: "organization", parent_id: text }),
        list({ operation: "list", parent_type: text, parent_id: organization.id }),
        list({ operation: "read", entity_id: text }),
        list({ operation: text }),
        ["entity_tool", { entity_type: text, operation: "list" }] as const,
        ask("search", { search_term: text }),
        ask("rag_search", { search_term: text }),
        ask("aggregate", { conditions: { name: text } }),
        ask("aggregate", { conditions: { [text]: "x" } }),
        link("list", { filters: { role: text } }),
        link("list", { filters: { [text]: "x" } }),
        link("list", { source: { type: "organization", id: text } }),
        link("link", { target: { type: "profile", id: text }, metadata: { role: text } }),
        link("link", { relationship_type: "invitation", target: { email: text } }),
        [
          "workspace_tool",
          { operation: "set_context", context_type: "organization", entity_id: text },
        ] as const,
      ];
      const answers = await Promise.all(calls.map(([tool, args]) => call("alice", tool, args)));
      for (const [index, answer] of answers.entries())
        expectClean(answer, text, JSON.stringify(calls[index]));
      const [filtered, searched] = answers as [Answer, Answer];
      if (UNSTORABLE.includes(text)) {
        expect([filtered.error_type, searched.error_type]).toEqual(Array(2).fill("validation_error"));
        continue;
      }
      expect(filtered.data.map((row: { name: string }) => row.name)).toEqual([text]);
      const holding = names.filter((name) => name.toLowerCase().includes(text.toLowerCase()));
      expect(searched.data.map((row: { name: string }) => row.name).sort()).toEqual(holding.sort());
    }
    expect(await count(tables)).toEqual(before);
    for (const [type, { id, name }] of Object.entries({ organization, project, requirement }))
      expect((await entity("alice", { entity_type: type, entity_id: id })).data.name).toBe(name);
    expect(server.logs.join("")).not.toMatch(/onerror|pg_sleep|drop table/);
  });
});

/** The least that makes a record of a kind. */
function baseOf({ fields, label }: Entity, parents: Record<string, string>): Record<string, unknown> {
  const required = Object.entries(fields).filter(([name, field]) => field.required && name !== label);
  return {
    [label]: "Plain",
    ...Object.fromEntries(required.map(([name]) => [name, parents[name] ?? "text"])),
  };
}

/** A text in every field of a kind, in the field's shape. A slug is made of the text, not kept: it has its own tests. */
function hostileFields({ fields }: Entity, text: string): Record<string, unknown> {
  const shaped = Object.entries(fields).map(([name, { type, schema }]) => {
    if (type === "text[]") return [name, [text]];
    if (type !== "jsonb") return [name, text];
    return [name, schema.safeParse([]).success ? [text, { [text]: text }] : { [text]: text }];
  });
  return Object.fromEntries(shaped.filter(([name]) => name !== "slug"));
}

/** An answer works or says in clean words that it cannot; it shows nothing of the inside, and nothing of others. */
function expectClean(answer: Answer, text: string, about = ""): void {
  const told = JSON.stringify(answer);
  if (!answer.success && answer.error_type !== undefined)
    expect(["validation_error", "not_found"], `${about}: ${told}`).toContain(answer.error_type);
  if (!answer.success && answer.error_type === undefined && !Array.isArray(answer.data))
    expect(answer["error"], about).toMatch(/^Input validation error|Invalid arguments/);
  expect(told, about).not.toContain(SECRET);
  const error = String(answer["error"] ?? "").replaceAll(text === "" ? "\0" : text, "");
  expect(error, about).not.toMatch(
    /syntax error|\bselect\b|\brelation "|pg_|node_modules|\bat .*\.[jt]s:|stack/i,
  );
}

describe.each(STORES.filter(({ name }) => name === "PostgreSQL"))("a $name that vanishes", ({ open }) => {
  let store: TestStore;
  let way: Way;
  let server: TestServer;
  beforeAll(async () => {
    store = await open();
    way = await wayTo(new URL(store.url as string));
  });
  afterEach(async () => {
    await way.open();
    await server.close();
  });
  afterAll(async () => {
    await way?.shut();
    await store?.close();
  });

  const start = async () => {
    server = await startServer({ ...PLAIN, DATABASE_URL: way.url }, {});
  };
  const ask = () => server.call("alice", "workspace_tool", { operation: "get_context" });
  const health = () => server.get("/health");
  const UNAVAILABLE = { success: false, error_type: "unavailable", code: "DATABASE_UNAVAILABLE" };

  /** What still holds without a database. */
  async function expectOutage() {
    expect(await ask()).toMatchObject(UNAVAILABLE);
    for (const path of ["/api/mcp/tools", "/api/mcp"]) {
      expect((await server.get(path)).status).toBe(401);
    }
    const headers = { authorization: `Bearer ${await server.token("alice")}` };
    expect((await server.get("/api/mcp/tools", headers)).status).toBe(200);
    expect((await server.get("/health/live")).status).toBe(200);
    await vi.waitFor(async () => expect((await health()).status).toBe(503), { timeout: 4000, interval: 100 });
    const body = await bodyOf(health());
    expect(body).toMatchObject({ status: "unhealthy", checks: { database: { status: "unhealthy" } } });
    expect((await server.get("/health/ready")).status).toBe(503);
    const told = JSON.stringify(body) + server.logs.join();
    expect(told).not.toContain(new URL(way.url).pathname.slice(1));
  }

  async function expectRecovery() {
    const { instance } = await bodyOf(health());
    await vi.waitFor(async () => expect((await health()).status).toBe(200), { timeout: 5000, interval: 100 });
    expect(await ask()).toMatchObject({ success: true });
    expect(await bodyOf(health())).toMatchObject({ status: "healthy", instance });
  }

  it("is told as unavailable while it refuses connections, and used again when it is back", async () => {
    await start();
    expect(await ask()).toMatchObject({ success: true });
    await way.shut();
    await expectOutage();
    await way.open();
    await expectRecovery();
  });

  it("may be away when the server starts", async () => {
    await way.shut();
    await start();
    await expectOutage();
    await way.open();
    await expectRecovery();
  });

  it("is told as unavailable when it goes silent, and nobody waits for it in vain", async () => {
    await start();
    expect(await ask()).toMatchObject({ success: true });
    await way.hush();
    const started = Date.now();
    expect((await server.get("/api/mcp/tools")).status).toBe(401);
    expect(Date.now() - started).toBeLessThan(10_000);
    expect((await health()).status).toBe(503);
    expect(Date.now() - started).toBeLessThan(15_000);
    await way.open();
    await expectRecovery();
  });

  it("may break in the middle of a transaction", async () => {
    await start();
    const made = await server.call("alice", "entity_tool", {
      entity_type: "organization",
      data: { name: "Held" },
    });
    const change = { entity_type: "organization", entity_id: made.data.id, data: { name: "Changed" } };
    const pending = await store.driver.transaction(async (sql) => {
      await sql.query("select 1 from organizations where id = $1 for update", [made.data.id]);
      const waiting = server.call("alice", "entity_tool", change);
      const backends = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await vi.waitFor(async () => expect(await sql.query(`select 1 ${backends}`)).toHaveLength(1), {
        timeout: 4000,
      });
      await sql.query(`select pg_terminate_backend(pid) ${backends}`);
      return { waiting };
    });
    expect(await pending.waiting).toMatchObject(UNAVAILABLE);
    await expectRecovery();
    const kept = await server.call("alice", "entity_tool", {
      entity_type: "organization",
      entity_id: made.data.id,
    });
    expect(kept.data.name).toBe("Held");
  });

  it("may break between two statements of a transaction", async () => {
    await start();
    expect(await ask()).toMatchObject({ success: true });
    const { database } = server.app.services;
    const torn = database.asUser("user_x", "test", async (sql) => {
      const [row] = await sql.query<{ pid: number }>("select pg_backend_pid() as pid");
      await store.driver.transaction((own) => own.query("select pg_terminate_backend($1, 2000)", [row?.pid]));
      // The news of the loss arrives by itself.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await sql.query("select 1");
    });
    await expect(torn).rejects.toMatchObject({ message: "the store is unavailable" });
    await expectRecovery();
  });
});

/** A way to a database on loopback that can be shut and opened again at the same address. */
interface Way {
  readonly url: string;
  /** Lets connections through. */
  open(): Promise<void>;
  /** Breaks every connection and refuses new ones. */
  shut(): Promise<void>;
  /** Breaks every connection, takes new ones and never says a word. */
  hush(): Promise<void>;
}

async function wayTo(database: URL): Promise<Way> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  let listener: Server | undefined;
  let port = 0;
  const shut = async () => {
    const closing = listener;
    listener = undefined;
    const closed = closing && once(closing, "close");
    closing?.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const listen = async (take: (socket: Socket) => void) => {
    await shut();
    listener = createServer((socket) => {
      keep(socket);
      take(socket);
    }).listen(port, "127.0.0.1");
    await once(listener, "listening");
    port = (listener.address() as AddressInfo).port;
  };
  const through = (socket: Socket) => {
    const onward = connect(Number(database.port || 5432), database.hostname);
    keep(onward);
    socket.pipe(onward).pipe(socket);
    socket.on("close", () => onward.destroy());
    onward.on("close", () => socket.destroy());
  };
  await listen(through);
  const url = new URL(database);
  url.host = `127.0.0.1:${port}`;
  return { url: url.href, open: () => listen(through), shut, hush: () => listen(() => undefined) };
}
