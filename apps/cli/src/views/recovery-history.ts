import type { LedgerEntry, RecoveryTrend, ScenarioStanding } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong, when } from "./words.js";

/** The scenarios, and how well each is rehearsed. */
export function scenariosText(standings: readonly ScenarioStanding[], paint: Paint): string {
  const figure = (name: RecoveryTrend["figure"]) => ({
    head: name === "shut out" ? "SHUT OUT" : name,
    of: ({ trends }: ScenarioStanding) => newestOf(trends, name, paint),
  });
  const table = tableText(standings, [
    { head: "SCENARIO", of: ({ scenario }) => scenario },
    {
      head: "DRILLED",
      of: ({ last, cannot }) =>
        last !== undefined
          ? `${ending(last.state, paint)} ${when(last.at)}`
          : cannot === undefined
            ? paint.yellow("never")
            : "never",
    },
    { head: "PASSED", of: ({ passed, drills }) => `${passed} of ${drills}`, right: true },
    figure("RTO"),
    figure("RPO"),
    ...(standings.some(({ trends }) => trends.some((one) => one.figure === "shut out"))
      ? [figure("shut out")]
      : []),
    { head: "NEXT GAME DAY", of: ({ next }) => (next === undefined ? "" : when(next)) },
  ]);
  const about = standings.map(
    ({ scenario, about: what, cannot }) =>
      `${paint.bold(scenario)}: ${what}.${cannot === undefined ? "" : ` ${paint.yellow(`No drill: ${cannot}`)}`}`,
  );
  return [table, "", ...about].join("\n");
}

function newestOf(trends: readonly RecoveryTrend[], name: RecoveryTrend["figure"], paint: Paint): string {
  const trend = trends.find(({ figure }) => figure === name);
  if (trend === undefined) return "";
  const { newest, target, turn } = trend;
  const words = `${howLong(newest)} of ${howLong(target)}`;
  return `${newest <= target ? words : paint.red(words)}${turn === "first" || turn === "steady" ? "" : `, ${turn === "worse" ? paint.yellow(turn) : turn}`}`;
}

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
    return "No recovery and no drill yet. `atoms recover list` names the scenarios; `--plan` says how one would go, `--drill` rehearses it.";
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
  { scenario, figure, runs, kept, newest, target, before, turn }: RecoveryTrend,
  paint: Paint,
): string {
  const words = turn === "worse" || newest > target ? paint.yellow(turns[turn]) : turns[turn];
  const usual = before === undefined ? "" : `, median before ${howLong(before)}`;
  return `${scenario}, ${figure} of ${what}: ${howLong(newest)} of ${howLong(target)}, ${words}${usual}; target kept in ${kept} of ${runs}`;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const span = (value: unknown): string => (typeof value === "number" ? howLong(value) : "");
const number = (value: unknown): string => (typeof value === "number" ? String(value) : "");
