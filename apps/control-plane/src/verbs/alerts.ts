import {
  type Alert,
  type AlertStore,
  alertOver,
  isAlertMoved,
  noSuchAlert,
  type PlaybookSettings,
  writeExpression,
  writeTiming,
} from "@atoms/playbook";
import { z } from "zod";
import { acknowledgement, setupOf } from "../alerts/index.js";
import { acknowledgePage } from "../on-call/index.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Alerts of an environment, and whether anybody evaluates them. */
export type AlertList = {
  alerts: Alert[];
  /** When the rules were evaluated last, in milliseconds since the epoch; undefined: never. */
  evaluatedAt?: number;
  /** How long evaluation may stand still before that is an alert itself, in milliseconds. */
  watchdogAfter: number;
  rules: number;
  /** How many of them could never fire, since nobody gives what they read. */
  blind: number;
};

/** Alerts that are pending or firing, or with `all` also those that are over. */
export const listAlerts = defineVerb({
  name: "list alerts",
  method: "GET",
  role: "viewer",
  path: "/alerts",
  summary: "List alerts that are pending or firing",
  input: z.strictObject({
    ...playbookRef,
    all: z.boolean().default(false).describe("Also those that are over."),
    limit: z.int().min(1).max(1_000).default(100),
  }),
  async run(plane, input): Promise<AlertList> {
    const { service, environment, settings } = await plane.open(input);
    const { alerts } = await plane.store();
    const [found, evaluatedAt] = await Promise.all([
      input.all
        ? alerts.list({ service, environment, limit: input.limit })
        : alerts.open(service, environment),
      alerts.lastEvaluated(service, environment),
    ]);
    const shown = input.all ? found : found.filter(({ state }) => state === "pending" || state === "firing");
    return {
      alerts: shown.slice(0, input.limit),
      ...(evaluatedAt === undefined ? {} : { evaluatedAt }),
      watchdogAfter: settings.alerting.watchdog_after,
      ...countsOf(settings),
    };
  },
});

/** How many rules there are, and how many of them could never fire. */
export function countsOf(settings: PlaybookSettings): { rules: number; blind: number } {
  const { rules, gaps } = setupOf(settings);
  return { rules: rules.length, blind: new Set(gaps.map(({ rule }) => rule)).size };
}

/** One alert with all that is known of it. */
export const showAlert = defineVerb({
  name: "show alert",
  method: "GET",
  role: "viewer",
  path: "/alerts/one",
  summary: "Show one alert",
  input: z.strictObject({ alert: z.string().min(1) }),
  async run(plane, input): Promise<Alert> {
    const { alerts } = await plane.store();
    const found = await alerts.get(input.alert);
    if (found === undefined) throw noSuchAlert(input);
    return found;
  },
});

/** Acknowledges an alert, or every firing alert of a rule: quiet until it is over. Its page is acknowledged with it. */
export const acknowledgeAlert = defineVerb({
  name: "acknowledge alert",
  method: "POST",
  role: "operator",
  path: "/alerts/acknowledge",
  summary: "Acknowledge an alert, or every firing alert of a rule",
  input: z.strictObject({
    ...playbookRef,
    alert: z.string().min(1).describe("Id of an alert, or name of a rule."),
  }),
  async run(plane, input, actor): Promise<Alert[]> {
    const { service, environment } = await plane.open(input);
    const { alerts } = await plane.store();
    const one = await alerts.get(input.alert);
    const meant =
      one !== undefined
        ? [one]
        : (await alerts.open(service, environment)).filter(({ rule }) => rule === input.alert);
    if (meant.length === 0) throw noSuchAlert(input);
    const firing = meant.filter(({ state }) => state === "firing");
    const [first] = meant;
    if (firing.length === 0 && first !== undefined) throw alertOver({ alert: first.id, state: first.state });
    const done: Alert[] = [];
    for (const alert of firing) {
      done.push(await acknowledgeOne(alerts, alert, plane.clock.now(), actor));
      if (alert.outcomes.page_oncall?.done === true && alert.acknowledgedBy === undefined)
        await acknowledgePage(plane, alert.id, { by: actor, via: actor.via === "cli" ? "cli" : "api" });
    }
    return done;
  },
});

/** Again when the evaluation has changed the alert meanwhile; done already is done. */
async function acknowledgeOne(
  alerts: AlertStore,
  alert: Alert,
  at: number,
  actor: Parameters<typeof acknowledgement>[3],
): Promise<Alert> {
  let standing = alert;
  for (let tries = 0; ; tries++) {
    if (standing.acknowledgedBy !== undefined) return standing;
    if (standing.state !== "firing") throw alertOver({ alert: standing.id, state: standing.state });
    try {
      const change = acknowledgement(standing, actor?.name ?? "somebody", at, actor);
      await alerts.commit(change);
      return change.alerts[0] ?? standing;
    } catch (error) {
      if (!isAlertMoved(error) || tries === 5) throw error;
      const again = await alerts.get(alert.id);
      if (again === undefined) throw noSuchAlert({ alert: alert.id });
      standing = again;
    }
  }
}

/** A rule as it is evaluated. */
export type CheckedRule = {
  rule: string;
  condition: string;
  timing: string;
  severity: Alert["severity"];
  actions: readonly string[];
  /** The monitors it is evaluated on; "" for what releases tell. */
  on: string[];
  /** Why it can't be evaluated. */
  gaps: string[];
};

/** Every rule, what it is evaluated on, and which could never fire. */
export const checkAlerts = defineVerb({
  name: "check alerts",
  method: "GET",
  role: "viewer",
  path: "/alerts/check",
  summary: "Say of every alert rule what it is evaluated on, and which could never fire",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<CheckedRule[]> {
    const { settings } = await plane.open(input);
    const { rules, gaps } = setupOf(settings);
    return rules.map(({ rule, instances }) => ({
      rule: rule.name,
      condition: writeExpression(rule.condition.expression),
      timing: writeTiming(rule),
      severity: rule.severity,
      actions: rule.actions,
      on: instances.map(({ series }) => series),
      gaps: [...new Set(gaps.filter((one) => one.rule === rule.name).map(({ gap }) => gap.message))],
    }));
  },
});
