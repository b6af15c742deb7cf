import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shared, startServer, type TestServer } from "../testing/server.js";
import { STORES, type TestStore } from "../testing/stores.js";

/** The public protocol suite, on the scenarios that need no fixture of its own. */
const SCENARIOS = [
  "server-initialize",
  "ping",
  "tools-list",
  "resources-list",
  "prompts-list",
  "dns-rebinding-protection",
];

describe("the public MCP conformance suite", () => {
  let store: TestStore;
  let server: TestServer;
  let folder: string;
  const require = createRequire(import.meta.url);
  const suite = join(
    dirname(require.resolve("@modelcontextprotocol/conformance/package.json")),
    "dist/index.js",
  );
  beforeAll(async () => {
    store = await (STORES[0] as (typeof STORES)[number]).open();
    server = await startServer(
      { ATOMS_AUTH_MODE: "none", RATE_LIMIT_ENABLED: "false" },
      shared(store.driver),
    );
    folder = await mkdtemp(join(tmpdir(), "atoms-mcp-conformance-"));
  });
  afterAll(async () => {
    await server?.close();
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(SCENARIOS)("%s", { timeout: 120_000 }, async (scenario) => {
    const args = [suite, "server", "--url", `${server.url}/api/mcp`, "--scenario", scenario];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      cwd: folder,
      timeout: 100_000,
    });
    const said = stdout + stderr;
    expect(said, said).toMatch(/Passed: [1-9]\d*\/\d+, 0 failed/);
  });
});
