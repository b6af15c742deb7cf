import type { Status } from "@atoms/control-plane/ask";
import type { Release } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { evaluationText, quietText, severityText } from "./alerts.js";
import { incidentLine } from "./incident.js";
import { blindText, standingText } from "./monitors.js";
import { problemText } from "./problem.js";
import { nowLines, trafficText } from "./release.js";
import { stateText } from "./state.js";
import { ago, howLong } from "./words.js";

/** The truth for people: production first, then what is under way, then what happened. */
export function statusText(value: Status, now: number, paint: Paint): string {
  const lines = [
    paint.bold(`${value.service} in ${value.environment} on ${value.platform}`),
    ...productionLines(value, paint),
  ];
  if (value.running !== undefined) {
    const { release, now: standing, worked, stuck } = value.running;
    lines.push(
      "",
      `${stateText("running", paint)}: ${release.strategy} release ${release.version} ${paint.dim(release.id)}, in ${release.phase} since ${howLong(now - (release.activity?.since ?? release.startedAt))}`,
    );
    if (!["rollback", "restart", "recovery"].includes(release.strategy))
      lines.push(trafficText(release, paint));
    if (stuck !== undefined) lines.push("", problemText(stuck, paint));
    else if (worked) {
      if (release.activity !== undefined && (release.activity.waits ?? []).length === 0)
        lines.push(`  doing      ${release.activity.doing}`);
      lines.push(...nowLines({ ...standing, at: now }, release, paint));
    }
    if (!worked) {
      lines.push(
        paint.yellow(`  Nobody works on it: its process died or was left. ${leftText(value, release)}`),
        `  ${paint.bold("Next:")} \`atoms deploy --resume\` goes on with it, \`atoms abort\` ends it safely.`,
      );
    }
  }
  for (const { release, worked, members } of value.groups) {
    lines.push(
      "",
      `${stateText("running", paint)}: group ${release.service} ${paint.dim(release.id)}, ${release.activity?.doing ?? release.phase}`,
    );
    for (const { service, id, release: own } of members) {
      const stands =
        own === undefined
          ? [paint.dim("waits for its turn")]
          : [stateText(own.state, paint), paint.dim(id), own.activity?.doing ?? ""];
      lines.push(`  ${service.padEnd(16)} ${stands.join(" ")}`.trimEnd());
    }
    if (!worked)
      lines.push(
        paint.yellow("  Nobody works on it. `atoms deploy --group <file> --resume` goes on with it."),
      );
  }
  if (value.past.length > 0) lines.push("", "Last releases");
  for (const release of value.past) {
    const took =
      release.endedAt === undefined ? "" : ` after ${howLong(release.endedAt - release.startedAt)}`;
    lines.push(
      `  ${release.version} ${release.strategy.padEnd(8)} ${stateText(release.state, paint)}${took}, ${ago(release.startedAt, now)} ${paint.dim(release.id)}`,
    );
  }
  lines.push(...outsideLines(value, now, paint));
  lines.push(...monitorLines(value, now, paint));
  lines.push(...alertLines(value, now, paint));
  if (value.incidents.length > 0)
    lines.push("", ...value.incidents.map((one) => incidentLine(one, now, paint)));
  if (value.notices.waiting > 0)
    lines.push(
      "",
      `${value.notices.waiting} notices wait to be sent${value.controlPlane === "command" ? "; `atoms up` sends them when they are due" : ""}.`,
    );
  if (value.notices.dead > 0)
    lines.push(
      "",
      paint.yellow(
        `${value.notices.dead} notices could not be delivered; \`atoms notices list --state dead\` says which.`,
      ),
    );
  return lines.join("\n");
}

/** What becomes of traffic while nobody works on a release: where it was split and no longer is, it went back by itself. */
function leftText({ production }: Status, { split, strategy }: Release): string {
  const wasSplit = strategy === "canary" && split > 0 && split < 1;
  return wasSplit && !("unknown" in production) && production.shift === undefined
    ? "Traffic is no longer split: all of it goes to what production serves, until it is resumed."
    : "It stays as it is until it is resumed.";
}

