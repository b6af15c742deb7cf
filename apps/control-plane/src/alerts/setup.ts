import { alertChannels, type PlaybookSettings, rulesWithoutSeries } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { keepReading } from "../keep-reading.js";
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
 * Gives the setup as the playbook's file is now.
 * @param onTrouble Told once for each version of the file that could not be taken, or that has rules which could never fire.
 */
export const setupKeeper = (
  plane: Pick<ControlPlane, "open">,
  ref: PlaybookRef,
  onTrouble: (error: unknown) => void,
): (() => Promise<AlertSetup>) =>
  keepReading(
    plane,
    ref,
    ({ settings }) => {
      const setup = setupOf(settings);
      if (setup.gaps.length > 0) onTrouble(rulesWithoutSeries({ rules: gapsText(setup) }));
      return setup;
    },
    onTrouble,
  );

const gapsText = ({ gaps }: AlertSetup) =>
  [...new Set(gaps.map(({ rule, gap }) => `  ${rule}: ${gap.message}`))].join("\n");
