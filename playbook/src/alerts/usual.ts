import type { Provider } from "./rules.js";
import { type AlertRule, AlertRules } from "./settings.js";

/** Kinds of monitors that are down when users or operations are hurt, and not only when limits are passed. */
const broken = ["tls", "dns", "heartbeat", "mcp", "prometheus"];
const impaired = ["performance", "resources", "errors"];

/**
 * The rules of a playbook that writes none, so that a monitor that goes down reaches people without anything being set
 * up: the service itself after 2 m, critical; whatever else is broken after 2 m, high; limits that were passed after 10 m,
 * medium. Only those that a monitor gives something for.
 * @param pages Whether the playbook names somebody who could be paged.
 */
export function usualRules(providers: readonly Provider[], pages: boolean): AlertRule[] {
  const kinds = new Set(providers.map(({ labels }) => labels["kind"]));
  const anyOf = (wanted: readonly string[]) => wanted.filter((kind) => kinds.has(kind));
  const down = (wanted: readonly string[]) => `monitor_down{kind=~"${anyOf(wanted).join("|")}"}`;
  const given = providers.some(({ series }) => series.includes("health_check_failed"));
  return AlertRules.parse([
    ...(given
      ? [
          {
            name: "service_down",
            condition: "health_check_failed",
            duration: "2m",
            severity: "critical",
            actions: [...(pages ? ["page_oncall"] : []), "slack_notification"],
            summary: "The service does not answer its users, or says itself that it is not well.",
          },
        ]
      : []),
    ...(anyOf(broken).length > 0
      ? [
          {
            name: "monitor_down",
            condition: down(broken),
            duration: "2m",
            severity: "high",
            actions: ["slack_notification"],
            summary: "`atoms monitor` says what the monitor saw.",
          },
        ]
      : []),
    ...(anyOf(impaired).length > 0
      ? [
          {
            name: "limits_passed",
            condition: down(impaired),
            duration: "10m",
            severity: "medium",
            actions: ["slack_notification"],
            summary: "`atoms monitor` says which limit was passed.",
          },
        ]
      : []),
  ]);
}
