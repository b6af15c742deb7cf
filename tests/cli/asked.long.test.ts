import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openShop, type Shop } from "./shop.js";

/** Speaks MCP of 2025, with the tools that lie beside it. */
const server = `import { createServer } from "node:http";
import { readFileSync } from "node:fs";
const tools = JSON.parse(readFileSync(new URL("tools.json", import.meta.url), "utf8"));
createServer((request, response) => {
  let text = "";
  request.on("data", (chunk) => { text += chunk; });
  request.on("end", () => {
    const say = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (request.url === "/health") return say(200, { status: "healthy", version: process.env.ATOMS_VERSION });
    if (request.headers["mcp-method"] !== undefined) return say(404, {});
    const { id, method } = text === "" ? {} : JSON.parse(text);
    const result = {
      initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "shop", version: "1" } },
      "tools/list": { tools },
    }[method];
    if (id === undefined) return say(202);
    return say(200, { jsonrpc: "2.0", id, result });
  });
}).listen(process.env.PORT, "127.0.0.1");
`;
const playbook = (validation = "") => `version: 1
service: { name: shop, source: ., kind: mcp, health: /health }
platform: local
preflight: { git_clean: false, branch: false, dependencies: false, tests: false }
standard: { watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 } }
rollback: { safety: { migrations: [migrations] } }
validation:
  smoke: { mcp: { call: false } }
  performance: false
${validation}`;
const tool = (name: string, required: string[] = []) => ({
  name,
  inputSchema: { type: "object", properties: { q: { type: "string" } }, required },
});

let shop: Shop;
const timeout = 120_000;
beforeAll(async () => {
  shop = openShop(playbook());
  mkdirSync(join(shop.folder, "migrations"));
  shop.write("server.js", server);
  shop.write("tools.json", JSON.stringify([tool("find"), tool("save")]));
  shop.write("migrations/1.sql", "CREATE TABLE a (id int);");
  const first = await shop.json("deploy");
  expect(first.last.release).toMatchObject({ state: "released" });
}, timeout);
afterAll(() => shop.close(), 60_000);

describe("a release that a person has to answer for", () => {
  it("is planned, asked about before it begins and before traffic moves, and goes on", {
    timeout,
  }, async () => {
    shop.write("migrations/2.sql", "DROP TABLE a;");
    shop.write("vercel.json", JSON.stringify({ crons: [{ path: "/tick", schedule: "0 1 * * *" }] }));
    shop.write("tools.json", JSON.stringify([tool("find")]));
    const plan = await shop.json("plan");
    expect(plan.last.safety).toMatchObject({ level: "unsafe", policy: "approve" });
    const words = (await shop.atoms("plan")).out;
    expect(words).toMatch(/going back unsafe: a person would have to approve it/);
    expect(words).toMatch(/migrations: migrations\/2\.sql has DROP TABLE/);
    expect(words).toMatch(/crons: going back stops \/tick/);

    const release = shop.start("deploy");
    const unsafe = await release.until((line) => line.kind === "approval.asked");
    expect(unsafe.data).toMatchObject({
      of: "rollback safety",
      questions: [expect.stringContaining("DROP TABLE"), expect.any(String)],
    });
    expect((await shop.json("status")).last.running.release.activity.doing).toContain("atoms approve");
    expect((await shop.json("approve")).code).toBe(0);
    const broken = await release.until(
      (line) => line.kind === "approval.asked" && line.data.of === "contract",
    );
    expect(broken.data.questions).toEqual(["save: is gone"]);
    // Nothing is left of the first approval: what is asked now was not answered by it.
    expect((await shop.json("status")).last.running.release.split).toBe(0);
    expect((await shop.json("approve")).code).toBe(0);
    expect((await release.ended).code).toBe(0);
    expect((await shop.json("approve")).code).toBe(2);
  });

  it("ends where the playbook says fail, and `atoms contract` says the same of the two", {
    timeout,
  }, async () => {
    shop.write("tools.json", JSON.stringify([tool("find", ["q"])]));
    shop.write("playbook.yaml", playbook("  contract: { narrowed: fail }"));
    const { code, last } = await shop.json("deploy");
    expect(code).toBe(1);
    expect(last.release).toMatchObject({ state: "failed", split: 0, problem: { code: "ATM-560" } });
    const { id } = last.release.candidate;
    const compared = await shop.json("contract", id);
    expect(compared).toMatchObject({ code: 1, last: { fails: ["find: q is required now"] } });
    expect(await shop.json("contract", id, "--back")).toMatchObject({ code: 0 });
    expect((await shop.json("contract", "dpl_nobody")).last.problem.code).toBe("ATM-917");
    expect((await shop.atoms("contract", id)).out).toMatch(/✗ narrowed {3}find: q is required now/);
  });
});
