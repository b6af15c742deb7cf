import { type ArmCounts, type Bucket, binCount, binOf } from "../statistics/index.js";

/** One answered, failed or timed-out request. */
export type MeasuredOutcome = {
  deployment: string;
  /** Milliseconds, by the clock that the windows are given in. */
  at: number;
  failed: boolean;
  /** Left out where it was not timed. One that ran into its timeout took as long as the timeout. */
  ms?: number;
  /** Present for a call of a tool; it may fail inside an HTTP 200. */
  tool?: { failed: boolean };
};

/** Which deployments are compared, and in which time. */
export type BucketSpan = {
  canary: string;
  stable: string;
  /** Milliseconds; the first bucket begins here. */
  start: number;
  /** How many buckets of one second. */
  seconds: number;
  split: number;
};

/** Share of the requests that must have been timed before "so many were slow" says anything. */
const enoughTimed = 0.95;

/** What one deployment did in one second. */
type Tally = {
  requests: number;
  errors: number;
  timed: number;
  timedErrors: number;
  slow: number[];
  bins: Uint32Array | undefined;
  calls: number;
  failedCalls: number;
};

/** Turns single outcomes into buckets: counts per deployment and second, durations in bins, limits exactly. */
export interface BucketRecorder {
  /** A request in all its parts. */
  add(outcome: MeasuredOutcome): void;
  /** A request was answered or failed; how long it took is told by `time`, or by nobody. */
  count(deployment: string, at: number, failed: boolean): void;
  /** How long a request took. Slow ones are counted whether or not they failed; only successful ones get into bins. */
  time(deployment: string, at: number, ms: number, failed: boolean): void;
  /** A tool was called. */
  call(deployment: string, at: number, failed: boolean): void;
  /** A request counted as good turned out to have failed. */
  fail(deployment: string, at: number): void;
  /** Counts requests slower than these limits (ms) from now on, besides the ones it counts already. */
  watchSlow(limits: readonly number[]): void;
  /**
   * The buckets of a span. Slow requests are told only where at least 95 % of an arm's requests were timed, tools and
   * latencies only where there were any.
   * @param by `durations` takes every timed request for a request: for data in which nothing else counts them.
   */
  buckets(span: BucketSpan, by?: "counts" | "durations"): Bucket[];
  /** Requests counted and timed within a span, for one deployment. */
  totals(deployment: string, start: number, seconds: number): { requests: number; timed: number };
  /** Lets go of everything before a time, and of all that is known of the deployments named. */
  forget(before: number, deployments?: readonly string[]): void;
}

/**
 * Opens a recorder.
 * @param slow Limits in milliseconds for which slow requests are counted.
 * @param origin Milliseconds at which a second begins; 0 aligns them with the clock's own seconds.
 */
