import type { LedgerEvent } from "../terms/index.js";
import { holds, type Read, sawAt } from "./evaluate.js";
import type { Alert, AlertAction, Rule, Silence } from "./model.js";
import type { AlertChange, AlertNotice } from "./ports.js";
import {
  type Inhibition,
  indexSilences,
  inhibitor,
  quietOf,
  type SilenceIndex,
  sloInhibitions,
} from "./quiet.js";
import { actionsOf, actor, type ReadyRule, type Round } from "./round-input.js";
import type { Instance } from "./rules.js";
import { endSilences, muteForRelease } from "./silencing.js";
import { step } from "./step.js";
import { tell } from "./tell.js";

/** Actions that are messages; the others are done by whoever runs the evaluation. */
const messages: readonly AlertAction[] = ["slack_notification", "email_team", "webhook"];

/**
 * One evaluation of everything: every rule on every series, what keeps quiet, who is told, what is set off. Pure: from
 * the same round comes the same change, so that a round that was lost is simply done again.
 */
export function evaluateRound(round: Round): AlertChange {
  const { now } = round;
  const events: LedgerEvent[] = [];
  const notices: AlertNotice[] = [];
  const silences: Silence[] = muteForRelease(round, events);
  const inForceNow = silences.length === 0 ? round.silences : [...round.silences, ...silences];
  const index = indexOf(inForceNow);

  const before = new Map(round.alerts.map((alert) => [alert.id, alert]));
  const alerts = stepAll(round);
  const firing = alerts.filter(({ state }) => state === "firing");
  const inhibitedBy = inhibitor(firing, inhibitionsOf(round));
  for (const alert of firing) {
    const quiet = quietOf(alert, index, inhibitedBy, now);
    if (quiet === undefined) delete alert.quiet;
    else alert.quiet = quiet;
    if (quiet === undefined) setOff(alert, round.rules);
  }
  tell(round, alerts, notices);
  endSilences(round, index, inForceNow, firing, silences, events, notices);

  const changed = alerts.filter((alert) => {
    const old = before.get(alert.id);
    return old === undefined || JSON.stringify(old) !== JSON.stringify(alert);
  });
  for (const alert of changed) {
    const old = before.get(alert.id);
    alert.version = (old?.version ?? 0) + 1;
    if (old?.state !== alert.state) {
      // Without a duration pending and firing are one; the ledger then tells of the firing alone.
      events.push(transition(alert, now));
    }
  }
  return { alerts: changed, silences, notices, events };
}

const indexes = new WeakMap<readonly Silence[], SilenceIndex>();

function indexOf(silences: readonly Silence[]): SilenceIndex {
  const known = indexes.get(silences) ?? indexSilences(silences);
  indexes.set(silences, known);
  return known;
}

function inhibitionsOf({ settings, rules }: Round): readonly Inhibition[] {
  return rules.some(({ rule }) => rule.labels["slo"] !== undefined)
    ? [...settings.inhibit, ...sloInhibitions]
    : settings.inhibit;
}

/** Every alert after this evaluation, those that have ended included; each a copy that may be changed. */
function stepAll(round: Round): Alert[] {
  const { now } = round;
  const standing = new Map<string, Alert>();
  const found: Alert[] = [];
  for (const alert of round.alerts) {
    if (alert.state === "pending" || alert.state === "firing")
      standing.set(`${alert.rule}\n${alert.series}`, alert);
    else found.push({ ...alert });
  }
  for (const { rule, instances } of round.rules)
    for (const written of instances) {
      // Two releases that end alike are two episodes: whoever heard of the first is told of the second.
      const instance = written.ofRelease ? { ...written, series: round.statusOf ?? "" } : written;
      const key = `${rule.name}\n${instance.series}`;
      const alert = standing.get(key);
      standing.delete(key);
      const after = stepOne(round, rule, instance, alert);
      if (after !== undefined) found.push(after);
    }
  const releaseRules = new Set(
    round.rules.flatMap(({ rule, instances }) => (instances.some((one) => one.ofRelease) ? [rule.name] : [])),
  );
  // What is left belongs to rules or monitors that the playbook no longer has, or to a release before the last one.
  for (const alert of standing.values()) {
    const saw = releaseRules.has(alert.rule)
      ? "another release has ended since"
      : "the rule is no longer in the playbook";
    found.push(ended({ ...alert, saw }, now));
  }
  return found;
}

