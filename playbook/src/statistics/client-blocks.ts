import { binOf } from "./mathematics/bins.js";
import type { Arm, ArmCounts, Bucket } from "./model.js";

/** One answered request, and who asked. */
export type Outcome = {
  arm: Arm;
  /** Whatever tells clients apart: a token's hash, a session, an address. Never stored, only hashed. */
  client: string;
  error: boolean;
  /** Milliseconds; left out where there was no answer to time. */
  ms?: number;
  /** Present for a call of a tool. */
  tool?: { error: boolean };
};

/** How requests are put into blocks by client. */
export type ClientBlockSettings = {
  /** Limits in milliseconds for which slow requests are counted. */
  slow?: readonly number[];
  /** Groups that clients are hashed into; bounds the memory. Default 4096. */
  groups?: number;
  /**
   * Blocks for which a group that had a failure is left out afterwards. Default 0. With it, one client that can only
   * fail counts once in so many blocks, and not in each.
   */
  rest?: number;
};

type Tally = {
  requests: number;
  errors: number;
  slow: number[];
  bins: Map<number, number>;
  calls: number;
  failed: number;
};

/** Counts clients where the other way would be to count requests. */
export interface ClientBlocks {
  add(outcome: Outcome): void;
  /**
   * Ends the block. Every client is one trial in it, and the share of its requests that were bad is what it adds:
   * whatever one client's requests have to do with one another, they are one piece of evidence.
   * @param start Milliseconds. @param seconds Length of the block; 10 is good.
   */
  close(start: number, seconds: number, split: number): Bucket;
}

/**
 * Opens the counting by client, for services whose failures come in clusters: clients that retry, sessions that loop.
 * The buckets it gives are judged like any others; "share of requests" then reads "mean share over clients".
 */
export function openClientBlocks(settings: ClientBlockSettings = {}): ClientBlocks {
  const limits = settings.slow ?? [];
  const groups = settings.groups ?? 4_096;
  const rest = settings.rest ?? 0;
  const tallies: Record<Arm, Map<number, Tally>> = { canary: new Map(), stable: new Map() };
  const resting: Record<Arm, Map<number, number>> = { canary: new Map(), stable: new Map() };
  let block = 0;

  function closeArm(arm: Arm): ArmCounts {
    const counts = { requests: 0, errors: 0, slow: limits.map(() => 0), calls: 0, failed: 0 };
    const bins = new Map<number, number>();
    for (const [group, tally] of tallies[arm]) {
      if ((resting[arm].get(group) ?? Number.NEGATIVE_INFINITY) >= block) continue;
      counts.requests++;
      counts.errors += tally.errors / tally.requests;
      tally.slow.forEach((count, i) => {
        counts.slow[i] = (counts.slow[i] as number) + count / tally.requests;
      });
      const timed = [...tally.bins.values()].reduce((a, b) => a + b, 0);
      for (const [bin, count] of tally.bins) bins.set(bin, (bins.get(bin) ?? 0) + count / timed);
      if (tally.calls > 0) {
        counts.calls++;
        counts.failed += tally.failed / tally.calls;
      }
      if (rest > 0 && tally.errors + tally.failed > 0) resting[arm].set(group, block + rest);
    }
    tallies[arm].clear();
    for (const [group, until] of resting[arm]) if (until <= block) resting[arm].delete(group);
    return {
      requests: counts.requests,
      errors: counts.errors,
      slow: Object.fromEntries(limits.map((limit, i) => [String(limit), counts.slow[i] as number])),
      latency: [...bins].sort(([a], [b]) => a - b),
      tools: { calls: counts.calls, errors: counts.failed },
    };
  }

  return {
    add({ arm, client, error, ms, tool }) {
      const group = hash(client) % groups;
      const known = tallies[arm].get(group);
      const tally = known ?? {
        requests: 0,
        errors: 0,
        slow: limits.map(() => 0),
        bins: new Map(),
        calls: 0,
        failed: 0,
      };
      if (known === undefined) tallies[arm].set(group, tally);
      tally.requests++;
      if (error) tally.errors++;
      if (ms !== undefined) {
        limits.forEach((limit, i) => {
          if (ms > limit) tally.slow[i] = (tally.slow[i] as number) + 1;
        });
        if (!error) tally.bins.set(binOf(ms), (tally.bins.get(binOf(ms)) ?? 0) + 1);
      }
      if (tool !== undefined) {
        tally.calls++;
        if (tool.error) tally.failed++;
      }
    },
    close(start, seconds, split) {
      const bucket = { start, seconds, split, canary: closeArm("canary"), stable: closeArm("stable") };
      block++;
      return bucket;
    },
  };
}

/** FNV-1a, 32 bits. Two clients in one group only make a larger cluster, which is still counted as one. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
