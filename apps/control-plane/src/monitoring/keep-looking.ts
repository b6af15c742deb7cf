import { setMaxListeners } from "node:events";
import {
  type Clock,
  gridMs,
  type Monitor,
  type MonitorSample,
  phaseOf,
  type SlotStore,
  slotAt,
} from "@atoms/playbook";

/** What the loop of the monitors stands on. */
export interface LookingWorld {
  clock: Clock;
  /** 0 to 1. */
  random(): number;
  slots: SlotStore;
  /** Names this process among those that share the store. */
  worker: string;
  /** What is looked at, as the playbook has it now; the same object again when nothing has changed. */
  setup(): Promise<{ service: string; environment: string; monitors: readonly Monitor[] }>;
  /** Looks once. @returns undefined when there is nothing to look at yet. */
  look(monitor: Monitor, at: number, signal: AbortSignal): Promise<MonitorSample | undefined>;
  onSample(sample: MonitorSample): void;
  /** Told of each monitor whose turn was dealt with: here, or by another control plane. */
  onTurn(monitor: string): void;
  onError(doing: string, error: unknown): void;
}

/** First looks are spread over so many milliseconds: a start is not a storm. */
const firstLooksMs = 10_000;
/** Looks under way at a time. */
const mostAtOnce = 256;
/** The playbook is looked at so often for changes. */
const setupEveryMs = 1_000;
/** The longest sleep, so that a clock that was set is noticed. */
const longestSleepMs = 1_000;

type Job = { monitor: Monitor; phaseMs: number; firstAt: number; last: number; busy: boolean };

/**
 * Looks with every monitor at its times until the signal fires. Each look is a time slot that one control plane claims.
 * What was slept through is not made up for: the next look is the next slot, so that a laptop that wakes up does not look
 * at everything at once.
 * @returns When the looks under way have ended, cut short by the signal.
 */
export async function keepLooking(world: LookingWorld, signal: AbortSignal): Promise<void> {
  const { clock } = world;
  const jobs = new Map<string, Job>();
  const underWay = new Set<Promise<void>>();
  // Every look under way listens to it.
  const looks = new AbortController();
  setMaxListeners(0, looks.signal);
  signal.addEventListener("abort", () => looks.abort(signal.reason), { once: true });
  let setup = await world.setup();
  let setupAt = clock.monotonic();
  plan(setup.monitors);

  while (!signal.aborted) {
    if (clock.monotonic() - setupAt >= setupEveryMs) {
      const fresh = await world.setup();
      if (fresh !== setup) plan(fresh.monitors);
      setup = fresh;
      setupAt = clock.monotonic();
    }
    await Promise.all([...bySlot(clock.now())].map(([slot, due]) => begin(slot, due)));
    await clock.sleep(untilNext(clock.now()), signal).catch(() => undefined);
  }
  await Promise.all(underWay);

  /** Keeps what stands, so that another monitor's change moves no look. */
  function plan(monitors: readonly Monitor[]): void {
    const now = clock.now();
    const names = new Set(monitors.map(({ name }) => name));
    for (const name of jobs.keys()) if (!names.has(name)) jobs.delete(name);
    for (const monitor of monitors) {
      const { interval } = monitor.settings;
      const standing = jobs.get(monitor.name);
      if (standing?.monitor.settings.interval === interval) standing.monitor = monitor;
      else
        jobs.set(monitor.name, {
          monitor,
          phaseMs: phaseOf(monitor.name, interval),
          firstAt: now + world.random() * Math.min(firstLooksMs, interval),
          last: Number.NEGATIVE_INFINITY,
          busy: standing?.busy ?? false,
        });
    }
  }

  /** What is due, by slot. */
  function bySlot(now: number): Map<number, Job[]> {
    const due = new Map<number, Job[]>();
    let free = mostAtOnce - underWay.size;
    for (const job of jobs.values()) {
      if (now < job.firstAt) {
        // A clock that was put back must not keep a monitor from beginning.
        if (job.firstAt - now > firstLooksMs) job.firstAt = now;
        else continue;
      }
      const { interval } = job.monitor.settings;
      const slot = slotAt(now, job.phaseMs, interval);
      if (slot === job.last || (job.busy && slot > job.last)) continue;
      // Only the first look takes a slot that has begun long ago.
      const first = job.last === Number.NEGATIVE_INFINITY;
      if (!first && now - slot > Math.max(2_000, interval / 4)) {
        job.last = slot;
        continue;
      }
      if (free-- <= 0) break;
      due.set(slot, [...(due.get(slot) ?? []), job]);
    }
    return due;
  }

  async function begin(slot: number, due: readonly Job[]): Promise<void> {
    const { service, environment } = setup;
    const keyOf = ({ monitor }: Job) => `monitor/${service}/${environment}/${monitor.name}`;
    const mine = new Set(await world.slots.claim(due.map(keyOf), slot, world.worker));
    for (const job of due) {
      job.last = slot;
      if (!mine.has(keyOf(job))) {
        world.onTurn(job.monitor.name);
        continue;
      }
      job.busy = true;
      const done: Promise<void> = look(job).finally(() => {
        job.busy = false;
        underWay.delete(done);
      });
      underWay.add(done);
    }
  }

  async function look({ monitor }: Job): Promise<void> {
    try {
      const sample = await world.look(monitor, clock.now(), looks.signal);
      if (sample !== undefined) world.onSample(sample);
      world.onTurn(monitor.name);
    } catch (error) {
      if (!signal.aborted) world.onError(`looking with monitor ${monitor.name}`, error);
    }
  }

  /** Milliseconds to the next slot or first look. */
  function untilNext(now: number): number {
    let next = now + longestSleepMs;
    for (const { monitor, phaseMs, firstAt } of jobs.values()) {
      const { interval } = monitor.settings;
      const at = now < firstAt ? firstAt : slotAt(now, phaseMs, interval) + interval;
      if (at < next) next = at;
    }
    // A little past the grid, so that all that begins there is found at once.
    return Math.max(1, Math.min(longestSleepMs, Math.ceil(next / gridMs) * gridMs + 1 - now));
  }
}
