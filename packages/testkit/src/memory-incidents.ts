import { type Incident, type IncidentStore, noSuchIncident, type Outbox } from "@atoms/playbook";
import type { MemoryLedger } from "./memory-ledger.js";

/** Incidents in memory, for tests; events and notices go to the ledger and the outbox that are given. */
export function memoryIncidents(ledger: MemoryLedger, outbox: Outbox): IncidentStore {
  const all = new Map<string, Incident>();
  return {
    async open({ incident, events, notices }) {
      const standing = all.get(incident.id);
      if (standing !== undefined) return { incident: structuredClone(standing), opened: false };
      all.set(incident.id, structuredClone(incident));
      ledger.write(events);
      await outbox.put(notices, []);
      return { incident: structuredClone(incident), opened: true };
    },
    async change(id, how) {
      const standing = all.get(id);
      if (standing === undefined) throw noSuchIncident({ incident: id });
      const change = how(structuredClone(standing));
      if (change === undefined) return { incident: structuredClone(standing), changed: false };
      all.set(id, structuredClone(change.incident));
      ledger.write(change.events);
      await outbox.put(change.notices, []);
      return { incident: structuredClone(change.incident), changed: true };
    },
    get: async (id) => structuredClone(all.get(id)),
    list: async ({ service, environment, only, limit }) =>
      structuredClone(
        [...all.values()]
          .filter(
            (one) =>
              (service === undefined || one.service === service) &&
              (environment === undefined || one.environment === environment) &&
              (only === undefined || one.state !== "closed") &&
              (only !== "under way" || one.state !== "resolved"),
          )
          .sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      ),
  };
}
