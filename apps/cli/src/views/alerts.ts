import type { AlertList, CheckedRule } from "@atoms/control-plane";
import type { Alert, Quiet, Silence } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { type Column, tableText } from "./table.js";
import { ago, howLong, when } from "./words.js";

/** A severity in its colour. */
export function severityText(severity: Alert["severity"], paint: Paint): string {
  const colour = { critical: paint.red, high: paint.red, medium: paint.yellow, low: paint.dim } as const;
  return colour[severity](severity);
}

/** Why an alert tells nobody, in words. */
export function quietText(quiet: Quiet | undefined): string {
  switch (quiet?.why) {
    case "silence":
      return `silenced by ${quiet.silence}`;
    case "inhibited":
      return `kept quiet by ${quiet.by}`;
    case "acknowledged":
      return `acknowledged by ${quiet.by}`;
    default:
      return "";
  }
}

/** Whether anybody looks: that nothing fires means nothing while nobody does. */
export function evaluationText(
  { evaluatedAt, rules, blind, watchdogAfter }: Omit<AlertList, "alerts">,
  now: number,
  paint: Paint,
): string {
  if (rules === 0) return paint.dim("The playbook has no alert rules.");
  if (evaluatedAt === undefined)
    return paint.yellow("The rules were never evaluated: `atoms up` starts the control plane that does.");
  if (now - evaluatedAt > watchdogAfter)
    return paint.yellow(
      `The rules were last evaluated ${ago(evaluatedAt, now)}: \`atoms up\` starts the control plane that does.`,
    );
  const evaluated = paint.dim(
    `${rules} ${rules === 1 ? "rule" : "rules"}, evaluated ${ago(evaluatedAt, now)}.`,
  );
  return blind === 0
    ? evaluated
    : `${evaluated} ${paint.yellow(`${blind} of them could never fire: \`atoms alerts check\` says why.`)}`;
}

/** Alerts as a table, and whether they are evaluated. */
export function alertsText(list: AlertList, now: number, paint: Paint): string {
  const columns: Column<Alert>[] = [
    { head: "SEVERITY", of: (a) => severityText(a.severity, paint) },
    { head: "STATE", of: (a) => a.state },
    { head: "RULE", of: (a) => paint.bold(a.rule) },
    { head: "ON", of: (a) => a.series },
    { head: "SINCE", of: (a) => ago(a.activeAt, now) },
    { head: "SAW", of: (a) => a.saw },
    { head: "QUIET", of: (a) => quietText(a.quiet) },
    { head: "ID", of: (a) => paint.dim(a.id) },
  ];
  const table = list.alerts.length === 0 ? "Nothing is pending or firing." : tableText(list.alerts, columns);
  return `${table}\n${evaluationText(list, now, paint)}`;
}

/** One alert with all that is known of it. */
export function alertText(alert: Alert, now: number, paint: Paint): string {
  const quiet = quietText(alert.quiet);
  const rows: [string, string][] = [
    ["state", `${alert.state}${quiet === "" ? "" : `, ${quiet}`}`],
    ["severity", severityText(alert.severity, paint)],
    ["saw", alert.saw],
    ["since", `${when(alert.activeAt)} (${ago(alert.activeAt, now)})`],
    ...(alert.firedAt === undefined ? [] : ([["fired", when(alert.firedAt)]] as [string, string][])),
    ...(alert.endedAt === undefined ? [] : ([["ended", when(alert.endedAt)]] as [string, string][])),
    ...(alert.toldAt === undefined
      ? []
      : ([["told", `${when(alert.toldAt)}, ${alert.toldState}; ${alert.told} times in all`]] as [
          string,
          string,
        ][])),
    ...(alert.acknowledgedAt === undefined
      ? []
      : ([["acknowledged", `${when(alert.acknowledgedAt)} by ${alert.acknowledgedBy}`]] as [
          string,
          string,
        ][])),
    [
      "labels",
      Object.entries(alert.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
    ],
    ...Object.entries(alert.outcomes).map(([action, outcome]): [string, string] => [
      action,
      `${outcome?.done === true ? paint.green("✓") : paint.yellow("–")} ${outcome?.because ?? ""}`,
    ]),
    ...alert.due.map((action): [string, string] => [action, "still to be done"]),
  ];
  const wide = Math.max(...rows.map(([name]) => name.length));
  return [
    `${paint.bold(alert.rule)}${alert.series === "" ? "" : ` on ${alert.series}`} ${paint.dim(alert.id)}`,
    ...(alert.summary === "" ? [] : [alert.summary]),
    ...rows.map(([name, value]) => `  ${name.padEnd(wide)}  ${value}`),
  ].join("\n");
}

/** A silence in two lines. */
export function silenceText(silence: Silence, now: number, paint: Paint): string {
  const matchers = silence.matchers
    .map(({ label, operator, value }) => `${label}${operator}${value}`)
    .join(" ");
  const ends =
    silence.endedAt !== undefined || silence.endsAt <= now
      ? `ended ${ago(Math.min(silence.endsAt, silence.endedAt ?? silence.endsAt), now)}`
      : `ends in ${howLong(silence.endsAt - now)}`;
  const by =
    silence.source.kind === "person"
      ? `by ${silence.source.id}`
      : `${silence.source.kind} ${silence.source.id}`;
  return `${paint.bold(matchers)}  ${ends}  ${paint.dim(silence.id)}\n  ${by}: ${silence.comment}`;
}

/** Every rule and what it is evaluated on; those that could never fire stand out. */
export function rulesText(rules: readonly CheckedRule[], paint: Paint): string {
  if (rules.length === 0) return "The playbook has no alert rules.";
  return rules
    .map((rule) => {
      const timing = rule.timing === "" ? "" : ` ${rule.timing}`;
      const on = rule.on.filter((one) => one !== "").join(", ");
      const good = rule.gaps.length === 0;
      return [
        `${good ? paint.green("✓") : paint.red("✗")} ${paint.bold(rule.rule)}  ${rule.condition}${timing}`,
        good
          ? `    ${rule.severity}${on === "" ? "" : `, on ${on}`}: ${rule.actions.join(", ")}`
          : rule.gaps.map((gap) => `    ${gap}`).join("\n"),
      ].join("\n");
    })
    .join("\n");
}
