import { isDoorHeld, type JournalLine, type MaintenanceOrder, maintenanceStarted } from "@atoms/playbook";
import type { Store } from "@atoms/store";
import { maintenanceIn } from "../maintenance/read.js";

/**
 * A door that was closed while the store was away becomes a maintenance of the store, unless it was opened since: whoever runs
 * flows then holds it closed, and opens it when it is ended or its time is up.
 * @param acts Of the journal, in order.
 */
export async function takeOverDoors(store: Store, acts: readonly JournalLine[]): Promise<void> {
  for (const act of acts) {
    if (act.kind !== "door.closing") continue;
    const { service, environment, actor, at, data } = act;
    const later = acts.slice(acts.indexOf(act) + 1);
    const same = (one: JournalLine) => one.service === service && one.environment === environment;
    if (later.some((one) => same(one) && ["door.opening", "door.closing"].includes(one.kind))) continue;
    const { maintenance, because, until, playbook, platform } = data;
    if (typeof maintenance !== "string" || typeof because !== "string" || typeof until !== "number") continue;
    if (typeof playbook !== "string" || (platform !== "vercel" && platform !== "local")) continue;
    const known = await maintenanceIn({ store: async () => store }, { service, environment }, 20);
    const [newest] = known;
    if (known.some((one) => isDoorHeld(one) || one.id === maintenance)) continue;
    const order: MaintenanceOrder = {
      maintenance,
      service,
      environment,
      actor,
      because,
      startedAt: at,
      until,
      tasks: [],
      hold: true,
      playbook: { path: playbook, text: "", platform },
    };
    await store.ledger.append([maintenanceStarted(order, (newest?.number ?? 0) + 1)]);
  }
}
