import type { HandLook, listMonitors, MonitorDetails, MonitorStatus, OutputOf } from "@atoms/control-plane";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { ago, howLong, when } from "./words.js";

/** How a monitor stands, in its colour. */
export function standingText(standing: MonitorStatus["standing"], paint: Paint): string {
  return { up: paint.green, down: paint.red, pending: paint.yellow }[standing](standing);
}

/** Every monitor in a table, then why those that are down are. */
export function monitorsText(
  { monitors, controlPlane }: OutputOf<typeof listMonitors>,
  now: number,
  paint: Paint,
): string {
  if (monitors.length === 0) return "The playbook has no monitors (`monitors: []`).";
  const table = tableText(monitors, [
    { head: "MONITOR", of: ({ name }) => name },
    { head: "KIND", of: ({ kind }) => kind },
    { head: "STANDS", of: ({ standing }) => standingText(standing, paint) },
    { head: "FOR", of: ({ since }) => (since === undefined ? "" : howLong(now - since)), right: true },
    { head: "LAST LOOK", of: ({ last }) => (last === undefined ? "never" : ago(last.at, now)), right: true },
    { head: "EVERY", of: ({ interval }) => howLong(interval), right: true },
    { head: "UP 24 H", of: ({ upShare }) => (upShare === undefined ? "" : percent(upShare)), right: true },
    { head: "SAW", of: ({ last }) => (last === undefined ? "" : valuesText(last.values)) },
  ]);
  const troubles = monitors
    .filter(({ last }) => last?.outcome === "down")
    .map(({ name, last }) => `${paint.red("✗")} ${name}: ${last?.because ?? "it is down"}`);
  const blind = blindText(monitors, controlPlane, paint);
  return [
    table,
    ...(troubles.length > 0 ? ["", ...troubles] : []),
    ...(blind === "" ? [] : ["", blind]),
  ].join("\n");
}

/** Says that nobody looks, where nobody does. */
export function blindText(
  monitors: readonly MonitorStatus[],
  controlPlane: "command" | "background",
  paint: Paint,
): string {
  if (monitors.length === 0 || monitors.some(({ stale }) => !stale)) return "";
  return controlPlane === "command"
    ? paint.yellow("Nobody looks: `atoms up` starts the control plane, which does.")
    : paint.dim("No look yet: the first come within seconds, once there is a release to look at.");
}

/** A monitor with, where it may be told, the address for its signs of life. */
type ShownMonitor = MonitorDetails & { heartbeat?: { address?: string } };

/** One monitor: how it stands, its numbers, its newest looks. */
export function monitorText(monitor: ShownMonitor, now: number, paint: Paint): string {
  const { name, kind, title, standing, since, interval, up, metrics, looks } = monitor;
  const head = `${paint.bold(name)}: ${standingText(standing, paint)}${since === undefined ? "" : ` since ${when(since)}, for ${howLong(now - since)}`}`;
  const lines = [head, paint.dim(`${title}; ${kind}, every ${howLong(interval)}`)];
  if (monitor.heartbeat !== undefined) lines.push("", ...heartbeatLines(monitor.heartbeat, name, now));
  if (up.length > 0)
    lines.push(
      "",
      `Up: ${up.map(({ days, share }) => `${percent(share)} over ${daysText(days)}`).join(", ")}`,
    );
  if (metrics.length > 0)
    lines.push(
      "",
      "The last 24 hours",
      tableText(metrics, [
        { head: "METRIC", of: ({ metric }) => metric },
        { head: "MEAN", of: ({ metric, mean }) => valueText(metric, mean), right: true },
        { head: "SMALLEST", of: ({ metric, low }) => valueText(metric, low), right: true },
        { head: "LARGEST", of: ({ metric, high }) => valueText(metric, high), right: true },
        { head: "SAMPLES", of: ({ samples }) => String(samples), right: true },
      ]),
    );
  lines.push("", looks.length === 0 ? "No look is kept yet." : "Newest looks");
  for (const { at, outcome, values, because } of looks)
    lines.push(`${paint.dim(when(at))} ${markOf(outcome, paint)} ${because ?? valuesText(values)}`);
  return lines.join("\n");
}

function heartbeatLines(
  { address, last }: NonNullable<ShownMonitor["heartbeat"]>,
  name: string,
  now: number,
): string[] {
  const sign =
    last === undefined
      ? "No sign of life yet."
      : `Last sign of life: ${ago(last.at, now)}${last.ok ? "" : ", a failure"}${last.message === undefined ? "" : `: ${last.message}`}`;
  return address === undefined
    ? [sign, `\`atoms monitor ping ${name}\` gives one; \`atoms up\` also takes them over HTTP.`]
    : [
        sign,
        `Give one by \`atoms monitor ping ${name}\`, or by HTTP (keep the address to yourself; /fail behind it reports a failure):`,
        `  curl -fsS ${address}`,
      ];
}

/** Looks by hand, one line each. */
export function looksText(looks: readonly HandLook[], paint: Paint): string {
  if (looks.length === 0) return "The playbook has no monitors (`monitors: []`).";
  return looks
    .map((look) => {
      const name = look.monitor.padEnd(Math.max(...looks.map(({ monitor }) => monitor.length)));
      if (look.outcome === "nothing")
        return `${paint.yellow("–")} ${name}  nothing to look at yet; \`atoms deploy\` makes the first release`;
      const because = look.because === undefined ? "" : `${look.because} `;
      return `${markOf(look.outcome, paint)} ${name}  ${because}${paint.dim(valuesText(look.values))} ${paint.dim(`in ${howLong(look.took)}`)}`;
    })
    .join("\n");
}

const markOf = (outcome: "up" | "down", paint: Paint) =>
  outcome === "up" ? paint.green("✓") : paint.red("✗");

/** At most so many numbers in a line. */
const most = 4;

function valuesText(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .slice(0, most)
    .map(([metric, value]) => `${metric} ${valueText(metric, value)}`)
    .join(", ");
}

const shares = ["error_rate", "success_rate", "memory", "cpu"];

/** A value as its metric is counted: shares as percentages, sizes in MiB, times as people say them. */
function valueText(metric: string, value: number): string {
  if (shares.includes(metric)) return percent(value);
  if (metric.endsWith("_bytes")) return `${(value / 1024 ** 2).toFixed(1)} MiB`;
  if (/(_time|_ms|_latency|_in|_age)$/.test(metric))
    return value < 0 ? `-${timeText(-value)}` : timeText(value);
  return String(Number(value.toFixed(3)));
}

const day = 86_400_000;

function timeText(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} d`;
  return ms < 100 ? `${Number(ms.toFixed(1))} ms` : howLong(ms);
}

/** Never rounded up to a whole: 99.996 % is not always. */
function percent(share: number): string {
  const floor = Math.floor(share * 100_000) / 1_000;
  return `${floor.toFixed(floor === 100 || floor === 0 ? 0 : 2)}%`;
}

const daysText = (days: number) => (days === 1 ? "24 hours" : `${days} days`);
