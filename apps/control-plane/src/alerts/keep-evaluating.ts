import { anySignal, type Clock, formatDuration, type LedgerEvent, type Notice } from "@atoms/playbook";
import { openBell } from "../bell.js";
import { type AlertMemory, evaluateOnce } from "./evaluate-once.js";
import type { AlertSetup, AlertWorld } from "./world.js";

/** Milliseconds that one evaluation may take before the loop goes on without it. */
const patienceMs = 30_000;
/** Milliseconds between two evaluations at least. */
const shortestMs = 1_000;
/** Milliseconds until the next try after an error. */
const afterErrorMs = 5_000;

/**
 * Evaluates until the signal fires, `interval` apart. Nothing ends it: an error is told and the next round comes; a round
 * that hangs is left behind, and what it would have written is refused as moved.
 */
export async function keepEvaluating(world: AlertWorld, signal: AbortSignal): Promise<void> {
  const memory: AlertMemory = {};
  const { clock, bell = openBell() } = world;
  let interval = afterErrorMs;
  while (!signal.aborted) {
    const began = clock.monotonic();
    let wait = afterErrorMs;
    try {
      await within(evaluateOnce(world, memory), patienceMs, clock, signal);
      interval = (await world.setup()).settings.interval;
      wait = Math.max(100, interval - (clock.monotonic() - began));
    } catch (error) {
      if (!signal.aborted) world.onError("evaluating alerts", error);
    }
    // A monitor that turned is evaluated at once; however many turn, not more than once in a while.
    await clock.sleep(Math.min(wait, shortestMs), signal).catch(() => undefined);
    if (wait > shortestMs) await bell.wait(wait - shortestMs, clock, signal);
  }
}

async function within<T>(work: Promise<T>, ms: number, clock: Clock, signal: AbortSignal): Promise<T> {
  const done = new AbortController();
  const either = anySignal(signal, done.signal);
  const late = clock
    .sleep(ms, either.signal)
    .then(() => Promise.reject(new Error(`an evaluation took longer than ${formatDuration(ms)}`)));
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
    either.release();
    work.catch(() => undefined);
  }
}

/** What the watchdog stands on; it shares nothing with the loop that it watches but the store and the clock. */
export interface WatchdogWorld {
  clock: Clock;
  setup(): Promise<AlertSetup>;
  /** When the rules were evaluated last, by whichever control plane. */
  lastEvaluated(service: string, environment: string): Promise<number | undefined>;
  put(notices: readonly Notice[], events: readonly LedgerEvent[]): Promise<void>;
  /** Wakes whoever is on call. Called again for the same id after an error. */
  page(id: string, title: string, setup: AlertSetup): Promise<void>;
  /** Ends that page. */
  endPage(id: string): Promise<void>;
  onError(doing: string, error: unknown): void;
}

/** Between two looks of the watchdog. */
const lookMs = 10_000;

/**
 * Looks whether evaluation goes on, and makes it an alert when it does not: a notice, a page and a line in the ledger, once
 * for each time it stops, and a notice when it goes on. Several control planes that see the same stop tell it once.
 */
export async function watchEvaluation(world: WatchdogWorld, signal: AbortSignal): Promise<void> {
  const { clock } = world;
  const began = clock.now();
  let stopped: { id: string; since: number } | undefined;
  while (!signal.aborted) {
    try {
      const setup = await world.setup();
      const last = await world.lastEvaluated(setup.service, setup.environment);
      // Time that nobody was there to evaluate in is told by who comes back; a stop is counted from the start at the earliest.
      const since = Math.max(last ?? 0, began);
      const age = clock.now() - since;
      if (age > setup.settings.watchdog_after && stopped === undefined) {
        const id = `watchdog_${since.toString(36)}`;
        await tellStop(world, setup, id, since);
        await world.page(id, titleOf(setup), setup);
        stopped = { id, since };
      } else if (
        stopped !== undefined &&
        last !== undefined &&
        last > stopped.since &&
        age <= setup.settings.watchdog_after
      ) {
        await tellStart(world, setup, stopped, last);
        await world.endPage(stopped.id);
        stopped = undefined;
      }
    } catch (error) {
      if (!signal.aborted) world.onError("watching over the evaluation of alerts", error);
    }
    await clock.sleep(lookMs, signal).catch(() => undefined);
  }
}

const titleOf = ({ service, environment }: AlertSetup) =>
  `Alerts of ${service} in ${environment} are not being evaluated`;

function tellStop(world: WatchdogWorld, setup: AlertSetup, id: string, since: number): Promise<void> {
  const now = world.clock.now();
  return world.put(
    noticesOf(
      setup,
      id,
      "open",
      now,
      `${titleOf(setup)} since ${new Date(since).toISOString()}. Nothing new can fire until they are: see .atoms/logs, or start the control plane anew with atoms down and atoms up.`,
    ),
    [eventOf(setup, `${id}/stopped`, "evaluation.stopped", now, { since })],
  );
}

function tellStart(
  world: WatchdogWorld,
  setup: AlertSetup,
  { id, since }: { id: string; since: number },
  at: number,
): Promise<void> {
  const now = world.clock.now();
  const gap = formatDuration(Math.round((at - since) / 1_000) * 1_000);
  return world.put(
    noticesOf(
      setup,
      id,
      "resolved",
      now,
      `Alerts of ${setup.service} in ${setup.environment} are evaluated again, after ${gap}.`,
    ),
    [eventOf(setup, `${id}/resumed`, "evaluation.resumed", now, { since, at })],
  );
}

function noticesOf(
  setup: AlertSetup,
  id: string,
  status: "open" | "resolved",
  now: number,
  text: string,
): Notice[] {
  return setup.channelsOf("slack_notification", "critical").map((channel) => ({
    key: `${id}/${status}/${channel}`,
    service: setup.service,
    environment: setup.environment,
    channel,
    text,
    dueAt: now,
    thread: id,
    status,
    severity: "critical",
    title: titleOf(setup),
  }));
}

function eventOf(
  { service, environment }: AlertSetup,
  key: string,
  kind: string,
  at: number,
  data: LedgerEvent["data"],
): LedgerEvent {
  return {
    key,
    kind,
    at,
    actor: { kind: "atoms", name: "atoms", via: "schedule" },
    service,
    environment,
    data,
  };
}
