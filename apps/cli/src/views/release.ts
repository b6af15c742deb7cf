import type { LedgerEntry, Phase, Release } from "@atoms/playbook";
import type { ReleaseNow } from "@atoms/playbook/report";
import type { Paint } from "../terminal/terminal.js";
import { canaryLines, waitsLines } from "./now.js";
import { recoveryWords } from "./recovery.js";
import { breachWords } from "./recovery-breach.js";
import { dataWords } from "./recovery-data.js";
import { outageWords } from "./recovery-outage.js";
import { howLong } from "./words.js";

/** The phases that a release went through: folded from the ledger's entries, so that a view can be joined at any time. */
export type ReleaseView = { phases: PhaseView[] };

export type PhaseView = {
  phase: Phase;
  /** `left`: it did not get to its end; another phase took over, or the release ended. */
  state: "running" | "done" | "left";
  startedAt: number;
  ms: number;
  /** What it came to, in a few words. */
  notes: string[];
  passed: number;
  warned: string[];
  failed: string[];
};

export const emptyView: ReleaseView = { phases: [] };

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);

/** Adds one entry of the ledger to the view. */
export function withEntry(view: ReleaseView, entry: LedgerEntry): ReleaseView {
  const { data, kind, at } = entry;
  const inPhase = (change: (phase: PhaseView) => PhaseView): ReleaseView => ({
    phases: view.phases.map((phase, i) => (i === view.phases.length - 1 ? change(phase) : phase)),
  });
  const note = (words: string) => inPhase((phase) => ({ ...phase, notes: [...phase.notes, words] }));
  switch (kind) {
    case "phase.started": {
      const phase: PhaseView = {
        phase: text(data["phase"]) as Phase,
        state: "running",
        startedAt: at,
        ms: 0,
        notes: data["because"] === undefined ? [] : [text(data["because"])],
        passed: 0,
        warned: [],
        failed: [],
      };
      const before = view.phases.map((one) =>
        one.state === "running" ? { ...one, state: "left" as const, ms: at - one.startedAt } : one,
      );
      return { phases: [...before, phase] };
    }
    case "phase.finished":
      return inPhase((phase) => ({ ...phase, state: "done", ms: count(data["ms"]) }));
    case "check.finished": {
      const saw = `${text(data["title"])}: ${text(data["saw"])}`;
      if (data["outcome"] === "pass") return inPhase((phase) => ({ ...phase, passed: phase.passed + 1 }));
      if (data["outcome"] === "warn")
        return inPhase((phase) => ({ ...phase, warned: [...phase.warned, saw] }));
      const fix = data["fix"] === undefined ? [] : [text(data["fix"])];
      return inPhase((phase) => ({ ...phase, failed: [...phase.failed, [saw, ...fix].join("\n")] }));
    }
    case "backup.written":
      return note(text(data["folder"]));
    case "checks.left-out":
      return inPhase((phase) => ({
        ...phase,
        warned: [
          ...phase.warned,
          `not checked: ${(data["checks"] as string[]).join(", ")}; ${text(data["because"])}`,
        ],
      }));
    case "deployment.created":
    case "deployment.taken":
      return note(`${text(data["deployment"])} at ${text(data["address"])}`);
    case "traffic.shifted":
      return note(
        `all traffic on ${text(data["to"])}, proven on ${hostsOf(data["hosts"])} in ${howLong(count(data["ms"]))}`,
      );
    case "group.member":
      return data["state"] === "running"
        ? view
        : note(
            `${text(data["service"])}: ${text(data["state"])}${data["state"] === "released" ? "" : ` (${text(data["release"])})`}`,
          );
    case "gate.overridden":
      return inPhase((phase) => ({
        ...phase,
        warned: [
          ...phase.warned,
          `Went past the gate ${text(data["gate"])}: ${text(data["reason"])} (${text(data["because"])})`,
        ],
      }));
    case "gate.opened":
      return note(`${text(data["gate"])}: ${text(data["because"])}`);
    case "analysis.verdict":
      return note(
        `step ${count(data["step"])} (${Math.round(count(data["split"]) * 100)} %): ${text(data["because"])}`,
      );
    case "green.warmed":
      return note(
        `green warmed by ${count(data["requests"])} requests, ${count(data["firstMs"])} ms to ${count(data["lastMs"])} ms`,
      );
    case "blue.kept-warm":
      return note(
        `${text(data["blue"])} is kept warm for ${howLong(count(data["forMs"]))}, then: ${text(data["policy"])}`,
      );
    case "blue.not-answering":
      return inPhase((phase) => ({
        ...phase,
        warned: [
          ...phase.warned,
          `The way back ${text(data["blue"])} does not answer well: ${text(data["saw"])}`,
        ],
      }));
    case "watch.failed-look":
      return inPhase((phase) => ({ ...phase, failed: [...phase.failed, text(data["saw"])] }));
    case "watch.passed":
      return note(`${count(data["looks"])} looks, ${count(data["failed"])} failed`);
    case "record.written":
      return note([text(data["file"]), text(data["tag"])].filter((t) => t !== "").join(", "));
    case "record.failed":
      return inPhase((phase) => ({
        ...phase,
        warned: [...phase.warned, `The record was not written: ${text(data["because"])}`],
      }));
    case "recovery.compared":
    case "recovery.taken_back":
    case "recovery.swapped":
      return note(dataWords(kind, data));
    case "recovery.chosen":
    case "recovery.restored":
    case "recovery.backup_refused":
    case "recovery.pointed":
    case "recovery.proven": {
      const { words, bad } = recoveryWords(kind, data);
      return bad ? inPhase((phase) => ({ ...phase, warned: [...phase.warned, words] })) : note(words);
    }
    case "breach.attack-mode":
    case "breach.evidence":
    case "breach.removed":
    case "breach.secret":
    case "breach.set": {
      const { words, bad } = breachWords(kind, data);
      return bad ? inPhase((phase) => ({ ...phase, warned: [...phase.warned, words] })) : note(words);
    }
    case "outage.evidence":
    case "outage.left":
    case "outage.moved":
    case "outage.outside": {
      const { words, bad } = outageWords(kind, data);
      return bad ? inPhase((phase) => ({ ...phase, warned: [...phase.warned, words] })) : note(words);
    }
    case "rollback.decided":
      return note(`back to ${text(data["to"])}`);
    case "rollback.verified":
      return inPhase((phase) => ({
        ...phase,
        state: "done",
        ms: at - phase.startedAt,
        notes: [
          ...phase.notes,
          `production serves ${text(data["to"])} again, proven on ${hostsOf(data["hosts"])} in ${howLong(count(data["ms"]))}`,
        ],
      }));
    default:
      return view;
  }
}

