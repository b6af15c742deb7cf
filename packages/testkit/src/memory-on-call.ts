import {
  noSuchOverride,
  noSuchPage,
  type OnCallStore,
  type Outbox,
  type Override,
  type Page,
} from "@atoms/playbook";
import type { MemoryLedger } from "./memory-ledger.js";

/** Pages and overrides in memory, for tests; events and notices go to the ledger and the outbox that are given. */
export function memoryOnCall(ledger: MemoryLedger, outbox: Outbox): OnCallStore {
  const pages = new Map<string, Page>();
  const overrides = new Map<string, Override>();
  return {
    async open(page, events) {
      const standing = pages.get(page.id);
      if (standing !== undefined) return structuredClone(standing);
      ledger.write(events);
      pages.set(page.id, structuredClone(page));
      return structuredClone(page);
    },
    async change(id, from, change, events, notices) {
      const standing = pages.get(id);
      if (standing === undefined) throw noSuchPage({ page: id });
      if (!from.includes(standing.state)) return { page: structuredClone(standing), changed: false };
      const changed: Page = { ...standing, ...structuredClone(change) };
      if (changed.state !== "paging") delete changed.nextAt;
      pages.set(id, changed);
      ledger.write(events);
      await outbox.put(notices(structuredClone(changed)), []);
      return { page: structuredClone(changed), changed: true };
    },
    page: async (id) => structuredClone(pages.get(id)),
    pages: async ({ state, limit }) =>
      structuredClone(
        [...pages.values()]
          .filter((one) => state === undefined || one.state === state)
          .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      ),
    async addOverride(override, events) {
      if (!overrides.has(override.id)) overrides.set(override.id, structuredClone(override));
      ledger.write(events);
    },
    async removeOverride(id, events) {
      const removed = overrides.get(id);
      if (removed === undefined) throw noSuchOverride({ override: id });
      overrides.delete(id);
      ledger.write(events(removed));
      return removed;
    },
    overrides: async ({ service, environment, after }) =>
      structuredClone(
        [...overrides.values()]
          .filter((one) => one.service === service && one.environment === environment && one.until > after)
          .sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1)),
      ),
  };
}
