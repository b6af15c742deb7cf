import { afterEach, describe, expect, it } from "vitest";
import { deriveLocalKey } from "../auth/keys.js";
import { mintLocalToken } from "../auth/local-token.js";
import { DEVELOPMENT_SECRET } from "../config/index.js";
import { launch, type Running, run, stopAll } from "../testing/process.js";
import { bodyOf } from "../testing/server.js";

afterEach(stopAll);

const tools = (url: string, token: string) =>
  fetch(`${url}/api/mcp/tools`, { headers: { authorization: `Bearer ${token.trim()}` } });
/** A token like the command's, without the cost of a process. */
const mint = (url: string) =>
  mintLocalToken(deriveLocalKey(DEVELOPMENT_SECRET), {
    user: "alice",
    issuer: url,
    audience: `${url}/api/mcp`,
    now: Date.now(),
  });
const stop = async (running: Running) => {
  running.child.kill("SIGTERM");
  return running.ended;
};

// What takes more of them, and the bundle, is in commands.long.test.ts.
// Each of these starts several processes; on a busy machine that takes longer than a test usually may.
const SLOW = { timeout: 60_000 };

describe("serve", SLOW, () => {
  it("says where on stdout once /health answers, serves a token's holder, drains and exits with 0", async () => {
    const serving = launch(["serve", "--port", "0"], { ATOMS_VERSION: "v20261123.094500" });
    const line = await serving.firstLine();
    expect(line).toEqual({
      event: "listening",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: serving.child.pid,
      version: "v20261123.094500",
      environment: "local",
    });
    const url = line["url"] ?? "";
    expect(await bodyOf(fetch(`${url}/health`))).toMatchObject({
      status: "healthy",
      version: "v20261123.094500",
    });
    const { stdout, code } = await run(["token", "--user", "alice", "--audience", `${url}/api/mcp`]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect((await tools(url, stdout)).status).toBe(200);
    expect((await tools(url, "nonsense")).status).toBe(401);
    const ended = await stop(serving);
    expect(ended.code).toBe(0);
    expect(ended.stdout.split("\n")).toHaveLength(2);
    for (const logged of ended.stderr.trim().split("\n"))
      expect(() => JSON.parse(logged), logged).not.toThrow();
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it("lets a request in flight finish while draining, and a second signal ends it at once", async () => {
    const env = {
      ATOMS_FAULT: "latency:+600ms",
      ATOMS_MIGRATE: "off",
      DATABASE_URL: "postgres://u@127.0.0.1:1/none",
    };
    const serving = launch(["serve", "--port", "0"], env);
    const { url = "" } = await serving.firstLine();
    const slow = tools(url, await mint(url));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const ended = stop(serving);
    expect((await slow).status).toBe(200);
    expect((await ended).code).toBe(0);

    const hanging = launch(["serve", "--port", "0"], { ...env, ATOMS_FAULT: "hang:1" });
    const { url: other = "" } = await hanging.firstLine();
    const never = tools(other, await mint(other)).catch(() => "cut");
    await new Promise((resolve) => setTimeout(resolve, 150));
    hanging.child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    hanging.child.kill("SIGTERM");
    expect((await hanging.ended).code).toBe(0);
    expect(await never).toBe("cut");
  });

  it("exits with 78 for a bad configuration, naming the variable but not its value", async () => {
    const ended = await run(["serve", "--port", "0"], { MAINTENANCE_MODE: "perhaps" });
    expect(ended).toMatchObject({ code: 78, stdout: "" });
    expect(ended.stderr).toContain("MAINTENANCE_MODE");
    expect(ended.stderr).not.toContain("perhaps");
  });

  it("exits with 70 for an injected crash, before listening or after so many requests", async () => {
    expect(await run(["serve", "--port", "0"], { ATOMS_FAULT: "crash" })).toMatchObject({
      code: 70,
      stdout: "",
    });
    const env = {
      ATOMS_FAULT: "crash:after=2req@all",
      ATOMS_MIGRATE: "off",
      DATABASE_URL: "postgres://u@127.0.0.1:1/none",
    };
    const serving = launch(["serve", "--port", "0"], env);
    const { url = "" } = await serving.firstLine();
    const status = await fetch(`${url}/health/live`).then((answer) => answer.status);
    expect(status).toBe(200);
    await fetch(`${url}/`).catch(() => undefined);
    expect((await serving.ended).code).toBe(70);
  });

  it("does not listen before an injected slow start is over", async () => {
    const env = {
      ATOMS_FAULT: "slow_start:500ms",
      ATOMS_MIGRATE: "off",
      DATABASE_URL: "postgres://u@127.0.0.1:1/none",
    };
    const began = performance.now();
    const serving = launch(["serve", "--port", "0"], env);
    await serving.firstLine();
    expect(performance.now() - began).toBeGreaterThan(500);
    expect((await stop(serving)).stderr).toContain("fault_injection_enabled");
  });
});

describe("other commands", SLOW, () => {
  it("refuse what they do not know", async () => {
    expect((await run(["dance"])).code).toBe(2);
    expect((await run(["token"])).code).toBe(2);
    expect((await run(["serve", "--colour", "red"])).code).toBe(2);
    expect((await run(["token", "--user", "UPPER"])).code).toBe(78);
    expect((await run(["token", "--user", "a", "--ttl", "90000"])).code).toBe(78);
    expect(await run([])).toMatchObject({ code: 0, stdout: expect.stringContaining("atoms-mcp <command>") });
  });
});
