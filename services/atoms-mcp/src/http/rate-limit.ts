/** A token bucket: how fast it fills and how much it holds. */
export interface Bucket {
  readonly name: string;
  readonly perMinute: number;
  readonly burst: number;
}

/** The outcome of taking from a bucket. Seconds are whole and at least 1 where something is to be waited for. */
export interface Taken {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetSeconds: number;
  /** Until the same request would be allowed; 0 when it was. */
  readonly retryAfter: number;
}

/** Where buckets are kept. Memory by default, which limits per process; another store may share them. */
export interface RateLimitStore {
  /**
   * Takes `cost` from the bucket of `key`, or nothing when there is not enough. A cost above the burst needs a full
   * bucket and leaves it in debt.
   * @param nowMs monotonic clock, milliseconds
   */
  take(bucket: Bucket, key: string, cost: number, nowMs: number): Taken | Promise<Taken>;
}

const MAX_KEYS = 50_000;

/** Buckets in memory; the longest unused are forgotten beyond 50,000. */
export function memoryStore(): RateLimitStore {
  const levels = new Map<string, { level: number; at: number }>();
  return {
    take(bucket, key, cost, nowMs) {
      const id = `${bucket.name} ${key}`;
      const perMs = bucket.perMinute / 60_000;
      const seen = levels.get(id) ?? { level: bucket.burst, at: nowMs };
      const level = Math.min(bucket.burst, seen.level + Math.max(0, nowMs - seen.at) * perMs);
      // A request larger than the bucket passes when the bucket is full, and leaves a debt.
      const allowed = level >= Math.min(cost, bucket.burst);
      const left = allowed ? level - cost : level;
      levels.delete(id);
      levels.set(id, { level: left, at: nowMs });
      if (levels.size > MAX_KEYS) levels.delete(levels.keys().next().value ?? id);
      return {
        allowed,
        limit: bucket.burst,
        remaining: allowed ? Math.max(0, Math.floor(left)) : 0,
        resetSeconds: Math.ceil((bucket.burst - left) / perMs / 1000),
        retryAfter: allowed
          ? 0
          : Math.max(1, Math.ceil((Math.min(cost, bucket.burst) - left) / perMs / 1000)),
      };
    },
  };
}

/** The `x-ratelimit-*` headers of an answer from a limited route. */
export function rateHeaders(taken: Taken): Record<string, string> {
  return {
    "x-ratelimit-limit": String(taken.limit),
    "x-ratelimit-remaining": String(taken.remaining),
    "x-ratelimit-reset": String(taken.resetSeconds),
  };
}
