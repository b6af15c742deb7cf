import { type AlarmState, onCallPlan, planSource, routesOf } from "@atoms/playbook";
import type { LoadedPlaybook } from "../playbook-file/index.js";
import { setupOf } from "./setup.js";

/** What the playbook's own rules stand on; undefined where it has none: the usual ones are made for its monitors. */
export function alarmOf({ settings, notConfigured }: LoadedPlaybook): AlarmState | undefined {
  if (settings.alerts === undefined || settings.alerts.length === 0) return undefined;
  const { rules, gaps, channelsOf } = setupOf(settings);
  const blind = new Map(gaps.map(({ rule, gap }) => [rule, gap.message]));
  const routes = routesOf(settings.notification_channels, notConfigured);
  const plan = onCallPlan(planSource(settings));
  const reached = plan.steps.some((step) =>
    (plan.schedules[step]?.people ?? [step]).some((name) => (plan.people[name]?.ways.length ?? 0) > 0),
  );
  const unheard = new Set<string>();
  for (const { rule } of rules)
    for (const action of rule.actions) {
      if (action === "page_oncall" && !reached)
        unheard.add(
          `page_oncall of ${rule.name} wakes nobody: no channel that is set up reaches ${plan.steps.length === 0 ? "anybody, for the playbook names nobody" : plan.steps.join(", ")}`,
        );
      for (const channel of channelsOf(action, rule.severity)) {
        const { missing } = routes.of({ channel, severity: rule.severity });
        if (missing !== undefined) unheard.add(`${action} of ${rule.name} goes nowhere: ${missing}`);
      }
    }
  return {
    rules: rules.length,
    blind: [...blind].map(([rule, because]) => ({ rule, because })),
    unheard: [...unheard],
  };
}
