import type { LedgerEntry, RecoveryTrend } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong, when } from "./words.js";

/**
 * Recoveries and drills of the past, and how their figures go.
 * @param entries `recovery.finished` and `drill.finished`, newest first.
 */
export function recoveryHistoryText(
  entries: readonly LedgerEntry[],
  trends: { drills: readonly RecoveryTrend[]; recoveries: readonly RecoveryTrend[] },
  paint: Paint,
): string {
  if (entries.length === 0)
    return "No recovery and no drill yet. `atoms recover database_failure --plan` says how one would go, `--drill` rehearses it.";
  const table = tableText(entries, [
    { head: "WHEN", of: ({ at }) => when(at) },
    { head: "WHAT", of: ({ kind }) => (kind === "drill.finished" ? "drill" : "recovery") },
    { head: "SCENARIO", of: ({ data }) => text(data["scenario"]) },
    { head: "ENDED", of: ({ data }) => ending(text(data["state"]), paint) },
    { head: "RTO", of: ({ data }) => span(data["rtoMs"]), right: true },
    { head: "RPO", of: ({ data }) => span(data["rpoMs"]), right: true },
    { head: "LOST WRITES", of: ({ data }) => number(data["lost"]), right: true },
    {
      head: "TARGETS",
      of: ({ data }) =>
        data["met"] === undefined ? "" : data["met"] === true ? "kept" : paint.yellow("missed"),
    },
  ]);
  const told = [
    ...trends.drills.map((trend) => trendText("drills", trend, paint)),
    ...trends.recoveries.map((trend) => trendText("recoveries", trend, paint)),
  ];
  return [table, ...(told.length === 0 ? [] : ["", ...told])].join("\n");
}

function ending(state: string, paint: Paint): string {
  if (state === "released") return paint.green("recovered");
  if (state === "passed") return paint.green(state);
  return state === "stopped" || state === "missed" ? paint.yellow(state) : paint.red(state);
}

const turns: Record<RecoveryTrend["turn"], string> = {
  first: "the first",
  better: "better than before",
  steady: "as before",
  worse: "worse than before",
};

function trendText(
  what: string,
  { figure, runs, kept, newest, target, before, turn }: RecoveryTrend,
  paint: Paint,
): string {
  const words = turn === "worse" || newest > target ? paint.yellow(turns[turn]) : turns[turn];
  const usual = before === undefined ? "" : `, median before ${howLong(before)}`;
  return `${figure} of ${what}: ${howLong(newest)} of ${howLong(target)}, ${words}${usual}; target kept in ${kept} of ${runs}`;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const span = (value: unknown): string => (typeof value === "number" ? howLong(value) : "");
const number = (value: unknown): string => (typeof value === "number" ? String(value) : "");
