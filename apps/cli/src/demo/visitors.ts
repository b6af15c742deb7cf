import type { Clock, Http } from "@atoms/playbook";

/** What users met so far. */
export type Visits = { asked: number; failed: number };

/** Users of the service, who ask for the tools all the time. */
export interface Visitors {
  readonly visits: Readonly<Visits>;
  /** Ends them; resolves when the last has his answer. */
  stop(): Promise<void>;
}

/**
 * Sends users to production: requests begin on schedule, whether or not earlier ones were answered, so that a release
 * can be seen with their eyes. A request that is not answered, or with 5xx, has failed.
 * @param perSecond Requests begun per second.
 */
export function sendVisitors(
  ports: { http: Http; clock: Clock },
  target: { url: string; headers: Record<string, string> },
  perSecond: number,
): Visitors {
  const visits: Visits = { asked: 0, failed: 0 };
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();
  const visit = async () => {
    const answer = await ports.http.send({ ...target, timeoutMs: 5_000 });
    visits.asked++;
    if (!answer.answered || answer.status >= 500) visits.failed++;
  };
  const loop = (async () => {
    const began = ports.clock.monotonic();
    for (let n = 0; !stopping.signal.aborted; n++) {
      const one = visit();
      open.add(one);
      void one.finally(() => open.delete(one));
      const due = began + ((n + 1) * 1_000) / perSecond;
      await ports.clock
        .sleep(Math.max(0, due - ports.clock.monotonic()), stopping.signal)
        .catch(() => undefined);
    }
    await Promise.allSettled(open);
  })();
  return {
    visits,
    stop() {
      stopping.abort();
      return loop;
    },
  };
}