function hostsOf(hosts: unknown): string {
  const all = Array.isArray(hosts) ? (hosts as { host?: unknown }[]) : [];
  return all.length === 1 ? text(all[0]?.host) : `${all.length} hosts`;
}

/** One phase on one line, with what was found below it. */
export function phaseText(phase: PhaseView, release: Release, now: number, paint: Paint): string {
  const over = phase.state !== "running" || release.state !== "running";
  const bad = phase.failed.length > 0 || (phase.state !== "done" && over);
  const mark = !over
    ? paint.cyan("●")
    : bad && phase.phase !== "watch"
      ? paint.red("✗")
      : bad
        ? paint.yellow("!")
        : paint.green("✓");
  const ms = over && phase.ms > 0 ? phase.ms : (over ? (release.endedAt ?? now) : now) - phase.startedAt;
  const checks =
    phase.passed > 0 ? [`${phase.passed} ${phase.passed === 1 ? "check" : "checks"} passed`] : [];
  const doing = over || release.activity === undefined ? [] : [release.activity.doing];
  const head = `${mark} ${phase.phase.padEnd(9)} ${howLong(ms).padStart(8)}  ${[...checks, ...phase.notes, ...doing].join(" · ")}`;
  const indent = " ".repeat(21);
  return [
    head.trimEnd(),
    ...phase.failed.map((saw) => `${indent}${paint.red("✗")} ${saw.replaceAll("\n", `\n${indent}  `)}`),
    ...phase.warned.map((saw) => `${indent}${paint.yellow("!")} ${saw}`),
  ].join("\n");
}

/** Where traffic is, as a bar: the candidate's share filled. */
export function trafficText(release: Release, paint: Paint): string {
  const cells = 20;
  const filled = Math.round(release.split * cells);
  const bar = paint.green("█".repeat(filled)) + paint.dim("░".repeat(cells - filled));
  const candidate = release.candidate?.id ?? "the new deployment";
  const stable = release.previous?.id ?? "nothing";
  const share = Math.round(release.split * 100);
  return `  traffic   ${bar} ${share} % on ${candidate}, ${100 - share} % on ${stable}`;
}

/**
 * The whole live view, as text to draw. A pure function of what is known, so that a test can read the screen.
 * @param rows As many as there is room for: phases that are over are told on one line when all of it is too much.
 */
export function releaseText(
  { view, now, release }: { view: ReleaseView; now: ReleaseNow; release: Release },
  paint: Paint,
  rows = Number.POSITIVE_INFINITY,
): string {
  const head = `${paint.bold(`${release.service} ${release.version}`)} to ${release.environment} on ${release.platform} ${paint.dim(release.id)}`;
  const phases = view.phases.map((phase) => phaseText(phase, release, now.at, paint));
  const below = [
    ...(["rollback", "restart", "group", "recovery"].includes(release.strategy)
      ? []
      : [trafficText(release, paint)]),
    ...nowLines(now, release, paint),
  ];
  const lines = [head, ...phases, ...below].join("\n").split("\n");
  if (lines.length <= rows) return lines.join("\n");
  const over = view.phases.filter(({ state }) => state === "done");
  const ms = over.reduce((sum, phase) => sum + phase.ms, 0);
  const done = `${paint.green("✓")} ${over.map(({ phase }) => phase).join(", ")} in ${howLong(ms)}`;
  const open = phases.filter((_, i) => view.phases[i]?.state !== "done");
  return [head, ...(over.length > 0 ? [done] : []), ...open, ...below].join("\n");
}

/** How it stands at this moment: of a canary what was measured, and of any release what it waits for. */
export function nowLines(now: ReleaseNow, release: Release, paint: Paint): string[] {
  if (release.state !== "running") return [];
  const canary =
    now.phase === "shift" && now.canary !== undefined ? canaryLines(now.canary, now.at, paint) : [];
  return [...canary, ...waitsLines(now, paint)].map((line) => `  ${line}`);
}
