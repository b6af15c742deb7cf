import { isInterruption } from "../terms/index.js";
import { OutOfTime, within } from "./deadline.js";
import type { Measurement, PerformanceProgress, Shot } from "./model.js";
import type { PerformanceSettings } from "./settings.js";
import type { Visit } from "./visit.js";

/**
 * Times requests to one path under open load: each is due at its own time, `rate` a second, whether or not earlier ones
 * were answered, and its time counts from when it was due. So a service that stalls is charged for everyone who would
 * have come meanwhile, instead of being spared by a client that waits politely (coordinated omission).
 *
 * Bounded: `samples` requests, `concurrency` under way, and the schedule's length plus two time-outs in all. It ends
 * early once so many have failed that the rest cannot change the judgement.
 * @throws The reason of the visit's signal; what `bearerToken` threw.
 */
export async function measure(
  visit: Visit,
  path: string,
  settings: PerformanceSettings,
  onProgress: (progress: PerformanceProgress) => void,
): Promise<Measurement> {
  await visit.token();
  const planned = settings.samples;
  const gap = 1_000 / settings.rate;
  const shots: Shot[] = [];
  const underWay = new Map<number, { dueAt: number; lateMs: number }>();
  let failures = 0;
  let stopped: Measurement["stopped"];
  try {
    await within(planned * gap + 2 * visit.settings.timeout, visit.clock, visit.signal, async (outOfTime) => {
      const enough = new AbortController();
      const signal = AbortSignal.any([outOfTime, enough.signal]);
      const { clock } = visit;
      const quiet = visit.under(signal);
      const slot = slots(settings.concurrency, signal);
      const began = clock.monotonic();
      const shoot = async (number: number, dueAt: number, lateMs: number) => {
        const done = await slot();
        try {
          if (signal.aborted) return;
          const result = await quiet.ask({ path, as: "user" });
          if (signal.aborted) return;
          underWay.delete(number);
          const ok = result.answered && result.status >= 200 && result.status < 300;
          if (!ok) failures++;
          shots.push({
            ok,
            status: result.answered ? result.status : null,
            why: result.answered ? null : result.why,
            ms: clock.monotonic() - dueAt,
            lateMs,
          });
          onProgress({ path, done: shots.length, planned });
          if (failures > settings.max_failures * planned) enough.abort();
        } finally {
          done();
        }
      };
      const all: Promise<void>[] = [];
      for (let number = 0; number < planned && !signal.aborted; number++) {
        const dueAt = began + number * gap;
        const wait = dueAt - clock.monotonic();
        if (wait > 0) await clock.sleep(wait, signal).catch(() => undefined);
        if (signal.aborted) break;
        const lateMs = Math.max(0, clock.monotonic() - dueAt);
        underWay.set(number, { dueAt, lateMs });
        all.push(shoot(number, dueAt, lateMs));
      }
      await Promise.all(all);
      if (enough.signal.aborted) stopped = "too many failures";
    });
  } catch (error) {
    visit.signal.throwIfAborted();
    if (isInterruption(error) || !(error instanceof OutOfTime)) throw error;
    stopped = "out of time";
    // What is still under way when the time is up was not answered; leaving it out would flatter the service.
    for (const { dueAt, lateMs } of underWay.values()) {
      shots.push({ ok: false, status: null, why: "time-out", ms: visit.clock.monotonic() - dueAt, lateMs });
    }
  }
  return { path, planned, shots: [...shots], ...(stopped === undefined ? {} : { stopped }) };
}

/** Sends the first requests one by one, uncounted: a cold start is not what the baselines are about. */
export async function warmUp(visit: Visit, path: string, requests: number): Promise<void> {
  for (let n = 0; n < requests; n++) {
    const result = await visit.ask({ path, as: "user" });
    if (!result.answered) return;
  }
}

/** Lets at most `count` in at a time, first come first served; everybody, once the signal has fired. */
function slots(count: number, signal: AbortSignal): () => Promise<() => void> {
  let free = count;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  const letAllIn = () => {
    for (const enter of waiting.splice(0)) enter();
  };
  signal.addEventListener("abort", letAllIn, { once: true });
  return async () => {
    if (free > 0) free--;
    else if (!signal.aborted) await new Promise<void>((resolve) => waiting.push(resolve));
    return leave;
  };
}
