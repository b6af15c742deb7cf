import type { Missing } from "./fill.js";
import { settingName } from "./mistake.js";
import type { Path } from "./place.js";

/** What a command is about to use; only there is a missing variable a mistake. */
export type PlaybookUse = "platform" | "notification_channels";

/** A part of the playbook that was left out, because a variable it needs is not set. */
export type NotConfigured = {
  /** e.g. "notification_channels.slack" */
  part: string;
  /** Names of the variables that are not set. */
  missing: string[];
  line: number;
  /** One sentence: "notification_channels.slack is not configured: SLACK_WEBHOOK_URL is not set". */
  message: string;
};

/**
 * The part of the playbook that can do without this place: one channel, or one platform that is not used. Undefined
 * where a missing variable is a mistake.
 * @param platform The platform that was chosen.
 */
export function partThatCanWait(
  place: Path,
  platform: unknown,
  uses: readonly PlaybookUse[],
): Path | undefined {
  if (place.length < 3) return undefined;
  const [section, name] = place;
  const needed =
    section === "notification_channels"
      ? uses.includes("notification_channels")
      : section === "platforms"
        ? name === platform && uses.includes("platform")
        : true;
  return needed ? undefined : place.slice(0, 2);
}

/** One entry per part, in the order of the file. */
export function listNotConfigured(
  waiting: readonly (Missing & { part: Path })[],
  lineOf: (offset: number) => number,
): NotConfigured[] {
  const parts = new Map<string, { missing: Set<string>; line: number }>();
  for (const { part, offset, variable } of waiting) {
    const known = parts.get(settingName(part)) ?? { missing: new Set(), line: lineOf(offset) };
    known.missing.add(variable);
    parts.set(settingName(part), known);
  }
  return [...parts].map(([part, { missing, line }]) => ({
    part,
    missing: [...missing],
    line,
    message: `${part} is not configured: ${[...missing].join(" and ")} ${missing.size === 1 ? "is" : "are"} not set`,
  }));
}
