import type { Release } from "../terms/index.js";

/** A release with what its own row does not tell; all times in milliseconds since the epoch. */
export type ReleaseFacts = {
  release: Release;
  /** When the commit that it shipped was made, where git told. */
  committedAt?: number | undefined;
  /** When users first got something of it. */
  shiftedAt?: number | undefined;
};

/** How a service is delivered, by the four figures of DORA, over a span of time. */
export type DeliveryFigures = {
  from: number;
  until: number;
  /** Releases that brought a new version to users for good. */
  released: number;
  /** Releases that users got something of. */
  reachedUsers: number;
  perDay: number;
  /** Median from commit to the end of the release that brought it, in milliseconds; left out where no commit is known. */
  leadTime?: number;
  /** Of how many releases the commit is known. */
  leadTimeOf: number;
  /** Share of those that reached users and were taken back, by themselves or by hand; left out where none reached users. */
  failureRate?: number;
  failed: number;
  /** Median from when users first got a version that was taken back to when they had the one before, in milliseconds. */
  timeToRestore?: number;
  restored: number;
};

/**
 * Reckons the figures from releases of one environment. A rollback by hand belongs to the release that it took back;
 * a group is counted by its members. A recovery changes nothing of what users have, and is not counted.
 * @param facts Releases that began in the span, in any order.
 */
export function figuresOf(facts: readonly ReleaseFacts[], from: number, until: number): DeliveryFigures {
  const leads: number[] = [];
  const restores: number[] = [];
  let released = 0;
  let reachedUsers = 0;
  let failed = 0;
  /** The change that users have, while nobody has taken it back. */
  let standing: ReleaseFacts | undefined;
  const ended = facts
    .filter(
      ({ release: { strategy, state } }) =>
        !["restart", "group", "recovery"].includes(strategy) && state !== "running",
    )
    .toSorted((a, b) => (a.release.endedAt ?? 0) - (b.release.endedAt ?? 0));
  for (const one of ended) {
    const { strategy, state, endedAt = one.release.startedAt } = one.release;
    if (strategy === "rollback") {
      // Its own good end is to have rolled back.
      if (state !== "rolled back" || standing === undefined) continue;
      failed += 1;
      restores.push(endedAt - (standing.shiftedAt ?? standing.release.endedAt ?? endedAt));
      standing = undefined;
      continue;
    }
    if (state === "released") {
      released += 1;
      reachedUsers += 1;
      standing = one;
      if (one.committedAt !== undefined) leads.push(endedAt - one.committedAt);
    }
    if (state === "rolled back" || state === "unsafe") {
      reachedUsers += 1;
      failed += 1;
      if (state === "rolled back" && one.shiftedAt !== undefined) restores.push(endedAt - one.shiftedAt);
    }
  }
  const [leadTime, timeToRestore] = [median(leads), median(restores)];
  return {
    from,
    until,
    released,
    reachedUsers,
    perDay: until > from ? released / ((until - from) / 86_400_000) : 0,
    ...(leadTime === undefined ? {} : { leadTime }),
    leadTimeOf: leads.length,
    ...(reachedUsers === 0 ? {} : { failureRate: failed / reachedUsers }),
    failed,
    ...(timeToRestore === undefined ? {} : { timeToRestore }),
    restored: restores.length,
  };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.map((value) => Math.max(0, value)).toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
