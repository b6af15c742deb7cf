import {
  changeKinds,
  changesIn,
  type EmergencySight,
  lookBackMs,
  type Part,
  readStandingFreeze,
} from "@atoms/playbook";
import { inWords } from "@atoms/playbook/report";
import type { Store } from "@atoms/store";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { part } from "./part.js";

/** The parts of a look that only the store can tell. */
export type RecordSight = Pick<
  EmergencySight,
  "releases" | "proven" | "incidents" | "alerts" | "changed" | "freeze"
>;

/** Reads all that the store knows, each part by itself. @param limitMs For each of them. */
export async function lookAtRecord(
  plane: ControlPlane,
  { service, environment, secrets }: Pick<OpenPlaybook, "service" | "environment" | "secrets">,
  limitMs: number,
): Promise<RecordSight> {
  const { clock } = plane;
  const place = { service, environment };
  const now = clock.now();
  const ask = <T>(read: (store: Store) => Promise<T>): Promise<Part<T>> =>
    part(clock, limitMs, async () => read(await plane.store()), secrets.redact);
  const [releases, proven, incidents, alerts, changed, freeze] = await Promise.all([
    ask(async (store) => {
      const [running, recent] = await Promise.all([
        store.releases.running(service, environment),
        store.releases.list({ ...place, limit: 6 }),
      ]);
      const past = recent.filter(({ state }) => state !== "running").slice(0, 5);
      return running === undefined ? { past } : { running, past };
    }),
    ask((store) => store.releases.proven(service, environment, 20)),
    ask((store) => store.incidents.list({ ...place, only: "under way", limit: 20 })),
    ask(async (store) =>
      (await store.alerts.open(service, environment)).filter(({ state }) => state === "firing"),
    ),
    ask(async ({ ledger }) => {
      const entries = await Promise.all(
        changeKinds.map((kind) => ledger.read({ kind, environment, last: true, limit: 100 })),
      );
      return changesIn(entries.flat(), { ...place, since: now - lookBackMs }, inWords);
    }),
    ask(async ({ ledger }) => (await readStandingFreeze(ledger, place, now)) ?? null),
  ]);
  return { releases, proven, incidents, alerts, changed, freeze };
}

/** The same, of a store that could not be asked at all. */
export function deadRecord(because: string, ms: number): RecordSight {
  const gone = { is: "dead", because, ms } as const;
  return { releases: gone, proven: gone, incidents: gone, alerts: gone, changed: gone, freeze: gone };
}