function stepOne(round: Round, rule: Rule, instance: Instance, alert: Alert | undefined): Alert | undefined {
  const { now } = round;
  const read: Read = (of) => round.samples(of.series, instance.monitorOf.get(of) ?? "");
  const so = holds(rule.condition.expression, read, now);
  // Most rules are quiet most of the time: nothing stands, and nothing begins.
  if (alert === undefined && so !== true && !(so === undefined && rule.missing === "alert")) return undefined;
  const standing =
    alert === undefined
      ? undefined
      : {
          state: alert.state as "pending" | "firing",
          activeAt: alert.activeAt,
          ...(alert.firedAt === undefined ? {} : { firedAt: alert.firedAt }),
          ...(alert.keepingSince === undefined ? {} : { keepingSince: alert.keepingSince }),
        };
  const facts = {
    holds: so,
    hasClear: rule.clear !== undefined,
    ...(rule.clear === undefined ? {} : { clear: holds(rule.clear.expression, read, now) }),
  };
  const next = step(standing, facts, { ...rule, keepFiringFor: rule.keepFiringFor }, now);
  if (next === undefined) return alert === undefined ? undefined : ended({ ...alert }, now);
  if (alert !== undefined && next === standing) return { ...alert };
  const { keepingSince: _before, ...kept } = alert ?? newAlert(round, rule, instance);
  return {
    ...kept,
    ...next,
    // What was measured is told as it was when the alert began and when it fired, not at every evaluation.
    saw: next.state === alert?.state ? (alert?.saw ?? "") : sawAt(rule.condition.expression, read, now),
  };
}

function newAlert(round: Round, rule: Rule, instance: Instance): Alert {
  const { service, environment, now } = round;
  const series = instance.series.toLowerCase().replace(/[^a-z0-9_.-]+/g, "-");
  return {
    id: ["alert", rule.name, ...(series === "" ? [] : [series]), now.toString(36)].join("_"),
    service,
    environment,
    rule: rule.name,
    series: instance.series,
    severity: rule.severity,
    labels: {
      ...instance.labels,
      ...rule.labels,
      rule: rule.name,
      severity: rule.severity,
      service,
      environment,
    },
    summary: rule.summary ?? "",
    state: "pending",
    saw: "",
    activeAt: now,
    told: 0,
    due: [],
    outcomes: {},
    version: 0,
  };
}

/** The end of an episode: one that fired is resolved, one that only waited has passed. A page is still to be ended. */
function ended(alert: Alert, now: number): Alert {
  const { quiet: _quiet, keepingSince: _kept, ...rest } = alert;
  const paged = alert.outcomes.page_oncall?.done === true;
  return {
    ...rest,
    state: alert.state === "firing" ? "resolved" : "passed",
    endedAt: now,
    due: paged ? ["page_oncall"] : [],
  };
}

/** Marks the actions that an alert sets off as due, each once in an episode. */
function setOff(alert: Alert, rules: readonly ReadyRule[]): void {
  const wanted = actionsOf(rules, alert.rule).filter(
    (action) =>
      !messages.includes(action) && alert.outcomes[action] === undefined && !alert.due.includes(action),
  );
  if (wanted.length > 0) alert.due = [...alert.due, ...wanted];
}

function transition(alert: Alert, now: number): LedgerEvent {
  return {
    key: `${alert.id}/${alert.state}`,
    kind: `alert.${alert.state}`,
    at: now,
    actor,
    service: alert.service,
    environment: alert.environment,
    data: {
      alert: alert.id,
      rule: alert.rule,
      series: alert.series,
      severity: alert.severity,
      saw: alert.saw,
      activeAt: alert.activeAt,
      ...(alert.quiet === undefined ? {} : { quiet: alert.quiet }),
    },
  };
}

/** Whether there is anything to write. */
export const isEmpty = (change: AlertChange): boolean =>
  change.alerts.length + change.silences.length + change.notices.length + change.events.length === 0;
