import type { Hono } from "hono";
import { afterAll, expect, it, vi } from "vitest";

afterAll(() => vi.unstubAllEnvs());

it("the entry for Vercel exports the app, listens nowhere and opens nothing by itself", async () => {
  const address = "postgres://nobody@127.0.0.1:1/none";
  const env = {
    VERCEL: "1",
    VERCEL_ENV: "",
    VERCEL_URL: "atoms-abc.localhost",
    DATABASE_URL: address,
    ATOMS_MIGRATE: "off",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { default: app } = (await import("./server.js")) as { default: Hono };
  const live = await app.request("https://atoms-abc.localhost/health/live");
  expect(live.status).toBe(200);
  expect(live.headers.get("strict-transport-security")).toContain("max-age");
  expect((await app.request("https://atoms-abc.localhost/api/mcp/tools")).status).toBe(401);
});
