import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PlaybookMistaken } from "./problems.js";
import { readPlaybook } from "./read.js";

describe("the playbook of Atoms itself", () => {
  const file = fileURLToPath(new URL("../../../../playbook.yaml", import.meta.url));
  const text = readFileSync(file, "utf8");

  it("needs no variable to ship to the local cloud", () => {
    const { settings, sourceFolder, secrets, notConfigured } = readPlaybook({ path: file, text, env: {} });
    expect(sourceFolder).toMatch(/services\/atoms-mcp\/deploy$/);
    expect(settings).toMatchObject({
      platform: "local",
      standard: { watch: { duration: 300_000, interval: 10_000, failures: 3 } },
      validation: {
        performance: {
          samples: 100,
          baselines: { "/health": { p95: 50, p99: 100 }, "/api/mcp/tools": { p95: 200, p99: 500 } },
        },
      },
    });
    const given = Object.keys(settings.platforms.local.variables);
    expect(settings.preflight.required_variables.filter((name) => !given.includes(name))).toEqual([]);
    expect(secrets.redact("local-only-probe-token")).not.toContain("probe-token");
    expect(notConfigured.map((n) => n.part)).toEqual([
      "platforms.vercel",
      "notification_channels.slack",
      "notification_channels.pagerduty",
    ]);
  });

  it("takes nothing meant for one machine along to Vercel", () => {
    const bare = () => readPlaybook({ path: file, text, env: {}, platform: "vercel" });
    expect(bare).toThrow(PlaybookMistaken);
    expect(bare).toThrow(/has 2 mistakes.*VERCEL_TOKEN is not set.*ATOMS_PROBE_TOKEN is not set/s);
    const env = { VERCEL_TOKEN: "tok_123456", ATOMS_PROBE_TOKEN: "probe-of-production" };
    const { settings, sourceFolder } = readPlaybook({ path: file, text, env, platform: "vercel" });
    expect(sourceFolder).toMatch(/services\/atoms-mcp$/);
    expect(settings.platforms.vercel).toMatchObject({
      domains: ["atomcp.kooshapari.com"],
      token: "tok_123456",
    });
    expect(JSON.stringify([settings.platforms.vercel, settings.validation.probe_header])).not.toContain(
      "local-only",
    );
  });
});

describe("the playbooks in examples/", () => {
  const folder = fileURLToPath(new URL("../../../../examples/playbooks/", import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

  it.each(files)("%s is right as it stands, with no variable set", (name) => {
    const file = path.join(folder, name);
    const { settings } = readPlaybook({ path: file, text: readFileSync(file, "utf8"), env: {} });
    expect(settings.version).toBe(1);
  });

  it("hold the runbook's own blocks, every number kept", () => {
    const file = path.join(folder, "runbook-blocks.yaml");
    const { settings, notConfigured } = readPlaybook({
      path: file,
      text: readFileSync(file, "utf8"),
      env: {},
    });
    expect(settings.deployment_communication?.pre_deployment.map((m) => m.timing)).toEqual([
      -900_000, -600_000,
    ]);
    expect(settings.deployment_communication?.rollback[0]?.timing).toBe("immediate");
    expect(settings.alerts?.map((a) => [a.name, a.duration, a.severity])).toEqual([
      ["service_down", 120_000, "critical"],
      ["high_error_rate", 300_000, "high"],
      ["high_latency", 600_000, "medium"],
      ["deployment_failed", 0, "high"],
    ]);
    expect(settings.alerts?.[1]?.condition?.expression).toMatchObject({
      kind: "compare",
      operator: ">",
      left: { kind: "metric", of: { series: "error_rate" } },
      right: { kind: "literal", value: 0.01 },
    });
    expect(settings.notification_channels.email).toMatchObject({
      smtp_port: 587,
      to: ["engineering@atoms.tech", "ops@atoms.tech"],
    });
    expect(settings.contacts["cto"]).toBe("+1-555-0103");
    expect(settings.vendors["vercel_support"]).toBe("support@vercel.com");
    expect(notConfigured.map((n) => n.message)).toEqual([
      "notification_channels.slack is not configured: SLACK_WEBHOOK_URL is not set",
      "notification_channels.pagerduty is not configured: PAGERDUTY_API_KEY and PAGERDUTY_SERVICE_ID are not set",
    ]);
  });
});
