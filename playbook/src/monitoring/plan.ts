import { kinds } from "./kinds/index.js";
import { kindOf, type MonitorSettings } from "./settings.js";

/** A monitor with everything filled in. */
export type Monitor = { name: string; settings: MonitorSettings };

/**
 * The monitors of a playbook. Where it names none: health, performance and errors, and MCP for a service that speaks it.
 */
export function monitorsOf({
  monitors,
  service,
}: {
  monitors?: readonly MonitorSettings[] | undefined;
  service: { kind: "http" | "mcp" };
}): Monitor[] {
  const usual = ["health", "performance", "errors", ...(service.kind === "mcp" ? ["mcp"] : [])];
  const written =
    monitors ??
    kinds
      .filter(({ kind }) => usual.includes(kind))
      .map(({ kind, settings }) => settings.parse({ kind }) as MonitorSettings);
  return written.map((settings) => ({ name: settings.name ?? settings.kind, settings }));
}

/** What a monitor gives to alert rules: metrics, and facts that follow from its being down. Every kind gives `monitor_down`. */
export const seriesOf = ({ settings }: Monitor): readonly string[] => [
  ...kindOf(settings).series,
  "monitor_down",
];
