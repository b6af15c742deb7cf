import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig, readPort, unknownVariables } from "./index.js";
import { isLoopback } from "./loopback.js";

const AROUND = { host: "127.0.0.1", listenerUrl: "http://127.0.0.1:50002", packageVersion: "1.2.3" };
const read = (env: Record<string, string>, around = AROUND) => readConfig(env, around);
const DEPLOYED = {
  ATOMS_ENV: "production",
  WORKOS_API_KEY: "k",
  WORKOS_CLIENT_ID: "c",
  SUPABASE_SERVICE_ROLE_KEY: "s",
  NEXT_PUBLIC_SUPABASE_URL: "https://x.supabase.co",
  DATABASE_URL: "postgres://u:p@db.example/atoms",
  AUTHKIT_DOMAIN: "https://example.authkit.app/",
  PUBLIC_URL: "https://atoms.example",
};

describe("defaults", () => {
  it("nothing set is a local server on its own identity and store", () => {
    expect(read({})).toMatchObject({
      env: "local",
      publicUrl: "http://127.0.0.1:50002",
      resourceUrl: "http://127.0.0.1:50002/api/mcp",
      version: "1.2.3",
      commit: "unknown",
      deploymentId: "local",
      region: "local",
      auth: {
        mode: "local",
        issuer: "http://127.0.0.1:50002",
        requiredScopes: ["openid"],
        tokensNotBefore: 0,
      },
      database: { url: undefined, dataDir: undefined, dumpToken: undefined },
      migrate: "auto",
      trustProxy: false,
      rates: { enabled: true, mcpPerMinute: 120, healthPerMinute: 60, healthBurst: 60 },
      maintenance: { on: false, retryAfter: 300 },
      requestTimeoutMs: 25_000,
      logLevel: "info",
    });
    expect(readPort({})).toBe(50_002);
    expect(readPort({ PORT: "" })).toBe(50_002);
  });

  it("Vercel's own variables fill in, and what is said explicitly wins", () => {
    const vercel = {
      VERCEL: "1",
      VERCEL_ENV: "production",
      VERCEL_DEPLOYMENT_ID: "dpl_1",
      VERCEL_REGION: "iad1",
      VERCEL_GIT_COMMIT_SHA: "abc",
    };
    expect(read({ ...DEPLOYED, ATOMS_ENV: "", ...vercel })).toMatchObject({
      env: "production",
      deploymentId: "dpl_1",
      region: "iad1",
      commit: "abc",
      trustProxy: true,
      migrate: "check",
      auth: { mode: "authkit", issuer: "https://example.authkit.app" },
    });
    expect(
      read({ ...vercel, ATOMS_ENV: "local", ATOMS_TRUST_PROXY: "0", ATOMS_DEPLOYMENT_ID: "mine" }),
    ).toMatchObject({
      env: "local",
      deploymentId: "mine",
      trustProxy: false,
    });
    expect(read({ ATOMS_ENV: "development" }).env).toBe("local");
  });

  it("is frozen all the way down", () => {
    const config = read({}) as unknown as { auth: { mode: string } };
    expect(() => {
      config.auth.mode = "none";
    }).toThrow(TypeError);
  });
});

