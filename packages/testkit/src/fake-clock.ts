import type { Clock } from "@atoms/playbook";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time forward by `ms`, waking sleepers in the order they are due, each at its own time. */
  advance(ms: number): Promise<void>;
  /** Moves time forward to `at`, in milliseconds since the epoch. */
  advanceTo(at: number): Promise<void>;
  /**
   * Lets time fly from one sleeper to the next until the work is settled, and returns what it came to.
   * @param work What is waited for, e.g. the result of a flow.
   * @param atMostMs Fake milliseconds after which the test fails. Default one day.
   * @throws What the work throws; an error when it is not settled in time, or when nothing is left that could settle it.
   */
  runUntil<T>(work: Promise<T>, atMostMs?: number): Promise<T>;
  /** Sets the wall clock forward, or back with a negative `ms`, at once: no time passes, and nobody wakes. */
  jump(ms: number): void;
  /** How many sleep at this moment. */
  readonly sleepers: number;
}

interface Sleeper {
  due: number;
  order: number;
  wake: () => void;
}

/** Real milliseconds that `runUntil` gives to real work (a file, a child process) before time goes on. */
const patienceMs = 5_000;

/**
 * Makes a clock for tests. `monotonic()` starts at 0 and goes with `now()`, but for jumps.
 * @param start Milliseconds since the epoch. Default 2026-01-05T12:00:00Z, a Monday.
 */
export function fakeClock(start: number = Date.UTC(2026, 0, 5, 12)): FakeClock {
  let now = start;
  /** How far the wall clock was set forward. */
  let ahead = 0;
  let order = 0;
  /** Processes that ran before the clock was made are none of its business: a service under test, or an earlier test's. */
  let before = processesThatRun();
  const sleepers = new Set<Sleeper>();

  const next = () =>
    [...sleepers].reduce<Sleeper | undefined>(
      (first, one) =>
        first === undefined || one.due < first.due || (one.due === first.due && one.order < first.order)
          ? one
          : first,
      undefined,
    );

  const advanceTo = async (at: number) => {
    if (at < now) throw new Error(`a fake clock does not go back: it is ${now}, asked for ${at}`);
    await settle();
    for (let sleeper = next(); sleeper !== undefined && sleeper.due <= at; sleeper = next()) {
      now = Math.max(now, sleeper.due);
      sleeper.wake();
      await settle();
    }
    now = at;
  };

  return {
    now: () => now + ahead,
    monotonic: () => now - start,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper: Sleeper = {
          due: now + Math.max(0, ms),
          order: order++,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", cancel);
            resolve();
          },
        };
        const cancel = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", cancel, { once: true });
        sleepers.add(sleeper);
      }),
    advance: (ms) => advanceTo(now + ms),
    advanceTo: (at) => advanceTo(at - ahead),
    jump(ms) {
      ahead += ms;
    },
    async runUntil(work, atMostMs = 86_400_000) {
      const end = now + atMostMs;
      let settled = false;
      const done = () => {
        settled = true;
      };
      work.then(done, done);
      let movedAt = performance.now();
      for (;;) {
        await settle();
        if (settled) return work;
        const sleeper = next();
        const patient = performance.now() - movedAt < patienceMs;
        const processes = processesThatRun();
        before = Math.min(before, processes);
        if (patient && (sleeper === undefined || processes > before || filesInHand() > 0)) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          continue;
        }
        if (sleeper === undefined)
          throw new Error(
            "nobody sleeps and the work is not settled: it waits for something a clock cannot give",
          );
        if (sleeper.due > end) throw new Error(`the work was not settled within ${atMostMs} ms of fake time`);
        await advanceTo(Math.max(now, sleeper.due));
        movedAt = performance.now();
      }
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}

/** Time must not fly past a step's deadline while its program runs … */
function processesThatRun(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "ProcessWrap").length;
}

/** … or while a file is read or a connection is made, which ends by itself and soon. */
function filesInHand(): number {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind.startsWith("FSReq") || kind === "TCPConnectWrap").length;
}

/** Lets everything run that is ready to run: promise callbacks, and work that takes a few turns of the loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