export function openBuckets(slow: readonly number[], origin = 0): BucketRecorder {
  const limits = [...slow];
  const known = new Map<string, Map<number, Tally>>();
  const secondOf = (at: number) => Math.floor((at - origin) / 1_000);

  const tallyAt = (deployment: string, at: number): Tally => {
    let seconds = known.get(deployment);
    if (seconds === undefined) {
      seconds = new Map();
      known.set(deployment, seconds);
    }
    const second = secondOf(at);
    let tally = seconds.get(second);
    if (tally === undefined) {
      tally = {
        requests: 0,
        errors: 0,
        timed: 0,
        timedErrors: 0,
        slow: limits.map(() => 0),
        bins: undefined,
        calls: 0,
        failedCalls: 0,
      };
      seconds.set(second, tally);
    }
    return tally;
  };

  const tallies = (deployment: string, start: number, seconds: number): (Tally | undefined)[] => {
    const first = secondOf(start);
    const own = known.get(deployment);
    return Array.from({ length: seconds }, (_, i) => own?.get(first + i));
  };

  const recorder: BucketRecorder = {
    add({ deployment, at, failed, ms, tool }) {
      recorder.count(deployment, at, failed);
      if (ms !== undefined) recorder.time(deployment, at, ms, failed);
      if (tool !== undefined) recorder.call(deployment, at, tool.failed);
    },
    count(deployment, at, failed) {
      const tally = tallyAt(deployment, at);
      tally.requests++;
      if (failed) tally.errors++;
    },
    time(deployment, at, ms, failed) {
      const tally = tallyAt(deployment, at);
      tally.timed++;
      for (let i = 0; i < tally.slow.length; i++)
        if (ms > (limits[i] as number)) tally.slow[i] = (tally.slow[i] as number) + 1;
      if (failed) {
        tally.timedErrors++;
        return;
      }
      tally.bins ??= new Uint32Array(binCount);
      const bin = binOf(ms);
      tally.bins[bin] = (tally.bins[bin] as number) + 1;
    },
    call(deployment, at, failed) {
      const tally = tallyAt(deployment, at);
      tally.calls++;
      if (failed) tally.failedCalls++;
    },
    fail(deployment, at) {
      const tally = tallyAt(deployment, at);
      if (tally.errors < tally.requests) tally.errors++;
    },
    watchSlow(more) {
      for (const limit of more) if (!limits.includes(limit)) limits.push(limit);
    },
    buckets(span, by = "counts") {
      const canary = tallies(span.canary, span.start, span.seconds);
      const stable = tallies(span.stable, span.start, span.seconds);
      const some = (test: (tally: Tally) => boolean) =>
        [...canary, ...stable].some((tally) => tally !== undefined && test(tally));
      const shown = { tools: some((t) => t.calls > 0), latency: some((t) => t.timed > 0) };
      const arm = (all: readonly (Tally | undefined)[]) => {
        const slowIsKnown = wellTimed(all, by);
        return (i: number) => armCounts(all[i], by, limits, { ...shown, slow: slowIsKnown });
      };
      const [canaryAt, stableAt] = [arm(canary), arm(stable)];
      return canary.map((_, i) => ({
        start: span.start + i * 1_000,
        seconds: 1,
        split: span.split,
        canary: canaryAt(i),
        stable: stableAt(i),
      }));
    },
    totals(deployment, start, seconds) {
      const sum = { requests: 0, timed: 0 };
      for (const tally of tallies(deployment, start, seconds)) {
        sum.requests += tally?.requests ?? 0;
        sum.timed += tally?.timed ?? 0;
      }
      return sum;
    },
    forget(before, deployments = []) {
      for (const deployment of deployments) known.delete(deployment);
      for (const [deployment, seconds] of known) {
        for (const second of seconds.keys()) if (second < secondOf(before)) seconds.delete(second);
        if (seconds.size === 0) known.delete(deployment);
      }
    },
  };
  return recorder;
}

/** Whether so many of an arm's requests were timed that the slow ones among all of them are known. */
function wellTimed(all: readonly (Tally | undefined)[], by: "counts" | "durations"): boolean {
  if (by === "durations") return true;
  const sum = (part: "requests" | "timed") => all.reduce((so, tally) => so + (tally?.[part] ?? 0), 0);
  return sum("timed") >= enoughTimed * sum("requests");
}

function armCounts(
  tally: Tally | undefined,
  by: "counts" | "durations",
  limits: readonly number[],
  shown: { tools: boolean; latency: boolean; slow: boolean },
): ArmCounts {
  const requests = (by === "counts" ? tally?.requests : tally?.timed) ?? 0;
  const counts: ArmCounts = {
    requests,
    errors: (by === "counts" ? tally?.errors : tally?.timedErrors) ?? 0,
  };
  if (shown.slow && limits.length > 0) {
    const slow = limits.map((limit, i) => [String(limit), tally === undefined ? 0 : tally.slow[i]] as const);
    // A limit that was added later was not counted in this second. Requests are counted and timed by different
    // records, and one of a pair may be in the next second: more slow ones than requests would be no share.
    counts.slow = Object.fromEntries(
      slow.flatMap(([limit, count]) => (count === undefined ? [] : [[limit, Math.min(count, requests)]])),
    );
  }
  if (shown.latency) {
    const pairs: [number, number][] = [];
    tally?.bins?.forEach((count, bin) => {
      if (count > 0) pairs.push([bin, count]);
    });
    counts.latency = pairs;
  }
  if (shown.tools) counts.tools = { calls: tally?.calls ?? 0, errors: tally?.failedCalls ?? 0 };
  return counts;
}
