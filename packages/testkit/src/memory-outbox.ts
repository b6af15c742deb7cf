import type { NoticeRecord, Outbox } from "@atoms/playbook";
import { afterTry, noSuchNotice } from "@atoms/store";
import type { MemoryLedger } from "./memory-ledger.js";

/** An outbox in memory, for tests; its events go to the ledger that is given. */
export function memoryOutbox(ledger: MemoryLedger): Outbox {
  const notices = new Map<string, NoticeRecord>();
  const leasedUntil = new Map<string, number>();
  const inOrder = () => [...notices.values()].sort((a, b) => a.dueAt - b.dueAt);

  return {
    async put(added, events) {
      for (const notice of added)
        if (!notices.has(notice.key))
          notices.set(notice.key, {
            ...structuredClone(notice),
            state: "waiting",
            tries: 0,
            nextAt: notice.dueAt,
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
    async settle(key, delivery, at, nextAt) {
      const notice = notices.get(key);
      if (notice === undefined) throw noSuchNotice({ key });
      leasedUntil.delete(key);
      notices.set(key, afterTry(notice, delivery, at, nextAt));
    },
    async cancel(release, keyPrefix) {
      const cancelled = inOrder().filter(
        (one) => one.state === "waiting" && one.release === release && one.key.startsWith(keyPrefix),
      );
      for (const one of cancelled) one.state = "cancelled";
      return cancelled.map((one) => one.key);
    },
    list: async ({ release, state, limit }) =>
      structuredClone(
        inOrder()
          .filter(
            (one) =>
              (release === undefined || one.release === release) &&
              (state === undefined || one.state === state),
          )
          .slice(0, limit),
      ),
  };
}
