import type {
  AlertStore,
  ChannelMemory,
  HeartbeatStore,
  IncidentStore,
  Ledger,
  OnCallStore,
  Outbox,
  Releases,
  SampleStore,
  SlotStore,
} from "@atoms/playbook";
import type { Pool } from "pg";
import { type AccessStore, openAccess } from "./access.js";
import { openAlerts } from "./alerts.js";
import { openChannelMemory } from "./channel-memory.js";
import { openDatabase, shownAddress } from "./database.js";
import { openEmbedded } from "./embedded/open-embedded.js";
import { openHeartbeats } from "./heartbeats.js";
import { openIncidents } from "./incidents.js";
import { openLedger } from "./ledger.js";
import { migrate } from "./migrate.js";
import { openOnCall } from "./on-call.js";
import { openOutbox } from "./outbox.js";
import { storeUnreachable } from "./problems.js";
import { openReleases } from "./releases.js";
import { openSamples } from "./samples.js";
import { openSlots } from "./slots.js";

/** Where Atoms keeps what it must not forget. */
export interface Store {
  /** `embedded`: in a folder, for one process. `server`: a shared PostgreSQL. */
  readonly kind: "embedded" | "server";
  readonly ledger: Ledger;
  readonly releases: Releases;
  readonly outbox: Outbox;
  readonly onCall: OnCallStore;
  readonly samples: SampleStore;
  readonly slots: SlotStore;
  readonly heartbeats: HeartbeatStore;
  readonly channelMemory: ChannelMemory;
  readonly alerts: AlertStore;
  readonly access: AccessStore;
  readonly incidents: IncidentStore;
  /** Connections to the same database, for the engine. Owned by the store. */
  readonly pool: Pool;
  /** How to reach the same database. Secret when the store is a server. */
  readonly connectionString: string;
  /** Closes every connection, and the embedded database with its lock. */
  close(): Promise<void>;
}

/** Connections kept to a server, and to the embedded store, which serves one transaction at a time anyway. */
const poolSize = { server: 10, embedded: 6 };

/**
 * Opens the store and brings its tables up to date.
 * @param at A folder for the embedded store, created when missing; or the address of a PostgreSQL server (15 or later).
 * @throws storeInUse (701), storeDamaged (702), storeFull (703), storeUnreachable (704), storeNewer (705), migrationChanged (706).
 */
export async function openStore(at: { folder: string } | { url: string }): Promise<Store> {
  return "folder" in at ? openFolder(at.folder) : openServer(at.url);
}

async function openFolder(folder: string): Promise<Store> {
  const embedded = await openEmbedded(folder);
  const { connectionString } = embedded;
  return finish("embedded", connectionString, folder, () => embedded.close());
}

async function openServer(url: string): Promise<Store> {
  const where = shownAddress(url);
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw storeUnreachable({
      where,
      because: "it is not an address of the form postgres://user@host/database",
      embedded: false,
    });
  return finish("server", url, where, async () => undefined);
}

async function finish(
  kind: Store["kind"],
  connectionString: string,
  where: string,
  stop: () => Promise<void>,
): Promise<Store> {
  const db = openDatabase({
    connectionString,
    where,
    size: poolSize[kind],
    folder: kind === "embedded" ? where : undefined,
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= db.pool.end().then(stop);
    return closing;
  };
  try {
    await migrate(db);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    kind,
    connectionString,
    pool: db.pool,
    ledger: openLedger(db),
    releases: openReleases(db),
    outbox: openOutbox(db),
    onCall: openOnCall(db),
    samples: openSamples(db),
    slots: openSlots(db),
    heartbeats: openHeartbeats(db),
    channelMemory: openChannelMemory(db),
    alerts: openAlerts(db),
    access: openAccess(db),
    incidents: openIncidents(db),
    close,
  };
}
