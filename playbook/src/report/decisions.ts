import { type LedgerEntry, timeText } from "../terms/index.js";
import { numberIn, textIn, textsIn } from "./fields.js";
import type { ReportDecision } from "./model.js";
import { clockTime } from "./words.js";

/** Kinds of entries that say whether the next phase may begin. */
export const gateKinds =
  /^(gate|approval|contract|rollback-safety|freeze|window)\.|^(analysis\.verdict|step\.approved)$/;

/** Kinds that moved traffic, opened or closed a gate, or began or ended something. */
const decisive = new RegExp(
  `${gateKinds.source}|^(release|traffic|rollback|abort)\\.|^(watch\\.passed|deployment\\.(created|taken|proven)|checks\\.left-out)$`,
);

/** What has a place of its own in a report, and is too much for a log. */
const elsewhere = new Set(["analysis.observed", "check.finished"]);

/** The entries that tell of decisions, in words. */
export function decisionsOf(entries: readonly LedgerEntry[]): ReportDecision[] {
  return entries
    .filter(({ kind }) => !elsewhere.has(kind))
    .map((entry) => ({
      at: entry.at,
      seq: entry.seq,
      kind: entry.kind,
      by: entry.actor.name,
      says: inWords(entry),
      decisive: decisive.test(entry.kind),
    }));
}

const percent = (share: number | undefined) => `${Math.round((share ?? 0) * 100)} %`;

/** One entry of the ledger in a few words. */
export function inWords({ kind, data, at }: Pick<LedgerEntry, "kind" | "data" | "at">): string {
  const text = (name: string) => textIn(data, name);
  switch (kind) {
    case "release.started":
      return `${text("strategy")} release ${text("version")} to ${text("platform")}`;
    case "phase.started":
      return `${text("phase")} begins${text("because") === "" ? "" : `: ${text("because")}`}`;
    case "phase.finished":
      return `${text("phase")} is over after ${duration(numberIn(data, "ms") ?? 0)}`;
    case "checks.left-out":
      return `not checked: ${textsIn(data, "checks").join(", ")}; ${text("because")}`;
    case "deployment.taken":
      return `${text("deployment")} at ${text("address")} is released as it is`;
    case "deployment.created":
      return `${text("deployment")} at ${text("address")}`;
    case "traffic.shifting":
      return `traffic is about to move from ${text("from") || "nothing"} to ${text("to")}`;
    case "traffic.step":
      return `step ${numberIn(data, "step")} of ${numberIn(data, "of")}: ${percent(numberIn(data, "split"))} on ${text("to")}${lasts(numberIn(data, "bakeMs"))}`;
    case "traffic.shifted":
      return `all traffic on ${text("to")}`;
    case "gate.shut":
      return `${text("gate")} keeps it waiting: ${text("because")}${end(at, numberIn(data, "until"), text("otherwise"))}`;
    case "gate.opened":
      return `${text("gate")} is open: ${text("because")}`;
    case "gate.refused":
      return `${text("gate")} refused: ${text("because")}`;
    case "gate.overridden":
      return `${text("gate")} was gone past, ${text("reason")}: ${text("because")}`;
    case "analysis.silent":
      return `own requests take the source's place in step ${numberIn(data, "step")}: ${text("because")}`;
    case "analysis.low-exposure":
      return `step ${numberIn(data, "step")}: ${text("saw")}`;
    case "watch.failed-look":
      return `a look at production failed: ${text("saw")}`;
    case "group.member":
      return `${text("service")}: ${text("state")}${text("release") === "" ? "" : ` (${text("release")})`}${text("because") === "" ? "" : `, ${text("because")}`}`;
    case "analysis.verdict":
      return `step ${numberIn(data, "step")} (${percent(numberIn(data, "split"))}) ${text("move") === "next" ? "may end" : "goes back"}: ${text("because")}`;
    case "approval.asked":
      return `a person has to approve ${text("of")}: ${textsIn(data, "questions").join("; ")}`;
    case "approval.given":
      return `${text("of")} was approved by ${text("by")}`;
    case "abort.asked":
      return `an end was asked for: ${text("because")}`;
    case "rollback.decided":
      return `back to ${text("to")}: ${text("because")}`;
    case "rollback.verified":
      return `production serves ${text("to")} again, proven in ${duration(numberIn(data, "ms") ?? 0)}`;
    case "freeze.began":
      return `releases are frozen: ${text("because")}`;
    case "freeze.lifted":
      return `releases may go again: ${text("because")}`;
    case "scale.changed":
      return `production runs in ${numberIn(data, "to")} processes instead of ${numberIn(data, "from")}`;
    case "restart.verified":
      return `${text("to")} serves, the artefact of ${text("from")} run anew`;
    case "door.closing":
      return `the door is closed past the store: ${text("because")}`;
    case "door.opening":
      return `the door is opened: ${text("because")}`;
    case "emergency.acted":
      return `${text("act")} in an emergency: ${text("because")}`;
    case "release.ended":
      return `${text("state")}: ${text("because")}`;
    case "deployment.proven":
      return `${text("deployment")} was proven good`;
    case "monitor.down":
      return `the monitor ${text("monitor")} is down: ${text("because")}`;
    case "monitor.up":
      return `the monitor ${text("monitor")} is up again`;
    default:
      return members(data);
  }
}

const lasts = (ms: number | undefined) =>
  ms === undefined ? "" : `, for ${duration(ms)} or until there is proof of health`;

const end = (at: number, until: number | undefined, otherwise: string) =>
  until === undefined
    ? ""
    : `; until ${clockTime(until, at)}, then ${otherwise === "open" ? "it goes on" : "it is refused"}`;

/** Entries that this version has no words for: their plain members, shortly. */
function members(data: LedgerEntry["data"]): string {
  const shown = Object.entries(data).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === "") return [];
    if (typeof value === "number" && isMoment(value)) return [`${name} ${timeText(value)}`];
    if (typeof value !== "object") return [`${name} ${shortly(String(value), 300)}`];
    if (!Array.isArray(value)) return [];
    const plain = value.filter((one) => typeof one === "string" || typeof one === "number");
    return plain.length === 0 ? [] : [`${name} ${shortly(plain.join(", "), 300)}`];
  });
  return shown.join(" · ");
}

/** A number that can only be a time, in milliseconds since the epoch: from 2001 to 2096. */
const isMoment = (value: number) => Number.isInteger(value) && value >= 1e12 && value < 4e12;

const shortly = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** A duration for people: "320 ms", "4.2 s", "3 m 20 s", "2 h 5 m". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} m`;
}
