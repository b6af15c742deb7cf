import { describe, expect, it } from "vitest";
import { instancesOf, type Provider, rulesOf } from "./rules.js";
import { usualRules } from "./usual.js";

const monitor = (kind: string, more: Provider["series"] = []): Provider => ({
  monitor: `${kind}_one`,
  series: [...more, "monitor_down"],
  labels: { kind },
  everyMs: 30_000,
});
const health = monitor("health", ["health_check_failed"]);

describe("the usual rules", () => {
  it.each<[string, Provider[], string[]]>([
    ["no monitors", [], []],
    ["health alone", [health], ["service_down on health_one"]],
    [
      "what a playbook has without being asked",
      [health, monitor("performance"), monitor("errors"), monitor("mcp")],
      [
        "service_down on health_one",
        "monitor_down on mcp_one",
        "limits_passed on performance_one, errors_one",
      ],
    ],
    ["others alone", [monitor("tls"), monitor("heartbeat")], ["monitor_down on tls_one, heartbeat_one"]],
  ])("for %s can all fire, each for its own monitors", (_, providers, wanted) => {
    const found = rulesOf(usualRules(providers, true)).map((rule) => {
      const { instances, gaps } = instancesOf(rule, providers);
      expect(gaps).toEqual([]);
      return `${rule.name} on ${instances.map(({ series }) => series).join(", ")}`;
    });
    expect(found).toEqual(wanted);
  });

  it("page only where there is somebody to page", () => {
    expect(usualRules([health], true)[0]?.actions).toEqual(["page_oncall", "slack_notification"]);
    expect(usualRules([health], false)[0]?.actions).toEqual(["slack_notification"]);
  });
});
