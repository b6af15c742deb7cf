import {
  isMaintenanceOpen,
  type LedgerEntry,
  type Maintenance,
  maintenanceKinds,
  readMaintenance,
} from "@atoms/playbook";
import type { ControlPlane } from "../control-plane.js";

type Place = { service: string; environment: string };
/** Events of the newest maintenances that are read at the most, of each kind. */
const mostEvents = 5_000;

/** The newest maintenances of an environment, newest first, as the ledger tells them. */
export async function maintenanceIn(
  plane: Pick<ControlPlane, "store">,
  place: Place,
  limit: number,
): Promise<Maintenance[]> {
  return readMaintenance(await eventsIn(plane, place, limit));
}

/** One that closes the door may have begun while another was at work that does not. */
const besides = 5;

/** The maintenance that is under way, the newest, if there is one. */
export async function maintenanceNow(plane: ControlPlane, place: Place): Promise<Maintenance | undefined> {
  return (await maintenanceIn(plane, place, besides)).find(isMaintenanceOpen);
}

/** Starts of maintenance, of all services, among which one that is not over is looked for. */
const mostStarts = 200;

/** Every maintenance of the store that is under way. */
export async function everyMaintenanceNow(plane: ControlPlane): Promise<Maintenance[]> {
  const { ledger } = await plane.store();
  const begun = await ledger.read({ kind: maintenanceKinds[0], last: true, limit: mostStarts });
  const places = new Map(begun.map((one) => [`${one.service} ${one.environment}`, one]));
  const now = await Promise.all([...places.values()].map((place) => maintenanceNow(plane, place)));
  return now.filter((one) => one !== undefined);
}

/** What the ledger holds of the newest maintenances, in its order. */
export async function eventsIn(
  plane: Pick<ControlPlane, "store">,
  { service, environment }: Place,
  limit: number,
): Promise<LedgerEntry[]> {
  const { ledger } = await plane.store();
  const [first, ...later] = maintenanceKinds;
  // Other services of the environment may have begun some in between.
  const begun = (await ledger.read({ kind: first, environment, last: true, limit: limit * 10 }))
    .filter((entry) => entry.service === service)
    .slice(-limit);
  const [oldest] = begun;
  if (oldest === undefined) return [];
  const rest = await Promise.all(
    later.map((kind) => ledger.read({ kind, environment, after: oldest.seq, limit: mostEvents, last: true })),
  );
  return [...begun, ...rest.flat().filter((entry) => entry.service === service)].sort(
    (a, b) => a.seq - b.seq,
  );
}
