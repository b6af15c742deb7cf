import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { launch, type Running, run, stopAll } from "../testing/process.js";
import { bodyOf } from "../testing/server.js";

const folders: string[] = [];
const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), "atoms-mcp-"));
  folders.push(path);
  return path;
};
afterEach(stopAll);
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))));

const tools = (url: string, token: string) =>
  fetch(`${url}/api/mcp/tools`, { headers: { authorization: `Bearer ${token.trim()}` } });
const stop = async (running: Running) => {
  running.child.kill("SIGTERM");
  return running.ended;
};

// Each of these starts several processes; on a busy machine that takes longer than a test usually may.
const SLOW = { timeout: 60_000 };

describe("other commands", SLOW, () => {
  it("migrate says what is pending (3), applies it, and says so; db shares the folder's rows between two servers", async () => {
    const data = join(await folder(), "data");
    const env = { ATOMS_DATA_DIR: data };
    expect(await run(["migrate", "--check"], env)).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('"pending":3'),
    });
    expect(await run(["migrate"], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"applied":[1,2,3]'),
    });

    const db = launch(["db", "--port", "0", "--data", data]);
    const { url: address = "" } = await db.firstLine();
    expect(address).toMatch(/^postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres$/);
    const shared = {
      DATABASE_URL: address,
      ATOMS_RESOURCE_URL: "http://atoms.localhost/api/mcp",
      RATE_LIMIT_ENABLED: "false",
    };
    expect((await run(["migrate", "--check"], shared)).code).toBe(0);
    const [blue, green] = [
      launch(["serve", "--port", "0"], shared),
      launch(["serve", "--port", "0"], shared),
    ];
    const urls = [(await blue.firstLine())["url"] ?? "", (await green.firstLine())["url"] ?? ""];
    const token = (await run(["token", "--user", "alice"], shared)).stdout.trim();
    const call = async (url: string, args: object) => {
      const answer = await fetch(`${url}/api/mcp`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: { name: "entity_tool", arguments: args },
        }),
      });
      const text = await answer.text();
      return JSON.parse(text.slice(text.indexOf("data: ") + 6)).result.structuredContent;
    };
    const made = await call(urls[0] ?? "", { entity_type: "organization", data: { name: "Shared" } });
    expect(made).toMatchObject({ success: true });
    expect(await call(urls[1] ?? "", { entity_type: "organization", entity_id: "Shared" })).toMatchObject({
      data: { id: made.data.id },
    });
    await Promise.all([stop(blue), stop(green)]);
    expect((await stop(db)).code).toBe(0);
  });
});

describe("the bundle", SLOW, () => {
  it("db gives every connection the answers to its own questions, in transactions and beside them", async () => {
    const db = launch(["db", "--port", "0"]);
    const { url: address = "" } = await db.firstLine();
    // Closing takes no part in the answers, so that a connection which is stuck cannot be freed by another's end.
    const pools = Array.from({ length: 3 }, () => new pg.Pool({ connectionString: address, max: 5 }));
    // `end` does not wait for the server, which is stopped right after it.
    for (const pool of pools) pool.on("error", () => undefined);
    const asked = pools.flatMap((pool, p) =>
      Array.from({ length: 60 }, async (_, i) => {
        const mine = `${p}/${i}`;
        if (i % 3 > 0) {
          const found = await pool.query(i % 3 === 1 ? "select $1 as a" : "select $1 as a, $2::int as b", [
            mine,
            ...(i % 3 === 1 ? [] : [i]),
          ]);
          return found.rows[0].a === mine;
        }
        const client = await pool.connect();
        try {
          await client.query("begin; select set_config('test.who', '', true)");
          await client.query("select set_config('test.who', $1, true)", [mine]);
          const found = await client.query("select current_setting('test.who') as a, $1::int as b", [i]);
          await client.query("commit");
          return found.rows[0].a === mine && found.rows[0].b === i;
        } finally {
          client.release();
        }
      }),
    );
    expect((await Promise.all(asked)).every((its) => its)).toBe(true);
    await Promise.all(pools.map((pool) => pool.end()));
    expect((await stop(db)).code).toBe(0);
  });

  it("runs from any folder, with nothing but itself", async () => {
    const out = join(await folder(), "copy");
    const script = fileURLToPath(new URL("../../bundle.mjs", import.meta.url));
    await promisify(execFile)(process.execPath, [script, out]);
    expect((await readdir(out)).sort()).toEqual(
      ["initdb.wasm", "package.json", "pgdata.tar.gz", "pglite.data", "pglite.wasm", "server.js"].sort(),
    );
    expect(JSON.parse(await readFile(join(out, "package.json"), "utf8"))).toEqual({
      name: "atoms-mcp",
      type: "module",
      scripts: { start: "node server.js serve" },
    });
    const cloud = {
      PORT: "0",
      VERCEL: "1",
      VERCEL_ENV: "production",
      VERCEL_URL: "atoms-mcp-abc.localhost",
      VERCEL_DEPLOYMENT_ID: "dpl_42",
      ATOMS_ENV: "local",
      ATOMS_RESOURCE_URL: "http://atoms-mcp.localhost/api/mcp",
    };
    const main = join(out, "server.js");
    const serving = launch(["serve"], cloud, main, out);
    const { url = "" } = await serving.firstLine();
    const health = await fetch(`${url}/health`);
    expect(health.headers.get("x-atoms-deployment")).toBe("dpl_42");
    expect(await bodyOf(health)).toMatchObject({
      status: "healthy",
      deployment_id: "dpl_42",
      environment: "local",
    });
    const { stdout } = await run(["token", "--user", "alice"], cloud, main);
    expect((await tools(url, stdout)).status).toBe(200);
    expect((await stop(serving)).code).toBe(0);
  });
});
