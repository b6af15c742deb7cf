import { z } from "zod";
import { formatDuration } from "../terms/index.js";
import { kinds } from "./kinds/index.js";
import type { Kind } from "./kinds/kind.js";

const [first, ...others] = kinds;

/** One monitor of the playbook. */
export const MonitorSettings = z.discriminatedUnion("kind", [
  first.settings,
  ...others.map(({ settings }) => settings),
] as unknown as [typeof first.settings, ...(typeof others)[number]["settings"][]]);
export type MonitorSettings = z.output<(typeof kinds)[number]["settings"]>;

/** The kind of a monitor. */
export function kindOf({ kind }: { kind: string }): Kind {
  const found = kinds.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no monitor of kind ${kind}`);
  return found as unknown as Kind;
}

/** All monitors of the playbook. */
export const MonitorList = z.array(MonitorSettings).superRefine((monitors, context) => {
  const seen = new Set<string>();
  monitors.forEach((monitor, index) => {
    const name = monitor.name ?? monitor.kind;
    if (seen.has(name))
      context.addIssue({
        code: "custom",
        path: [index, "name"],
        message: `expected a name that no other monitor has; ${name} is there already`,
      });
    seen.add(name);
    const limit = kindOf(monitor).limitMs(monitor);
    if (limit > monitor.interval)
      context.addIssue({
        code: "custom",
        path: [index, "interval"],
        message: `expected at least ${formatDuration(Math.ceil(limit / 1_000) * 1_000)}, the longest that one look may take`,
      });
  });
});