/** What others did, and what a build that was to be released was kept by. */
function outsideLines({ outside }: Status, now: number, paint: Paint): string[] {
  if (outside.length === 0) return [];
  return [
    "",
    "Outside Atoms",
    ...outside.map(({ deployment, what, at, branch, commit, because }) => {
      const git = [branch, commit?.slice(0, 8)].filter((part) => part !== undefined).join(" ");
      const from = git === "" ? "" : ` of ${git}`;
      const bad = what === "failed" || what === "not released";
      return `  ${deployment}${from} ${bad ? paint.yellow(what) : what}, ${ago(at, now)}${because === undefined ? "" : `: ${because}`}`;
    }),
    ...(outside.some(({ what }) => what === "ready" || what === "not released")
      ? [paint.dim("  `atoms deploy --deployment <id>` releases one as it is.")]
      : []),
  ];
}

/** How many monitors are up, and each that is not. */
function monitorLines({ monitors, controlPlane }: Status, now: number, paint: Paint): string[] {
  if (monitors.length === 0) return [];
  const blind = blindText(monitors, controlPlane, paint);
  const up = monitors.filter(({ standing }) => standing === "up").length;
  const seen = monitors.some(({ last }) => last !== undefined);
  if (!seen) return ["", `Monitors: ${monitors.length}, and no look yet. ${blind}`.trimEnd()];
  return [
    "",
    `Monitors: ${up} of ${monitors.length} up${blind === "" ? "" : `. ${blind}`}`,
    ...monitors
      .filter(({ standing }) => standing === "down")
      .slice(0, 10)
      .map(
        ({ name, standing, since, last }) =>
          `  ${standingText(standing, paint)} ${name}, since ${ago(since ?? now, now)}${last?.because === undefined ? "" : `: ${last.because}`}`,
      ),
  ];
}

/** What fires, and whether anybody looks. */
function alertLines({ alerts }: Status, now: number, paint: Paint): string[] {
  if (alerts.firing.length === 0) {
    const evaluation = { ...alerts, watchdogAfter: 60_000 };
    const seen = alerts.evaluatedAt !== undefined && now - alerts.evaluatedAt <= evaluation.watchdogAfter;
    return alerts.rules === 0 || alerts.evaluatedAt === undefined
      ? []
      : [
          "",
          seen
            ? `No alert fires. ${evaluationText(evaluation, now, paint)}`
            : evaluationText(evaluation, now, paint),
        ];
  }
  return [
    "",
    paint.bold(`${alerts.firing.length} ${alerts.firing.length === 1 ? "alert fires" : "alerts fire"}`),
    ...alerts.firing.slice(0, 10).map((alert) => {
      const quiet = quietText(alert.quiet);
      return `  ${severityText(alert.severity, paint)} ${alert.rule}${alert.series === "" ? "" : ` on ${alert.series}`}: ${alert.saw}, ${ago(alert.activeAt, now)}${quiet === "" ? "" : `, ${quiet}`} ${paint.dim(alert.id)}`;
    }),
    ...(alerts.firing.length > 10 ? [paint.dim("  and more: `atoms alerts`")] : []),
  ];
}

const servesNothing = "  serves     nothing yet; `atoms deploy` makes the first release";

function productionLines(value: Status, paint: Paint): string[] {
  const { production } = value;
  if ("unknown" in production) {
    // Before the first release there is nothing that the local cloud, which is not running, could serve.
    const first = value.past.length === 0 && value.running === undefined;
    if (first && production.unknown.code === "ATM-903") return [servesNothing];
    return ["", problemText(production.unknown, paint)];
  }
  const { deployment } = production;
  const head =
    deployment === undefined
      ? servesNothing
      : `  serves     ${paint.bold(deployment.id)} ${deployment.version ?? ""} ${paint.dim(deployment.address)}`;
  const hosts = production.hosts.map(
    (h) => `  ${h.right ? paint.green("✓") : paint.red("✗")} host     ${h.host}  ${paint.dim(h.saw)}`,
  );
  const moving =
    production.moving === undefined
      ? []
      : [`  moving     to ${production.moving.to} (${production.moving.kind})`];
  const shift =
    production.shift === undefined
      ? []
      : [`  split      ${Math.round(production.shift.share * 100)} % get ${production.shift.to}`];
  return [head, ...(deployment === undefined ? [] : hosts), ...moving, ...shift];
}
