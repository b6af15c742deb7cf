import { atomsItself, type Flow, type Json, type LedgerEvent } from "../terms/index.js";
import {
  corrections,
  type EndState,
  leadTime,
  noticesOf,
  oneAfterAnother,
  type ReleaseFacts,
} from "./plan.js";
import type { Notice, Outbox } from "./ports.js";
import type { CommunicationPlan } from "./settings.js";

/** What announcing needs to know of a release. */
export type Announcement = ReleaseFacts & {
  /** Without a plan nobody is told, and nobody is waited for. */
  plan: CommunicationPlan | undefined;
  /** Send everything at once instead of at its times (`--now`). */
  now?: boolean | undefined;
};

/** How the announced release ended. */
export type AnnouncedEnd = Announcement & {
  state: EndState;
  because: string;
  /** T-0 as it was; the time of the end when left out. */
  shiftAt?: number | undefined;
};

type Ports = { outbox: Outbox };

/** A release has a handful of notices; this bounds what is read back. */
const manyNotices = 1_000;
const patience = { attempts: 5 };

/**
 * Writes the messages of the start into the outbox.
 * @returns `shiftAt`: the earliest time traffic may move, in milliseconds since the epoch: people were promised it;
 * `leadMs`: how far ahead that was.
 */
export async function announceStart(
  flow: Flow,
  ports: Ports,
  facts: Announcement,
): Promise<{ shiftAt: number; leadMs: number }> {
  const now = await flow.now();
  const leadMs = facts.now ? 0 : leadTime(facts.plan);
  const shiftAt = now + leadMs;
  const notices = noticesOf(facts.plan, "start", facts, { now, shiftAt, compress: facts.now });
  await put(flow, ports, "announce the start", notices, now);
  return { shiftAt, leadMs };
}

/** Says at once that traffic is being brought back. `announceEnd` says it too where this was not called. */
export async function announceRollback(
  flow: Flow,
  ports: Ports,
  facts: Announcement & { because: string },
): Promise<void> {
  const now = await flow.now();
  await put(flow, ports, "announce the rollback", noticesOf(facts.plan, "rollback", facts, { now }), now);
}

/**
 * Writes the messages of the end: what was still to be said of the start is cancelled, and a release that did not end
 * as announced is set right wherever it had been announced.
 */
export async function announceEnd(flow: Flow, ports: Ports, end: AnnouncedEnd): Promise<void> {
  const now = await flow.now();
  const { outbox } = ports;
  await flow.step(
    "announce the end",
    async () => {
      await outbox.cancel(end.release, startOf(end.release));
      // Read after cancelling and from the records, so that a repeated step comes to the same result.
      const records = await outbox.list({ release: end.release, limit: manyNotices });
      const starts = records.filter(({ key }) => key.startsWith(startOf(end.release)));
      // Whatever was due may have been sent: a try that timed out, or is in hand this moment, counts as heard.
      const heard = starts.filter(({ dueAt }) => dueAt <= now).map(({ channel }) => channel);
      const stopped = starts.filter(({ state }) => state === "cancelled");
      const notices = endNotices(end, heard, now);
      await outbox.put(notices, [
        ...stopped.map((one) => event("notice.cancelled", one, now, { state: end.state })),
        ...notices.map((one) => event("notice.planned", one, now)),
      ]);
    },
    patience,
  );
}

function endNotices(end: AnnouncedEnd, heard: readonly string[], now: number): Notice[] {
  if (end.state === "released")
    return noticesOf(end.plan, "released", end, { now, shiftAt: end.shiftAt, compress: end.now });
  const movedBack = end.state === "rolled back" || end.state === "unsafe";
  const rollback = movedBack ? noticesOf(end.plan, "rollback", end, { now }) : [];
  const alerted = rollback.map(({ channel }) => channel);
  return oneAfterAnother([...rollback, ...corrections(heard, alerted, end, end.state, now)]);
}

async function put(
  flow: Flow,
  { outbox }: Ports,
  name: string,
  notices: Notice[],
  now: number,
): Promise<void> {
  if (notices.length === 0) return;
  const events = notices.map((one) => event("notice.planned", one, now));
  await flow.step(name, () => outbox.put(notices, events), patience);
}

const startOf = (release: string) => `${release}/notice/start/`;

function event(
  kind: "notice.planned" | "notice.cancelled",
  notice: Notice,
  at: number,
  more: { [key: string]: Json } = {},
): LedgerEvent {
  const { key, service, environment, release, channel, text, dueAt } = notice;
  return {
    key: `${key}/${kind}`,
    kind,
    at,
    actor: atomsItself,
    service,
    environment,
    ...(release === undefined ? {} : { release }),
    data: { channel, text, dueAt, ...more },
  };
}
