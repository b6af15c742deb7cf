import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readAddress } from "./address.js";
import { baselinesOf } from "./decide.js";
import { ValidationSettings, validationPlan } from "./settings.js";

describe("ValidationSettings", () => {
  it("has the runbook's numbers as defaults", () => {
    const plan = validationPlan(ValidationSettings.parse({}), { kind: "mcp", health: "/health" });
    expect(plan.timeout).toBe(10_000);
    expect(plan.performance).toMatchObject({ samples: 100, max_failures: 0.01 });
    expect(baselinesOf(plan)).toEqual([["/health", { p95: 50, p99: 100 }]]);
    expect(plan.smoke.health).toMatchObject({ path: "/health", field: "status" });
    expect(plan.smoke.mcp).toMatchObject({ path: "/api/mcp", generations: "any", call: { calls: 20 } });
  });

  it("takes the health path and MCP from the service, unless told otherwise", () => {
    const settings = ValidationSettings.parse({
      smoke: { health: { path: "/up" }, database: {}, mcp: false },
    });
    const { smoke } = validationPlan(settings, { kind: "mcp", health: "/status" });
    expect(
      [smoke.health, smoke.database, smoke.serves_itself].map((one) =>
        one === false ? undefined : one.path,
      ),
    ).toEqual(["/up", "/status", "/status"]);
    expect(smoke.mcp).toBe(false);
    expect(validationPlan(ValidationSettings.parse({}), { kind: "http", health: "/" }).smoke.mcp).toBe(false);
  });

  it.each([
    { given: { smoke: { helth: {} } }, path: ["smoke"] },
    { given: { smoke: { health: { pth: "/x" } } }, path: ["smoke", "health"] },
    { given: { smoke: { health: { path: "health" } } }, path: ["smoke", "health"] },
    { given: { smoke: { mcp: { generations: ["2024"] } } }, path: ["smoke", "mcp"] },
    { given: { timeout: "10" }, path: ["timeout"] },
    { given: { timeout: "0s" }, path: ["timeout"] },
    { given: { bearer: { command: "x", value: "y" } }, path: ["bearer"] },
    { given: { performance: { baselines: { "/x": {} } } }, path: ["performance"] },
    { given: { performance: { samples: 99 } }, path: ["performance"] },
    { given: { performance: { samples: 10, baselines: { "/x": { p95: 1 } } } }, path: ["performance"] },
    { given: { performance: { max_failures: "2" } }, path: ["performance"] },
  ])("refuses $given", ({ given, path }) => {
    const result = ValidationSettings.safeParse(given);
    expect(result.error?.issues.map((issue) => issue.path.slice(0, path.length))).toEqual([path]);
  });

  it("allows fewer samples where no percentile needs more", () => {
    expect(
      ValidationSettings.safeParse({ performance: { samples: 20, baselines: { "/x": { p95: 1 } } } }).success,
    ).toBe(true);
    expect(ValidationSettings.safeParse({ performance: false }).success).toBe(true);
  });

  it("describes every member in its JSON Schema", () => {
    const undescribed: string[] = [];
    const walk = (schema: Record<string, unknown>, path: string) => {
      for (const [name, member] of Object.entries(
        (schema["properties"] ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        if (typeof member["description"] !== "string") undescribed.push(`${path}.${name}`);
        walk(member, `${path}.${name}`);
      }
      for (const option of (schema["anyOf"] ?? []) as Record<string, unknown>[]) walk(option, path);
    };
    walk(z.toJSONSchema(ValidationSettings, { io: "input" }), "validation");
    expect(undescribed).toEqual([]);
  });
});

describe("readAddress", () => {
  it.each([
    ["https://shop.example.com/", "https://shop.example.com"],
    ["shop.vercel.app", "https://shop.vercel.app"],
    ["localhost:3000", "http://localhost:3000"],
    ["shop-3f9a.localhost:4310", "http://shop-3f9a.localhost:4310"],
    ["127.0.0.1:80/base/", "http://127.0.0.1/base"],
    ["[::1]:8080", "http://[::1]:8080"],
    ["http://SHOP.example.com/a/", "http://shop.example.com/a"],
  ])("%s is %s", (text, address) => expect(readAddress(text)).toBe(address));

  it.each([
    "",
    "  ",
    "http://",
    "ftp://x",
    "https://u:hunter2@x.example",
    "https://x/?token=hunter2",
    "https://x/#a",
    "not an address",
  ])("%j is refused, and no secret in it is quoted", (text) => {
    expect(() => readAddress(text)).toThrow(expect.objectContaining({ code: "ATM-402", ending: "usage" }));
    try {
      readAddress(text);
    } catch (error) {
      expect(String(error)).not.toContain("hunter2");
    }
  });
});
