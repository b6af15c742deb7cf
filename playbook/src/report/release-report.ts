import type { LedgerEntry, Release } from "../terms/index.js";
import { canaryReport } from "./canary-report.js";
import { decisionsOf, gateKinds } from "./decisions.js";
import { numberIn, textIn } from "./fields.js";
import type { Point, ReleaseReport, ReportFinding, ReportPhase } from "./model.js";

/** Decisions that a report lists at most; the ledger has them all. */
const mostDecisions = 500;
const mostFindings = 200;

/**
 * Puts together what the ledger tells of a release. Pure: the same entries give the same report.
 * @param entries All entries of the release, in order.
 * @param madeAt Milliseconds since the epoch; up to then a running phase is counted.
 */
export function reportOf(release: Release, entries: readonly LedgerEntry[], madeAt: number): ReleaseReport {
  const until = release.endedAt ?? madeAt;
  const all = decisionsOf(entries);
  const decisions = all.length > mostDecisions ? thinned(all) : all;
  const canary = canaryReport(entries);
  const rollback = rollbackOf(release, entries);
  return {
    madeAt,
    release,
    took: Math.max(0, until - release.startedAt),
    phases: phasesOf(entries, until, release.state === "running"),
    findings: findingsOf(entries),
    split: splitOf(release, entries, until),
    ...(canary === undefined ? {} : { canary }),
    gates: all.filter(({ kind }) => gateKinds.test(kind)).slice(-mostDecisions),
    decisions,
    notShown: all.length - decisions.length,
    ...(rollback === undefined ? {} : { rollback }),
    links: linksOf(release),
  };
}

/** Of too many, the decisive ones come first, then the newest. */
function thinned(all: ReleaseReport["decisions"]): ReleaseReport["decisions"] {
  const decisive = all.filter((one) => one.decisive).slice(-mostDecisions);
  const rest = all.filter((one) => !one.decisive);
  const room = mostDecisions - decisive.length;
  return [...decisive, ...(room > 0 ? rest.slice(-room) : [])].sort((a, b) => a.seq - b.seq);
}

function phasesOf(entries: readonly LedgerEntry[], until: number, running: boolean): ReportPhase[] {
  const phases: ReportPhase[] = [];
  const leave = (at: number) => {
    const last = phases.at(-1);
    if (last?.state === "running") Object.assign(last, { state: "left", ms: at - last.startedAt });
  };
  for (const { kind, at, data } of entries) {
    const last = phases.at(-1);
    if (kind === "phase.started") {
      leave(at);
      const checks = { passed: 0, warned: 0, failed: 0 };
      phases.push({ phase: textIn(data, "phase"), startedAt: at, ms: 0, state: "running", checks });
    } else if (last === undefined) continue;
    else if (kind === "phase.finished")
      Object.assign(last, { state: "done", ms: numberIn(data, "ms") ?? at - last.startedAt });
    else if (kind === "check.finished") {
      const outcome = textIn(data, "outcome");
      last.checks[outcome === "pass" ? "passed" : outcome === "warn" ? "warned" : "failed"]++;
    }
  }
  const last = phases.at(-1);
  if (last?.state === "running") {
    last.ms = Math.max(0, until - last.startedAt);
    if (!running) last.state = "left";
  }
  return phases;
}

function findingsOf(entries: readonly LedgerEntry[]): ReportFinding[] {
  return entries
    .filter(({ kind, data }) => kind === "check.finished" && data["outcome"] !== "pass")
    .slice(0, mostFindings)
    .map(({ data }) => ({
      phase: textIn(data, "phase"),
      title: textIn(data, "title"),
      outcome: textIn(data, "outcome"),
      saw: textIn(data, "saw"),
      ...(textIn(data, "fix") === "" ? {} : { fix: textIn(data, "fix") }),
    }));
}

/** Where traffic was, from the entries that moved it. */
function splitOf(release: Release, entries: readonly LedgerEntry[], until: number): Point[] {
  if (release.strategy === "rollback") return [];
  const points: Point[] = [{ at: release.startedAt, value: 0 }];
  for (const { kind, at, data } of entries) {
    if (kind === "traffic.step")
      points.push({ at, value: Math.min(1, Math.max(0, numberIn(data, "split") ?? 0)) });
    if (kind === "traffic.shifted") points.push({ at, value: 1 });
    if (kind === "rollback.verified") points.push({ at, value: 0 });
  }
  return [...points, { at: Math.max(until, points.at(-1)?.at ?? until), value: points.at(-1)?.value ?? 0 }];
}

/** Who took traffic back or ended it, and why. */
function rollbackOf(release: Release, entries: readonly LedgerEntry[]): ReleaseReport["rollback"] {
  const decided = entries.findLast(({ kind }) => kind === "rollback.decided");
  const asked = entries.findLast(({ kind }) => kind === "abort.asked");
  const over = ["rolled back", "aborted", "unsafe"].includes(release.state);
  if (decided === undefined && asked === undefined && !over) return undefined;
  const verified = entries.findLast(({ kind }) => kind === "rollback.verified");
  const because =
    (asked && textIn(asked.data, "because")) ||
    (decided && textIn(decided.data, "because")) ||
    release.because ||
    "";
  const to = decided === undefined ? "" : textIn(decided.data, "to");
  const ms = verified === undefined ? undefined : numberIn(verified.data, "ms");
  return {
    by:
      (asked ?? decided)?.actor.name ?? (release.strategy === "rollback" ? release.startedBy.name : "atoms"),
    because,
    ...(to === "" ? {} : { to }),
    ...(ms === undefined ? {} : { ms }),
    ...(release.problem === undefined ? {} : { problem: release.problem }),
  };
}

/** Addresses that a browser may follow; anything but http and https is none. */
function linksOf({ candidate, previous }: Release): ReleaseReport["links"] {
  const of = (what: string, one: Release["candidate"]) =>
    one !== undefined && isWebAddress(one.address) ? [{ what: `${what} ${one.id}`, url: one.address }] : [];
  return [...of("the new deployment", candidate), ...of("the deployment before", previous)];
}

/** Whether a text is an http or https address, and nothing that a browser would run. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s/?#]+/i.test(text) && URL.canParse(text);
}
