import { formatDuration } from "../terms/index.js";
import { checklistOf } from "./checklist.js";
import type { Incident, IncidentRules } from "./model.js";
import type { TimelineEntry } from "./timeline.js";

/** Something to be done, as most trackers take it. */
export type IssueDraft = { title: string; body: string; labels: string[]; assignee?: string };

/** What is to be done afterwards, each as an issue. */
export function issuesOf(incident: Incident): IssueDraft[] {
  const { id, severity, title, followUps } = incident;
  return followUps.map(({ text, owner, by, at }) => ({
    title: text,
    body: `From the post-mortem of ${id} (${severity}: ${title}), noted by ${by} at ${stamp(at)}.`,
    labels: ["incident", severity],
    ...(owner === undefined ? {} : { assignee: owner }),
  }));
}

const stamp = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
const long = (ms: number) => formatDuration(ms < 10_000 ? ms : Math.round(ms / 1_000) * 1_000);
/** What came from outside cannot end a cell, a line or a comment. */
const plain = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .trim();

/** A post-mortem as far as it can be written without people: what is left to them says so in angle brackets. */
export function postMortem(
  incident: Incident,
  timeline: readonly TimelineEntry[],
  rules: IncidentRules,
  now: number,
): string {
  const { id, service, environment, severity, title, details, openedAt, openedBy, state, source } = incident;
  const { acknowledgedAt, resolvedAt, resolution, verified, missed, releases, alerts, roles, followUps } =
    incident;
  const missedOnes = timeline.filter(({ kind }) => kind === "incident.target-missed").map(({ says }) => says);
  const began = beginningOf(timeline, openedAt);
  const facts: [string, string | undefined][] = [
    ["Severity", severity],
    ["Service", `${service} in ${environment}`],
    ["State", state],
    ["First sign", `${stamp(began.at)} (${began.says})`],
    [
      "Opened",
      `${stamp(openedAt)} by ${openedBy.name}${source.kind === "person" ? "" : `, for ${source.kind} ${source.id}`}`,
    ],
    ["Time to notice", long(Math.max(0, openedAt - began.at))],
    [
      "Time to respond",
      acknowledgedAt === undefined ? "nobody acknowledged it" : long(acknowledgedAt - openedAt),
    ],
    [
      "Time to resolve",
      resolvedAt === undefined ? `not resolved, ${long(now - openedAt)} so far` : long(resolvedAt - openedAt),
    ],
    ["Promises", promises(incident, rules, missedOnes, missed)],
    [
      "People",
      Object.entries(roles)
        .map(([role, { who }]) => `${who} (${role})`)
        .join(", ") || undefined,
    ],
    ["Releases", releases.join(", ") || undefined],
    ["Alerts", alerts.join(", ") || undefined],
  ];
  const left = checklistOf(incident, rules.checklist).filter(({ done }) => !done);
  const rows = timeline.map(
    ({ at, says, by, seq }) => `| ${stamp(at)} | ${plain(says)} | ${plain(by)} | [${seq}](#evidence) |`,
  );
  const lines = [
    `# Post-mortem: ${plain(title)}`,
    "",
    `Draft of ${stamp(now)} for ${id}. Written from the ledger; what only people know is in angle brackets. It asks what made the mistake possible, not who made it.`,
    "",
    "## Summary",
    "",
    details === undefined ? "<What happened, in three sentences.>" : plain(details),
    ...(resolution === undefined ? [] : ["", `It ended by: ${plain(resolution)}`]),
    "",
    "## Impact",
    "",
    "| | |",
    "|---|---|",
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`| ${name} | ${plain(value)} |`])),
    "",
    "<Who was affected, how many, and what they could not do. Was data lost?>",
    "",
    "## Timeline",
    "",
    "| when | what | by | ledger |",
    "|---|---|---|---|",
    ...rows,
    "",
    "## Evidence",
    "",
    `Every line of the timeline is an entry of the ledger, chained by its hash: \`atoms ledger --verify\`. The story begins behind entry ${incident.fromSeq}.`,
    "",
    ...releases.map((release) => `- \`atoms report ${release}\`: the release, with its numbers`),
    ...alerts.map((alert) => `- \`atoms alerts show ${alert}\`: the alert`),
    ...evidenceOf(timeline),
    ...(verified === undefined
      ? []
      : [
          "",
          verified.anyway === undefined
            ? "Looked at before it was resolved:"
            : `Resolved without proof: ${plain(verified.anyway)}`,
          "",
          ...verified.findings.map(
            ({ what, ok, saw }) => `- ${ok ? "well" : "NOT WELL"}: ${plain(what)}, ${plain(saw)}`,
          ),
        ]),
    "",
    "## Contributing factors",
    "",
    "- <What made it possible?>",
    "- <What made it worse, or longer?>",
    "- <What helped? Keep that.>",
    "",
    "## Actions",
    "",
    ...(followUps.length === 0
      ? [`- [ ] <What keeps it from happening again: \`atoms incident review ${id} --action "…" --owner …\`>`]
      : followUps.map(
          ({ text, owner }) => `- [ ] ${plain(text)}${owner === undefined ? "" : ` (${plain(owner)})`}`,
        )),
    ...(left.length === 0
      ? []
      : ["", "## Left open on the checklist", "", ...left.map(({ text }) => `- [ ] ${plain(text)}`)]),
    "",
  ];
  return lines.join("\n");
}

/** The first thing that went wrong, as far as the ledger knows: an alert that fires, or else the opening. */
function beginningOf(
  timeline: readonly TimelineEntry[],
  openedAt: number,
): Pick<TimelineEntry, "at" | "says"> {
  const first = timeline.find(
    ({ kind, at }) =>
      at <= openedAt && (kind === "alert.firing" || kind === "monitor.down" || kind === "rollback.decided"),
  );
  return first ?? { at: openedAt, says: "it was opened" };
}

function promises(
  { severity, resolvedAt, severityAt }: Incident,
  { targets }: IncidentRules,
  missedOnes: readonly string[],
  missed: Incident["missed"],
): string {
  const { response, resolution } = targets[severity];
  const wanted = `${severity}: response within ${formatDuration(response)}, ${resolution === undefined ? "resolution as soon as it can be" : `resolution within ${formatDuration(resolution)}`}`;
  if (missedOnes.length > 0) return `${wanted}; not kept: ${missedOnes.join("; ")}`;
  const late = resolution !== undefined && resolvedAt !== undefined && resolvedAt - severityAt > resolution;
  return `${wanted}; ${late || Object.keys(missed).length > 0 ? "not kept" : resolvedAt === undefined ? "kept so far" : "kept"}`;
}

/** What people said where something can be seen. */
const evidenceOf = (timeline: readonly TimelineEntry[]): string[] =>
  [
    ...new Set(
      timeline.flatMap(({ kind, says }) =>
        kind === "incident.noted" ? (says.match(/https?:\/\/[^\s)]+/g) ?? []) : [],
      ),
    ),
  ].map((url) => `- ${url}`);
