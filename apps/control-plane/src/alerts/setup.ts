import { stat } from "node:fs/promises";
import { alertChannels, type PlaybookSettings, rulesWithoutSeries } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { alertRulesOf, providersOf } from "./providers.js";
import { type AlertSetup, readyRules } from "./world.js";

/** What a playbook's settings say about alerts. */
export function setupOf(settings: PlaybookSettings): AlertSetup {
  return {
    service: settings.service.name,
    environment: settings.environment,
    ...readyRules(alertRulesOf(settings), providersOf(settings)),
    channelsOf: alertChannels(settings.notification_channels, settings.slack_channels),
    settings: settings.alerting,
  };
}

/**
 * Gives the setup as the playbook's file is now, read anew only when the file has changed. While the file cannot be read
 * or has mistakes, alerts go on by what it said before.
 * @param onTrouble Told once for each version of the file that could not be taken, or that has rules which could never fire.
 */
export function setupKeeper(
  plane: Pick<ControlPlane, "open">,
  ref: PlaybookRef,
  onTrouble: (error: unknown) => void,
): () => Promise<AlertSetup> {
  let mark = "";
  let standing: AlertSetup | undefined;
  return async () => {
    const now = await markOf(ref.playbook);
    if (now === mark && standing !== undefined) return standing;
    try {
      const { settings } = await plane.open(ref);
      standing = setupOf(settings);
      if (standing.gaps.length > 0) onTrouble(rulesWithoutSeries({ rules: gapsText(standing) }));
    } catch (error) {
      if (standing === undefined) throw error;
      onTrouble(error);
    }
    mark = now;
    return standing;
  };
}

const gapsText = ({ gaps }: AlertSetup) =>
  [...new Set(gaps.map(({ rule, gap }) => `  ${rule}: ${gap.message}`))].join("\n");

async function markOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return "missing";
  }
}
