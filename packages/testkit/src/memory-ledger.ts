import type { Ledger, LedgerCheck, LedgerEntry, LedgerEvent } from "@atoms/playbook";
import { beginning, canonicalJson, chainHash, link, storable } from "@atoms/store";

/** A ledger in memory, for tests. */
export interface MemoryLedger extends Ledger {
  /** Every entry, in order. */
  readonly entries: readonly LedgerEntry[];
  /** Appends at once; how the other stores in memory write events in the same breath as their own change. */
  write(events: readonly LedgerEvent[]): LedgerEntry[];
}

/** Makes an empty ledger that keeps its entries in memory. */
export function memoryLedger(): MemoryLedger {
  const entries: LedgerEntry[] = [];
  const byKey = new Map<string, LedgerEntry>();

  const write = (events: readonly LedgerEvent[]) =>
    events.map((raw) => {
      const event = storable(raw);
      const standing = byKey.get(event.key);
      if (standing !== undefined) return structuredClone(standing);
      const entry = link(entries.at(-1) ?? { seq: 0, hash: beginning }, event);
      entries.push(entry);
      byKey.set(entry.key, entry);
      return structuredClone(entry);
    });

  return {
    entries,
    write,
    append: async (events) => write(events),
    async read({ after = 0, release, environment, kind, limit = 500, last = false }) {
      const found = entries.filter(
        (entry) =>
          entry.seq > after &&
          (release === undefined || entry.release === release) &&
          (environment === undefined || entry.environment === environment) &&
          (kind === undefined || entry.kind === kind),
      );
      return structuredClone(last ? found.slice(Math.max(0, found.length - limit)) : found.slice(0, limit));
    },
    async verify(): Promise<LedgerCheck> {
      let head = { seq: 0, hash: beginning };
      for (const entry of entries) {
        const { seq, hash, previous, ...event } = entry;
        const broken = (because: string): LedgerCheck => ({
          intact: false,
          entries: entries.length,
          brokenAt: head.seq + 1,
          because,
        });
        if (seq !== head.seq + 1) return broken(`entry ${head.seq + 1} is missing`);
        if (previous !== head.hash) return broken(`entry ${seq} does not follow the entry before it`);
        if (hash !== chainHash(previous, canonicalJson(event))) return broken(`entry ${seq} was changed`);
        head = { seq, hash };
      }
      return { intact: true, entries: entries.length, head: head.hash };
    },
  };
}
