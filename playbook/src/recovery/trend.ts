import type { LedgerEntry } from "../terms/index.js";
import { figuresIn, type RecoveryFigure, recoveryFigures } from "./figures.js";
import { scenarios } from "./scenarios.js";

/** How one figure of a scenario has gone over the drills or recoveries of the past. */
export type RecoveryTrend = {
  scenario: string;
  figure: RecoveryFigure["figure"];
  /** How many measured it, and how many of them kept the target of their time. */
  runs: number;
  kept: number;
  /** Milliseconds: the newest, its target, and the median of up to ten before it; undefined for the first. */
  newest: number;
  target: number;
  before?: number;
  /** The newest against those before it; within a tenth it is steady. */
  turn: "first" | "better" | "steady" | "worse";
};

const compared = 10;
const steady = 0.1;

/**
 * The trends of all figures, scenario by scenario. Drills and recoveries are not mixed: a real failure is not noticed as a drill is.
 * @param entries `drill.finished` or `recovery.finished` of one service, oldest first.
 * @returns none for a figure that nothing has measured.
 */
export const recoveryTrends = (entries: readonly LedgerEntry[]): RecoveryTrend[] =>
  scenarios.flatMap((scenario) => {
    const runs = entries
      .filter(({ data }) => data["scenario"] === scenario)
      .map(({ data }) => figuresIn(data, (data["targets"] ?? {}) as Record<string, unknown>));
    return recoveryFigures.flatMap(({ figure }) =>
      trendOf(
        scenario,
        figure,
        runs.flatMap((measured) => measured.filter((one) => one.figure === figure)),
      ),
    );
  });

function trendOf(
  scenario: string,
  figure: RecoveryFigure["figure"],
  runs: readonly RecoveryFigure[],
): RecoveryTrend[] {
  const newest = runs.at(-1);
  if (newest === undefined) return [];
  const before = median(runs.slice(-1 - compared, -1).map(({ ms }) => ms));
  return [
    {
      scenario,
      figure,
      runs: runs.length,
      kept: runs.filter(({ ms, target }) => ms <= target).length,
      newest: newest.ms,
      target: newest.target,
      ...(before === undefined ? {} : { before }),
      turn: turnOf(newest.ms, before),
    },
  ];
}

function turnOf(newest: number, before: number | undefined): RecoveryTrend["turn"] {
  if (before === undefined) return "first";
  if (Math.abs(newest - before) <= before * steady) return "steady";
  return newest < before ? "better" : "worse";
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
