import type { EmergencyActed, EmergencyOrder } from "@atoms/control-plane/emergency";
import { type EmergencyAssessment, type EmergencyChoice, seenOf } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { severityText } from "./alerts.js";
import { incidentLine } from "./incident.js";
import { stateText } from "./state.js";
import { ago, howLong, when } from "./words.js";

/** What of long lists is shown; `--json` has all. */
const shown = { deployments: 3, errors: 5, changes: 12, alerts: 8 };

/** The assessment for somebody who was woken by it: what users get, what is known, the suspect, what can be done. */
export function emergencyText(seen: EmergencyAssessment, paint: Paint): string {
  const { service, environment, platform, at, ms } = seen;
  return [
    paint.bold(`EMERGENCY  ${service} in ${environment} on ${platform}`),
    paint.dim(`${when(at)}, looked in ${howLong(ms)}`),
    ...healthLines(seen, paint),
    ...doorLines(seen, paint),
    ...deploymentLines(seen, paint),
    ...errorLines(seen, paint),
    ...peopleLines(seen, paint),
    ...changeLines(seen, paint),
    ...unseenLines(seen, paint),
    "",
    ...culpritLines(seen, paint),
    "",
    ...seen.choices.map((choice) => choiceLine(choice, paint)),
  ].join("\n");
}

function healthLines({ hosts, production }: EmergencyAssessment, paint: Paint): string[] {
  const served = seenOf(production);
  const told = seenOf(hosts) ?? [];
  if (told.length === 0 && served === undefined) return [];
  return [
    "",
    ...told.map(
      ({ host, ok, saw, ms }) =>
        `  ${ok ? paint.green("✓ well") : paint.red("✗ BAD ")}  ${host}  ${saw} ${paint.dim(`in ${howLong(ms)}`)}`,
    ),
    ...(served === undefined
      ? []
      : [
          `  serves   ${served.deployment === undefined ? "nothing" : `${paint.bold(served.deployment.id)} ${served.deployment.version ?? ""}`}${served.moving === undefined ? "" : `; moving to ${served.moving.to} (${served.moving.kind})`}`,
        ]),
  ];
}

function deploymentLines(seen: EmergencyAssessment, paint: Paint): string[] {
  const { running, past = [] } = seenOf(seen.releases) ?? {};
  const made = (seenOf(seen.deployments) ?? []).slice(0, shown.deployments);
  return [
    ...(running === undefined
      ? []
      : [
          `  ${paint.bold("under way")} ${running.strategy} release ${running.version}, in ${running.phase}, ${Math.round(running.split * 100)} % of traffic ${paint.dim(running.id)}`,
        ]),
    ...(past[0] === undefined
      ? []
      : [
          `  last     ${past[0].strategy} release ${past[0].version} ${stateText(past[0].state, paint)} ${ago(past[0].endedAt ?? past[0].startedAt, seen.at)} ${paint.dim(past[0].id)}`,
        ]),
    ...(made.length === 0 ? [] : ["", "Last deployments"]),
    ...made.map(
      ({ id, version, state, createdAt, release }) =>
        `  ${id} ${version ?? ""} ${state === "ready" ? state : paint.red(state)}, made ${ago(createdAt, seen.at)}${release === undefined ? ", not by Atoms" : ""}`,
    ),
  ];
}

function errorLines({ errors }: EmergencyAssessment, paint: Paint): string[] {
  const found = seenOf(errors);
  if (found === undefined || found.lines.length === 0) return [];
  return [
    "",
    `Recent errors of ${found.deployment}`,
    ...found.lines
      .slice(-shown.errors)
      .map(({ at, text }) => `  ${paint.dim(clock(at))} ${oneLine(text).slice(0, 200)}`),
  ];
}

function peopleLines({ alerts, incidents, at, freeze }: EmergencyAssessment, paint: Paint): string[] {
  const firing = seenOf(alerts) ?? [];
  const open = seenOf(incidents) ?? [];
  const frozen = seenOf(freeze);
  return [
    ...(firing.length === 0 ? [] : ["", "Alerts that fire"]),
    ...firing
      .slice(0, shown.alerts)
      .map(
        ({ severity, rule, saw, activeAt }) =>
          `  ${severityText(severity, paint)} ${rule}: ${saw}, ${ago(activeAt, at)}`,
      ),
    ...(open.length === 0 ? [] : ["", ...open.map((one) => incidentLine(one, at, paint))]),
    ...(frozen === undefined || frozen === null
      ? []
      : [
          "",
          `${paint.yellow("Releases are frozen")} by ${frozen.by.name}, ${ago(frozen.since, at)}${frozen.until === undefined ? "" : `, until ${when(frozen.until)}`}: ${frozen.because}`,
        ]),
  ];
}

