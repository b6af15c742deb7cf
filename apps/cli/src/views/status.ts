import type { Status } from "@atoms/control-plane/ask";
import type { Paint } from "../terminal/terminal.js";
import { problemText } from "./problem.js";
import { trafficText } from "./release.js";
import { stateText } from "./state.js";
import { ago, howLong } from "./words.js";

/** The truth for people: production first, then what is under way, then what happened. */
export function statusText(value: Status, now: number, paint: Paint): string {
  const lines = [
    paint.bold(`${value.service} in ${value.environment} on ${value.platform}`),
    ...productionLines(value, paint),
  ];
  if (value.running !== undefined) {
    const { release, worked, stuck } = value.running;
    lines.push(
      "",
      `${stateText("running", paint)}: ${release.strategy} release ${release.version} ${paint.dim(release.id)}, in ${release.phase} since ${howLong(now - (release.activity?.since ?? release.startedAt))}`,
    );
    if (release.strategy !== "rollback") lines.push(trafficText(release, paint));
    if (stuck !== undefined) lines.push("", problemText(stuck, paint));
    else if (worked && release.activity !== undefined) lines.push(`  ${release.activity.doing}`);
    if (!worked) {
      lines.push(
        paint.yellow(
          "  Nobody works on it: its process died or was left. It stays as it is until it is resumed.",
        ),
        `  ${paint.bold("Next:")} \`atoms deploy --resume\` goes on with it, \`atoms abort\` ends it safely.`,
      );
    }
  }
  if (value.past.length > 0) lines.push("", "Last releases");
  for (const release of value.past) {
    const took =
      release.endedAt === undefined ? "" : ` after ${howLong(release.endedAt - release.startedAt)}`;
    lines.push(
      `  ${release.version} ${release.strategy.padEnd(8)} ${stateText(release.state, paint)}${took}, ${ago(release.startedAt, now)} ${paint.dim(release.id)}`,
    );
  }
  if (value.notices.waiting > 0)
    lines.push(
      "",
      `${value.notices.waiting} notices wait to be sent${value.controlPlane === "command" ? "; `atoms up` sends them when they are due" : ""}.`,
    );
  if (value.notices.dead > 0)
    lines.push("", paint.yellow(`${value.notices.dead} notices could not be delivered.`));
  return lines.join("\n");
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
  return [head, ...(deployment === undefined ? [] : hosts), ...moving];
}
