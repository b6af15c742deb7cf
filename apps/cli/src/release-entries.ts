import { type Ask, readLedgerCall } from "@atoms/control-plane/ask";
import type { LedgerEntry } from "@atoms/playbook";

/** Entries that are asked for at once: an entry of a canary holds its buckets, and many of them are megabytes. */
const page = 2_000;

/** All entries of a release, in order, however many there are. */
export async function entriesOf(ask: Ask, release: string): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = [];
  for (;;) {
    const more = await ask(readLedgerCall, { release, after: all.at(-1)?.seq ?? 0, limit: page });
    all.push(...more);
    if (more.length < page) return all;
  }
}
