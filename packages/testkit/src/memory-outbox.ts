import {
  type ChannelMemory,
  cameTooLate,
  type NoticeRecord,
  noticeRetried,
  noticeSuperseded,
  type Outbox,
} from "@atoms/playbook";
import { afterTry, noSuchNotice, triedAgain } from "@atoms/store";
import type { MemoryLedger } from "./memory-ledger.js";

/** An outbox in memory, for tests; its events go to the ledger that is given. */
export function memoryOutbox(ledger: MemoryLedger): Outbox {
  const notices = new Map<string, NoticeRecord>();
  const leasedUntil = new Map<string, number>();
  const inOrder = () => [...notices.values()].sort((a, b) => a.dueAt - b.dueAt);
  const known = (key: string) => {
    const notice = notices.get(key);
    if (notice === undefined) throw noSuchNotice({ key });
    return notice;
  };

  const outbox: Outbox = {
    async put(added, events) {
      for (const notice of added)
        if (!notices.has(notice.key))
          notices.set(notice.key, {
            ...structuredClone(notice),
            state: "waiting",
            tries: 0,
            nextAt: notice.dueAt,
            since: notice.dueAt,
            reached: {},
          });
      ledger.write(events);
    },
    async take(now, limit, leaseMs) {
      const due = inOrder()
        .filter(
          (one) => one.state === "waiting" && one.nextAt <= now && (leasedUntil.get(one.key) ?? 0) <= now,
        )
        .slice(0, limit);
      for (const one of due) leasedUntil.set(one.key, now + leaseMs);
      return structuredClone(due);
    },
    async note(key, channel, outcome) {
      const notice = known(key);
      notices.set(key, { ...notice, reached: { ...notice.reached, [channel]: structuredClone(outcome) } });
    },
    async settle(key, delivery, at, nextAt, told) {
      const notice = known(key);
      leasedUntil.delete(key);
      const after = afterTry(notice, delivery, at, nextAt);
      notices.set(key, after);
      if (after.state === "dead" && told !== undefined) await outbox.put(told.notices, told.events);
    },
    async defer(keys, nextAt) {
      for (const key of keys) {
        const notice = notices.get(key);
        if (notice?.state !== "waiting") continue;
        leasedUntil.delete(key);
        notices.set(key, { ...notice, nextAt });
      }
    },
    async supersede(now, dueBefore) {
      const newerIsDue = (one: NoticeRecord) =>
        inOrder().some(
          (newer) =>
            (newer.state === "waiting" || newer.state === "sent") &&
            newer.thread === one.thread &&
            newer.channel === one.channel &&
            newer.dueAt > one.dueAt &&
            newer.dueAt <= now,
        );
      const dropped = inOrder().filter(
        (one) =>
          one.state === "waiting" &&
          one.thread !== undefined &&
          one.dueAt < dueBefore &&
          (leasedUntil.get(one.key) ?? 0) <= now &&
          newerIsDue(one),
      );
      for (const one of dropped) notices.set(one.key, { ...one, state: "superseded", because: cameTooLate });
      ledger.write(dropped.map((one) => noticeSuperseded(one, now)));
      return dropped.map(({ key }) => key);
    },
    async retry(keys, now, actor) {
      const again = inOrder()
        .filter((one) => one.state === "dead" && (keys === undefined || keys.includes(one.key)))
        .map((one) => triedAgain(one, now));
      for (const one of again) notices.set(one.key, one);
      ledger.write(again.map((one) => noticeRetried(one, now, actor)));
      return structuredClone(again);
    },
    async cancel(release, keyPrefix) {
      const cancelled = inOrder().filter(
        (one) => one.state === "waiting" && one.release === release && one.key.startsWith(keyPrefix),
      );
      for (const one of cancelled) notices.set(one.key, { ...one, state: "cancelled" });
      return cancelled.map((one) => one.key);
    },
    list: async ({ release, state, newest = false, limit }) => {
      const ordered = newest ? inOrder().reverse() : inOrder();
      return structuredClone(
        ordered
          .filter(
            (one) =>
              (release === undefined || one.release === release) &&
              (state === undefined || one.state === state),
          )
          .slice(0, limit),
      );
    },
  };
  return outbox;
}

/** What channels remember, in memory, for tests. */
export function memoryOfChannels(): ChannelMemory {
  const kept = new Map<string, string>();
  return {
    get: async (key) => kept.get(key),
    async put(key, value) {
      kept.set(key, value);
    },
  };
}
