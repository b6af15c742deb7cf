import { formatDuration } from "../terms/index.js";
import { writeMatcher } from "./matchers.js";
import type { Alert, AlertAction, AlertSeverity, Silence } from "./model.js";
import { severities } from "./model.js";

/** The channels that an action tells, as notices name them; none for actions that tell nobody by themselves. */
export type ChannelsOf = (action: AlertAction, severity: AlertSeverity) => readonly string[];

/** What the playbook says of channels, as far as alerts care. */
type ChannelSettings = {
  slack?: { channels?: { [severity in AlertSeverity]?: string | undefined } | undefined } | undefined;
  email?: { to: readonly string[] } | undefined;
};

/** Where the playbook's alerts are told, by action and severity. */
export function alertChannels(
  channels: ChannelSettings | undefined,
  purposes: { monitoring?: string | undefined },
): ChannelsOf {
  return (action, severity) => {
    switch (action) {
      case "slack_notification": {
        const own = channels?.slack?.channels;
        return [own?.[severity] ?? purposes.monitoring ?? own?.medium ?? "#alerts"];
      }
      case "email_team":
        return channels?.email?.to ?? ["email"];
      case "webhook":
        return ["webhook"];
      default:
        return [];
    }
  };
}

/** The loudest of some severities. */
export const loudest = (alerts: readonly Pick<Alert, "severity">[]): AlertSeverity =>
  severities.find((one) => alerts.some(({ severity }) => severity === one)) ?? "low";

/** An alert in one line, e.g. "service_down on api". */
export const nameOf = (alert: Alert): string =>
  alert.series === "" ? alert.rule : `${alert.rule} on ${alert.series}`;

const where = (alert: Alert) => `${alert.service} in ${alert.environment}`;

/** The message that tells of alerts; those that are over come last. */
export function newsText(
  firing: readonly Alert[],
  over: readonly Alert[],
  now: number,
  repeat: boolean,
): string {
  const [first] = firing.length > 0 ? firing : over;
  if (first === undefined) return "";
  const lines = [
    ...firing.map((one) => firingLine(one, now, repeat)),
    ...over.map(
      (one) =>
        `resolved: ${nameOf(one)}, after ${formatDuration(roundTime((one.endedAt ?? now) - (one.firedAt ?? now)))}`,
    ),
  ];
  const summaries = [...new Set(firing.map(({ summary }) => summary).filter((text) => text !== ""))];
  const next = firing.filter((one) => one.acknowledgedBy === undefined).map(({ id }) => id);
  return [
    ...(lines.length > 1
      ? [`${where(first)}: ${firing.length} firing${over.length > 0 ? `, ${over.length} resolved` : ""}`]
      : []),
    ...lines.slice(0, most).map((line) => (lines.length > 1 ? `- ${line}` : `${where(first)}: ${line}`)),
    ...(lines.length > most ? [`- and ${lines.length - most} more: \`atoms alerts\``] : []),
    ...summaries,
    ...(next.length > 0 ? [`Quiet it until it is over: atoms alerts ack ${next.slice(0, 3).join(" ")}`] : []),
  ].join("\n");
}

/** Alerts told one by one in a message. */
const most = 20;

function firingLine(alert: Alert, now: number, repeat: boolean): string {
  const since = formatDuration(roundTime(now - (alert.activeAt ?? now)));
  return `${alert.severity}: ${nameOf(alert)} ${repeat ? "still fires" : "fires"}; ${alert.saw === "" ? "it is so" : alert.saw}, since ${since}`;
}

const roundTime = (ms: number) => Math.max(1_000, Math.round(ms / 1_000) * 1_000);

/** A silence in words, e.g. "rule=high_latency (comment)". */
export const silenceName = (silence: Silence): string =>
  `${silence.matchers.map(writeMatcher).join(" ")}${silence.comment === "" ? "" : ` (${silence.comment})`}`;

/** What is said before a silence ends. */
export function reminderText(silence: Silence, firing: readonly Alert[], now: number): string {
  return [
    `The silence ${silenceName(silence)} ends in ${formatDuration(roundTime(silence.endsAt - now))}. Still firing under it:`,
    ...firing.slice(0, most).map((one) => `- ${one.severity}: ${nameOf(one)}; ${one.saw}`),
    ...(firing.length > most ? [`- and ${firing.length - most} more`] : []),
    `Keep it quiet for longer: atoms silence extend ${silence.id} --for 2h`,
  ].join("\n");
}