describe("refusals name the variables, never their values", () => {
  const refused = (env: Record<string, string>, around = AROUND): string => {
    try {
      read(env, around);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return (error as ConfigError).message;
    }
    throw new Error("was accepted");
  };

  it.each([
    "WORKOS_API_KEY",
    "WORKOS_CLIENT_ID",
    "SUPABASE_SERVICE_ROLE_KEY",
    "NEXT_PUBLIC_SUPABASE_URL",
    "DATABASE_URL",
    "AUTHKIT_DOMAIN",
  ])("%s is required when deployed", (name) => {
    for (const ATOMS_ENV of ["preview", "production"])
      expect(refused({ ...DEPLOYED, ATOMS_ENV, [name]: "" })).toContain(name);
  });

  it.each<[Record<string, string>, string]>([
    [{ PORT: "http" }, "PORT"],
    [{ MAINTENANCE_MODE: "maybe-secret" }, "MAINTENANCE_MODE"],
    [{ ATOMS_ENV: "staging-secret" }, "ATOMS_ENV"],
    [{ DATABASE_URL: "mysql://u:secret@h/d" }, "DATABASE_URL"],
    [{ ATOMS_DATABASE_DUMP_TOKEN: "short-secret" }, "ATOMS_DATABASE_DUMP_TOKEN"],
    [{ ATOMS_DATABASE_DUMP_TOKEN: "a secret with spaces in it" }, "ATOMS_DATABASE_DUMP_TOKEN"],
    [{ ATOMS_FAULT: "error_rate:secret" }, "ATOMS_FAULT"],
    [{ ATOMS_FAULT_DELAY: "secret" }, "ATOMS_FAULT_DELAY"],
    [{ ...DEPLOYED, ATOMS_FAULT: "error_rate:0.1" }, "ATOMS_FAULT_ALLOW"],
    [{ ...DEPLOYED, ATOMS_AUTH_MODE: "none" }, "ATOMS_AUTH_MODE"],
    [{ ...DEPLOYED, ATOMS_AUTH_MODE: "local" }, "ATOMS_LOCAL_AUTH_SECRET"],
    [
      { ...DEPLOYED, ATOMS_AUTH_MODE: "local", ATOMS_LOCAL_AUTH_SECRET: "short-secret" },
      "ATOMS_LOCAL_AUTH_SECRET",
    ],
    [{ PUBLIC_URL: "https://atoms.example" }, "ATOMS_LOCAL_AUTH_SECRET"],
    [{ ATOMS_AUTH_MODE: "authkit" }, "AUTHKIT_DOMAIN"],
  ])("%j", (env, name) => {
    const message = refused(env);
    expect(message).toContain(name);
    expect(message).not.toContain("secret");
  });

  it("none mode and the development secret stay on loopback", () => {
    const open = { ...AROUND, host: "0.0.0.0" };
    expect(refused({ ATOMS_AUTH_MODE: "none" }, open)).toContain("ATOMS_AUTH_MODE");
    expect(refused({}, open)).toContain("ATOMS_LOCAL_AUTH_SECRET");
    expect(read({ ATOMS_LOCAL_AUTH_SECRET: "x".repeat(32) }, open).auth.mode).toBe("local");
    expect(
      read({ ...DEPLOYED, ATOMS_AUTH_MODE: "local", ATOMS_LOCAL_AUTH_SECRET: "x".repeat(32) }).auth.mode,
    ).toBe("local");
    expect(read({ ...DEPLOYED, ATOMS_FAULT: "crash", ATOMS_FAULT_ALLOW: "1" }).faults).toHaveLength(1);
  });
});

it.each(["1", "true", "YES", "On"])("MAINTENANCE_MODE=%s is on", (value) => {
  expect(read({ MAINTENANCE_MODE: value }).maintenance.on).toBe(true);
});
it.each(["0", "False", "no", "OFF", ""])("MAINTENANCE_MODE=%s is off", (value) => {
  expect(read({ MAINTENANCE_MODE: value }).maintenance.on).toBe(false);
});

it("finds names that nothing reads", () => {
  expect(unknownVariables({ ATOMS_VERSON: "v1", ATOMS_VERSION: "v1", OTHER: "x" })).toEqual(["ATOMS_VERSON"]);
});

it("knows loopback from the rest", () => {
  for (const host of ["localhost", "a.b.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
    expect(isLoopback(host)).toBe(true);
  for (const host of ["localhost.evil.example", "128.0.0.1", "127.evil.example", "10.0.0.1"])
    expect(isLoopback(host)).toBe(false);
  fc.assert(fc.property(fc.domain(), (domain) => !isLoopback(domain)));
});
