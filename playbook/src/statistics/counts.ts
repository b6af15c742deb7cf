import { binCount } from "./mathematics/bins.js";
import type { ArmCounts, Bucket, Counted } from "./model.js";

/** Bad events among trials. */
export type Count = { hits: number; trials: number };

/** Failures of requests or of tool calls; no trials where they were not counted. */
export const failures = (arm: ArmCounts, of: Counted): Count =>
  of === "requests"
    ? { hits: arm.errors, trials: arm.requests }
    : { hits: arm.tools?.errors ?? 0, trials: arm.tools?.calls ?? 0 };

/** Requests over a limit; no trials where the bucket does not count that limit. */
export function slowOnes(arm: ArmCounts, over: number): Count {
  const hits = arm.slow?.[String(over)];
  return hits === undefined ? { hits: 0, trials: 0 } : { hits, trials: arm.requests };
}

/** Adds an arm's latencies to a dense histogram. @param down Bins that each latency is moved down by; none falls below the first. */
export function addLatency(histogram: number[], arm: ArmCounts, down = 0): void {
  for (const [bin, count] of arm.latency ?? []) {
    const at = Math.max(0, Math.min(binCount - 1, bin) - down);
    histogram[at] = (histogram[at] as number) + count;
  }
}

/** An arm's latencies as a dense histogram. */
export function latencies(arm: ArmCounts, down = 0): number[] {
  const histogram = new Array<number>(binCount).fill(0);
  addLatency(histogram, arm, down);
  return histogram;
}

function addArms(a: ArmCounts, b: ArmCounts): ArmCounts {
  const sum: ArmCounts = { requests: a.requests + b.requests, errors: a.errors + b.errors };
  const slow = addSlow(a, b);
  if (slow !== undefined) sum.slow = slow;
  if (a.tools !== undefined || b.tools !== undefined)
    sum.tools = {
      calls: (a.tools?.calls ?? 0) + (b.tools?.calls ?? 0),
      errors: (a.tools?.errors ?? 0) + (b.tools?.errors ?? 0),
    };
  if (a.latency !== undefined || b.latency !== undefined) {
    const bins = new Map<number, number>();
    for (const [bin, count] of [...(a.latency ?? []), ...(b.latency ?? [])])
      bins.set(bin, (bins.get(bin) ?? 0) + count);
    sum.latency = [...bins].sort(([p], [q]) => p - q);
  }
  return sum;
}

/** A limit is counted in the sum only where both counted it, or the one that did not had no requests. */
function addSlow(a: ArmCounts, b: ArmCounts): Record<string, number> | undefined {
  if (a.slow === undefined && b.slow === undefined) return undefined;
  const limits = new Set([...Object.keys(a.slow ?? {}), ...Object.keys(b.slow ?? {})]);
  const counted = (arm: ArmCounts, limit: string) =>
    arm.slow?.[limit] ?? (arm.requests === 0 ? 0 : Number.NaN);
  return Object.fromEntries(
    [...limits]
      .map((limit) => [limit, counted(a, limit) + counted(b, limit)] as const)
      .filter(([, count]) => !Number.isNaN(count)),
  );
}

/** Two buckets, one after the other, as one. */
export const addBuckets = (a: Bucket, b: Bucket): Bucket => ({
  start: a.start,
  seconds: (b.start - a.start) / 1_000 + b.seconds,
  split: b.split,
  canary: addArms(a.canary, b.canary),
  stable: addArms(a.stable, b.stable),
});
