/** Time, handed in wherever a decision or a wait depends on it. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For stamps and schedules. */
  now(): number;
  /** Milliseconds that only ever grow, with fractions. For durations. */
  monotonic(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
