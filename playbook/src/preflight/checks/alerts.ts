import { defineLook } from "../check.js";
import type { AlarmState } from "../model.js";

/** A rule that could never fire, or that would tell nobody, is found by day and not by the silence of a night. */
export const alerts = defineLook<AlarmState>({
  name: "alerts",
  title: "Alerts can fire and be heard",
  wanted: (settings) => settings.alerts,
  applies: (ports) => ports.alarm !== undefined,
  measure: async ({ ports }) => ports.alarm?.() ?? { rules: 0, blind: [], unheard: [] },
  judge: ({ rules, blind, unheard }) => {
    const evidence = { rules, blind: blind.length };
    if (blind.length > 0)
      return {
        outcome: "fail",
        saw: some(blind.map(({ rule, because }) => `${rule}: ${because}.`)),
        fix: "Set up a monitor that measures it (`atoms alerts check` tells of every rule), take the rule out, or set preflight.alerts: false.",
        evidence,
      };
    if (unheard.length > 0)
      return {
        outcome: "warn",
        saw: some(unheard.map((one) => `${one}.`)),
        fix: "Set up the channel in notification_channels, or say in on_call.people how somebody is reached.",
        evidence,
      };
    const each = rules === 1 ? "1 rule, on what is measured" : `${rules} rules, each on what is measured`;
    return { outcome: "pass", saw: `${each}; each has somebody to tell.`, evidence };
  },
});

/** Told of one by one. */
const most = 3;

const some = (sentences: readonly string[]) =>
  [
    ...sentences.slice(0, most),
    ...(sentences.length > most ? [`And ${sentences.length - most} more.`] : []),
  ].join(" ");
