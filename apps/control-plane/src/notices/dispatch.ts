import {
  type Attempt,
  type ChannelPorts,
  type Channels,
  deadLetter,
  deliveryTimeoutMs,
  type NoticeRecord,
  nextTry,
  noticeUndelivered,
  type Outbox,
  type Outgoing,
} from "@atoms/playbook";

/** What dispatching stands on. Kept for as long as notices are dispatched: `channels` keeps the pace of each. */
export interface Dispatch extends ChannelPorts {
  outbox: Outbox;
  channels: Channels;
  /** Adds what is never kept: the links by which a reader answers, where an address reaches this process. */
  complete(notice: NoticeRecord): Promise<NoticeRecord & Outgoing>;
  /** A number in [0, 1). */
  random(): number;
  /** Stops it: deliveries in hand are cut short and tried again later. */
  signal?: AbortSignal;
}

/** What one pass came to. */
export type Dispatched = {
  sent: number;
  /** Given up; each was printed with its text. */
  failed: number;
  /** To be tried again. */
  later: number;
};

/** All channels of one notice are tried at the same time; and a little for writing down. */
const perNoticeMs = deliveryTimeoutMs + 5_000;
/** Taken at once; few, so that those a dying process holds come back within minutes. */
const handful = 10;

/**
 * One pass over the notices that are due, oldest first. Channels are served at the same time, so that a slow one holds
 * nobody else up for long; the notices of one channel go one after the other. What came too late is dropped first.
 * @param limit How many notices are tried at most.
 * @throws What the outbox throws; notices that were taken come back when their lease ends.
 */
export async function dispatchDue(dispatch: Dispatch, limit: number): Promise<Dispatched> {
  const { outbox, channels, clock, signal } = dispatch;
  const done: Dispatched = { sent: 0, failed: 0, later: 0 };
  const now = clock.now();
  await outbox.supersede(now, now - channels.policy.superseded_after);
  for (let left = limit; left > 0 && !signal?.aborted; left -= handful) {
    const wanted = Math.min(left, handful);
    const due = await outbox.take(clock.now(), wanted, (handful + 1) * perNoticeMs);
    for (const outcome of await dispatchAll(dispatch, due)) done[outcome] += 1;
    if (due.length < wanted) break;
  }
  return done;
}

async function dispatchAll(dispatch: Dispatch, due: readonly NoticeRecord[]): Promise<(keyof Dispatched)[]> {
  const queues = new Map<string, NoticeRecord[]>();
  for (const notice of due) queues.set(notice.channel, [...(queues.get(notice.channel) ?? []), notice]);
  const outcomes: (keyof Dispatched)[] = [];
  const served = await Promise.allSettled(
    [...queues.values()].map(async (queue) => {
      for (const [i, notice] of queue.entries()) {
        if (dispatch.signal?.aborted) return;
        const { outcome, waitsUntil } = await dispatchOne(dispatch, notice);
        outcomes.push(outcome);
        if (waitsUntil === undefined) continue;
        // Nobody answers there: the others wait as long as this one, in their order, instead of asking in vain.
        const rest = queue.slice(i + 1);
        for (const [n, one] of rest.entries()) await dispatch.outbox.defer([one.key], waitsUntil + n + 1);
        outcomes.push(...rest.map(() => "later" as const));
        return;
      }
    }),
  );
  const broken = served.find((one) => one.status === "rejected");
  if (broken !== undefined) throw broken.reason;
  return outcomes;
}

/** @returns `waitsUntil` when the other side was silent, in milliseconds since the epoch. */
async function dispatchOne(
  dispatch: Dispatch,
  notice: NoticeRecord,
): Promise<{ outcome: keyof Dispatched; waitsUntil?: number }> {
  const { outbox, channels, clock, random, print, signal } = dispatch;
  const reached = { ...notice.reached };
  const attempt = await channels.deliver(
    await dispatch.complete(notice),
    dispatch,
    async (channel, outcome) => {
      reached[channel] = outcome;
      await outbox.note(notice.key, channel, outcome);
    },
    signal,
  );
  const now = clock.now();
  if (attempt.sent) {
    const how = attempt.because === undefined ? {} : { because: attempt.because };
    await outbox.settle(notice.key, { sent: true, ...how }, now);
    return { outcome: "sent" };
  }
  const nextAt = nextTry(notice, attempt, now, random(), channels.policy.give_up_after);
  const { because, retry } = attempt;
  const dead = nextAt === undefined ? deadLetter({ ...notice, reached }, because, now) : undefined;
  await outbox.settle(notice.key, { sent: false, retry, because }, now, nextAt, dead);
  if (nextAt !== undefined) return { outcome: "later", ...silence(attempt, nextAt) };
  const { code, happened, fix } = noticeUndelivered({ channel: notice.channel, text: notice.text, because });
  print(`${code}: ${happened} ${fix}`.replace(/\p{Cc}+/gu, " "));
  return { outcome: "failed" };
}

const silence = (attempt: Attempt, nextAt: number) => (attempt.silent === true ? { waitsUntil: nextAt } : {});
