import {
  type ChannelPorts,
  type Channels,
  deliveryTimeoutMs,
  type NoticeRecord,
  nextTry,
  noticeUndelivered,
  type Outbox,
} from "@atoms/playbook";

/** What dispatching stands on. Kept for as long as notices are dispatched: `channels` remembers half-delivered ones. */
export interface Dispatch extends ChannelPorts {
  outbox: Outbox;
  channels: Channels;
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
 * nobody else up for long; the notices of one channel go one after the other.
 * @param limit How many notices are tried at most.
 * @throws What the outbox throws; notices that were taken come back when their lease ends.
 */
export async function dispatchDue(dispatch: Dispatch, limit: number): Promise<Dispatched> {
  const { outbox, clock, signal } = dispatch;
  const done: Dispatched = { sent: 0, failed: 0, later: 0 };
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
      for (const notice of queue) {
        if (dispatch.signal?.aborted) return;
        outcomes.push(await dispatchOne(dispatch, notice));
      }
    }),
  );
  const broken = served.find((one) => one.status === "rejected");
  if (broken !== undefined) throw broken.reason;
  return outcomes;
}

async function dispatchOne(dispatch: Dispatch, notice: NoticeRecord): Promise<keyof Dispatched> {
  const { outbox, channels, clock, random, print, signal } = dispatch;
  const attempt = await channels.deliver(notice, dispatch, signal);
  const now = clock.now();
  if (attempt.sent) {
    await outbox.settle(notice.key, { sent: true }, now);
    return "sent";
  }
  const nextAt = nextTry(notice, attempt, now, random());
  const { because, retry } = attempt;
  await outbox.settle(notice.key, { sent: false, retry, because }, now, nextAt);
  if (nextAt !== undefined) return "later";
  const { code, happened, fix } = noticeUndelivered({ channel: notice.channel, text: notice.text, because });
  print(`${code}: ${happened} ${fix}`.replace(/\p{Cc}+/gu, " "));
  return "failed";
}