/** Users who are turned away on purpose are told of before everything else. */
function doorLines({ door }: EmergencyAssessment, paint: Paint): string[] {
  const said = seenOf(door);
  if (said?.is !== "closed") return [];
  const until = said.until === undefined ? "" : `, until ${said.until} at the latest`;
  return [
    `  ${paint.yellow("closed")}   for maintenance${until}${said.because === undefined ? "" : `: ${said.because}`}`,
  ];
}

function changeLines({ changes }: EmergencyAssessment, paint: Paint): string[] {
  if (changes.length === 0) return [];
  return [
    "",
    `Changed in the last hour${changes.length > shown.changes ? paint.dim(` (the last ${shown.changes} of ${changes.length})`) : ""}`,
    ...changes
      .slice(-shown.changes)
      .map(
        ({ at, says, by, outside }) =>
          `  ${paint.dim(clock(at))} ${oneLine(says)}${by === undefined ? "" : paint.dim(`, ${by}`)}${outside === true ? paint.yellow(" (past Atoms)") : ""}`,
      ),
  ];
}

/** What could not be looked at: one line for all that failed for the same reason. */
function unseenLines({ unseen, store, journal }: EmergencyAssessment, paint: Paint): string[] {
  const reasons = [...new Set(unseen.map(({ because }) => because))];
  const { damaged = 0, waiting = [] } = seenOf(journal) ?? {};
  const notes = [
    ...(store === "away"
      ? [
          "The store is away: what is done now goes to the platform itself, and to a journal that joins the ledger later.",
        ]
      : []),
    ...(waiting.length > 0 ? [`${waiting.length} acts in the journal have not joined the ledger yet.`] : []),
    ...(damaged > 0 ? [`${damaged} lines of the journal cannot be read; they keep nothing back.`] : []),
  ];
  return [
    ...(reasons.length === 0 ? [] : ["", "Could not be seen"]),
    ...reasons.map((reason) => {
      const parts = unseen.filter(({ because }) => because === reason).map(({ part }) => part);
      return `  ${paint.red("?")} ${parts.join(", ")}: ${oneLine(reason)}`;
    }),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => paint.yellow(note))]),
  ];
}

function culpritLines({ culprit, choices }: EmergencyAssessment, paint: Paint): string[] {
  const how =
    culprit.kind === "nothing wrong"
      ? "Seen from here:"
      : { likely: "Most likely:", possible: "Possibly:", "no idea": "Not known:" }[culprit.sure];
  const advised = choices.find((choice) => choice.advised);
  return [
    `${paint.bold(how)} ${culprit.says}`,
    ...culprit.because.map((line) => `  - ${oneLine(line)}`),
    ...(advised === undefined
      ? []
      : [`${paint.bold("First:")} ${advised.number}, ${advised.title.toLowerCase()}`]),
  ];
}

function choiceLine({ number, title, does, not, advised }: EmergencyChoice, paint: Paint): string {
  const key = `${number}  ${title.padEnd(19)}`;
  return does === undefined
    ? paint.dim(`${key} not possible: ${not}`)
    : `${advised ? paint.bold(key) : key} ${does}`;
}

/** What is asked before it is done. */
export function confirmationOf(seen: EmergencyAssessment, { act, to, forMs }: EmergencyOrder): string {
  const place = `${seen.service} in ${seen.environment} on ${seen.platform}`;
  const choice = seen.choices.find((one) => one.act === act);
  const does =
    act === "rollback" && to !== undefined
      ? `point production back at ${to}`
      : (choice?.does ?? choice?.not ?? act);
  return `${place}: ${does}${forMs === undefined ? "" : `, for ${howLong(forMs)}`}. Do it?`;
}

/** What was done. */
export function actedText({ says, by }: EmergencyActed, paint: Paint): string {
  const kept = by === "store" ? "in the ledger" : "in the journal; it joins the ledger later";
  return `${paint.green("✓")} ${says} ${paint.dim(`(${kept})`)}`;
}

const clock = (at: number) => new Date(at).toISOString().slice(11, 19);
const oneLine = (text: string) => text.replace(/[\s\p{Cc}]+/gu, " ").trim();
