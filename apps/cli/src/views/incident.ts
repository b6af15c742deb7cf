import type { IncidentStanding } from "@atoms/control-plane";
import type { Incident, TimelineEntry } from "@atoms/playbook";
import { formatDuration } from "@atoms/playbook/duration";
import type { Paint } from "../terminal/terminal.js";
import { ago } from "./words.js";

const long = (ms: number) => formatDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000));

function severityText({ severity }: Incident, paint: Paint): string {
  return severity === "P1" ? paint.red(severity) : severity === "P2" ? paint.yellow(severity) : severity;
}

/** One incident as a line of a list. */
export function incidentLine(incident: Incident, now: number, paint: Paint): string {
  const { id, title, state, openedAt, roles, resolvedAt } = incident;
  const lead = roles["commander"]?.who;
  const took =
    resolvedAt === undefined ? `opened ${ago(openedAt, now)}` : `took ${long(resolvedAt - openedAt)}`;
  return `${severityText(incident, paint)} ${paint.bold(title)}, ${state}, ${took}${lead === undefined ? ", nobody leads it" : `, led by ${lead}`} ${paint.dim(id)}`;
}

/** How an incident stands, with its checklist. */
export function incidentText(
  { incident, checklist, due }: IncidentStanding,
  now: number,
  paint: Paint,
): string {
  const { roles, releases, alerts, channel, page, resolution, verified, missed, review, details, published } =
    incident;
  const line = (name: string, value: string | undefined) =>
    value === undefined || value === "" ? [] : [`  ${name.padEnd(11)} ${value}`];
  const promise = (name: "response" | "resolution") => {
    const at = due[name];
    if (missed[name] !== undefined) return paint.red("missed");
    if (at === undefined) return undefined;
    return at > now ? `due in ${long(at - now)}` : paint.red(`due ${ago(at, now)}`);
  };
  return [
    incidentLine(incident, now, paint),
    ...line("details", details),
    ...line("response", promise("response")),
    ...line("resolution", promise("resolution")),
    ...line(
      "people",
      Object.entries(roles)
        .map(([role, { who }]) => `${who} (${role})`)
        .join(", "),
    ),
    ...line("releases", releases.join(", ")),
    ...line("alerts", alerts.join(", ")),
    ...line("page", page),
    ...line(
      "channel",
      channel === undefined || channel.is === "there"
        ? channel?.name
        : `${channel.name}, ${channel.is === "failed" ? `could not be made: ${channel.because}` : "is being made"}`,
    ),
    ...line(
      "public",
      published === undefined
        ? undefined
        : `${published.updates.length} of its updates, on the status page as ${JSON.stringify(published.title ?? "Service disruption")}`,
    ),
    ...line("ended by", resolution),
    ...line("unverified", verified?.anyway),
    ...line(
      "post-mortem",
      review === undefined
        ? undefined
        : review.draftedAt === undefined
          ? `due by ${new Date(review.dueAt).toISOString().slice(0, 10)}: atoms incident review`
          : `drafted by ${review.draftedBy}`,
    ),
    "",
    ...checklist.map(({ number, text, done, by }) =>
      done
        ? `  ${paint.green("✓")} ${String(number).padStart(2)} ${text}${by === undefined ? "" : paint.dim(` (${by})`)}`
        : `  ${paint.dim("·")} ${String(number).padStart(2)} ${text}`,
    ),
  ].join("\n");
}

/** The story of an incident. */
export function timelineText(timeline: readonly TimelineEntry[], paint: Paint): string {
  return timeline
    .map(
      ({ at, says, by, seq }) =>
        `  ${new Date(at).toISOString().slice(0, 19).replace("T", " ")}  ${says} ${paint.dim(`${by}, ledger ${seq}`)}`,
    )
    .join("\n");
}
