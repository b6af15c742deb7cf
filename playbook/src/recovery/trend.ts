import type { LedgerEntry } from "../terms/index.js";

/** How one figure has gone over the drills and recoveries of the past. */
export type RecoveryTrend = {
  figure: "RTO" | "RPO";
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

const figures = [
  { figure: "RTO", measured: "rtoMs", target: "rto" },
  { figure: "RPO", measured: "rpoMs", target: "rpo" },
] as const;
const compared = 10;
const steady = 0.1;

/**
 * The trend of RTO and RPO. Drills and recoveries are not mixed: a real failure is not noticed as a drill is.
 * @param entries `drill.finished` or `recovery.finished` of one service, oldest first.
 * @returns none for a figure that nothing has measured.
 */
export function recoveryTrends(entries: readonly LedgerEntry[]): RecoveryTrend[] {
  return figures.flatMap(({ figure, measured, target }) => {
    const runs = entries.flatMap(({ data }) => {
      const targets = data["targets"] as { rto?: number; rpo?: number } | null | undefined;
      const [ms, at] = [data[measured], targets?.[target]];
      return typeof ms === "number" && typeof at === "number" ? [{ ms, target: at }] : [];
    });
    const newest = runs.at(-1);
    if (newest === undefined) return [];
    const before = median(runs.slice(-1 - compared, -1).map(({ ms }) => ms));
    return [
      {
        figure,
        runs: runs.length,
        kept: runs.filter((run) => run.ms <= run.target).length,
        newest: newest.ms,
        target: newest.target,
        ...(before === undefined ? {} : { before }),
        turn: turnOf(newest.ms, before),
      },
    ];
  });
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
