/**
 * How long something has been watched, told from a wall clock that may jump and a process that may be gone for a while:
 * time in which nobody looked does not count as watched, and a clock that is set back takes nothing away.
 */
export class WatchedTime {
  private watchedMs = 0;

  /** @param last When the watch began, in milliseconds since the epoch. */
  constructor(private last: number) {}

  /**
   * Ends a lap: one look, and the pause before it.
   * @param now In milliseconds since the epoch.
   * @param longestMs What the lap can have taken at most, by a clock that does not jump.
   * @returns Milliseconds watched since the beginning.
   */
  lap(now: number, longestMs: number): number {
    this.watchedMs += Math.min(Math.max(0, now - this.last), longestMs);
    this.last = now;
    return this.watchedMs;
  }
}
