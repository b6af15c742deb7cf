import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { serviceDatabases } from "@atoms/databases";
import {
  type Actor,
  backupOfAnother,
  createFullBackup,
  type DatabaseSettings,
  type DumpKind,
  databaseIn,
  draftRestMs,
  type FullBackup,
  type FullBackupPorts,
  type FullCheck,
  type FullOrder,
  fullIdAt,
  isProblem,
  type Json,
  listFullBackups,
  lookAtTarget,
  noSuchDatabase,
  type Progress,
  type Restored,
  type RestoreTarget,
  readFullBackup,
  restoreDatabase,
  toForget,
  verifyFullBackup,
  wrongWord,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import type { JobPort } from "../jobs.js";
import { ageCipher, digesting } from "./streams.js";
import { folderVault } from "./vault-folder.js";
import { s3Vault } from "./vault-s3.js";

/** One full backup, as a list shows it. */
export type FullBackupLine = {
  id: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  by?: string;
  databases: { name: string; where: string; tables: number; rows: number }[];
  bytes: number;
  /** The last verification; undefined when it was never tried. */
  verified?: { at: number; sound: boolean };
  /** Why it is none. */
  because?: string;
};

const ledgerPage = 500;

/** What full backups of a playbook stand on. @param keys Files of further private keys. */
export function fullPorts(
  plane: Pick<ControlPlane, "places" | "clock" | "env">,
  { settings }: Pick<OpenPlaybook, "settings">,
  keys: readonly string[],
  progress: (progress: Progress) => void,
): FullBackupPorts {
  const { backup } = settings;
  const { clock, places } = plane;
  const path = plane.env["PATH"];
  return {
    vault:
      backup.s3 === undefined
        ? folderVault(resolve(places.root, backup.folder))
        : s3Vault(backup.s3, { clock }),
    cipher: ageCipher({
      recipients: backup.recipients,
      keyFile: join(places.keys, "backup.agekey"),
      more: keys.map((file) => resolve(places.root, file)),
    }),
    databases: serviceDatabases({ clock, ...(path === undefined ? {} : { path }) }),
    clock,
    digesting,
    progress,
  };
}

/** Takes a full backup, and writes it down. */
export async function takeFull(
  plane: ControlPlane,
  open: OpenPlaybook,
  asked: { databases?: readonly string[] | undefined; actor: Actor },
  job: JobPort,
): Promise<{ backup: FullBackup; keyMade?: string; notRead?: string }> {
  const { service, environment, settings } = open;
  const chosen = chosenDatabases(settings.backup.databases, asked.databases);
  const { state, notRead } = await stateOf(open, Object.keys(chosen).length > 0, job.signal);
  if (notRead !== undefined) job.say(`What production serves, and its variables, are not in it: ${notRead}`);
  const at = plane.clock.now();
  const order: FullOrder = {
    id: fullIdAt(at, randomBytes(2).toString("hex")),
    service,
    environment,
    platform: open.platformName,
    at,
    by: asked.actor.via === "schedule" ? "schedule" : asked.actor.name,
    databases: chosen,
    state,
  };
  const ports = fullPorts(plane, open, [], job.progress);
  const made = await createFullBackup(order, ports, job.signal);
  const { id, manifest, digest, bytes } = made.backup;
  await tell(plane, open, asked.actor, "backup.created", id, at, {
    digest,
    bytes,
    store: ports.vault.where,
    databases: manifest.databases.map(({ name, facts, contents }) => ({
      name,
      target: facts.target,
      tables: contents.tables.length,
      rows: rowsOf(contents.tables),
    })),
  });
  if (made.keyMade !== undefined)
    job.say(
      `A key to read it was made at ${made.keyMade}; keep a copy elsewhere, without it nothing can be restored.`,
    );
  return { ...made, ...(notRead === undefined ? {} : { notRead }) };
}

const rowsOf = (tables: readonly { rows: number }[]) => tables.reduce((sum, { rows }) => sum + rows, 0);

function chosenDatabases(
  known: Readonly<Record<string, DatabaseSettings>>,
  asked: readonly string[] | undefined,
): Record<string, DatabaseSettings> {
  if (asked === undefined || asked.length === 0) return { ...known };
  return Object.fromEntries(
    asked.map((name) => {
      const found = known[name];
      if (found === undefined) throw noSuchDatabase({ name, known: Object.keys(known) });
      return [name, found];
    }),
  );
}

/** What the platform says. A database is backed up even when the platform is away; without any, nothing would be left. */
async function stateOf(
  open: OpenPlaybook,
  hasDatabases: boolean,
  signal: AbortSignal,
): Promise<{ state: FullOrder["state"]; notRead?: string }> {
  try {
    const platform = await open.platform({ start: !hasDatabases });
    const [production, variables] = await Promise.all([
      platform.production(signal),
      platform.variables({ values: true }, signal),
    ]);
    return { state: { production, variables } };
  } catch (error) {
    if (!isProblem(error) || !hasDatabases) throw error;
    return { state: undefined, notRead: error.happened };
  }
}

/** What is in the store, newest first, and what the ledger knows of its being tried. */
export async function listFull(plane: ControlPlane, open: OpenPlaybook): Promise<FullBackupLine[]> {
  const entries = await listFullBackups(fullPorts(plane, open, [], () => undefined));
  const tried = await verifications(plane);
  return entries.map((entry) => {
    const verified = tried.get(entry.id);
    const shared = {
      id: entry.id,
      createdAt: entry.createdAt,
      ...(verified === undefined ? {} : { verified }),
    };
    if (!entry.sound) return { ...shared, databases: [], bytes: 0, because: entry.because };
    const { manifest, bytes } = entry.backup;
    return {
      ...shared,
      by: manifest.by,
      bytes,
      databases: manifest.databases.map(({ name, facts, contents }) => ({
        name,
        where: facts.where,
        tables: contents.tables.length,
        rows: rowsOf(contents.tables),
      })),
    };
  });
}

async function verifications(plane: ControlPlane): Promise<Map<string, { at: number; sound: boolean }>> {
  const { ledger } = await plane.store();
  const entries = await ledger.read({ kind: "backup.verified", last: true, limit: ledgerPage });
  return new Map(
    entries.map(({ at, data }) => [String(data["backup"]), { at, sound: data["sound"] === true }]),
  );
}

/** Tries a full backup in a scratch database, and writes down how that went. */
export async function tryFull(
  plane: ControlPlane,
  open: OpenPlaybook,
  asked: { id?: string | undefined; keys: readonly string[]; actor: Actor },
  job: JobPort,
): Promise<FullCheck> {
  const ports = fullPorts(plane, open, asked.keys, job.progress);
  const backup = await readFullBackup(ports, asked.id);
  const changed = await changedSince(plane, backup);
  const check: FullCheck =
    changed === undefined
      ? await verifyFullBackup(backup, open.settings.backup.databases, ports, job.signal)
      : { id: backup.id, sound: false, faults: [changed], databases: [], ms: 0 };
  const now = plane.clock.now();
  await tell(plane, open, asked.actor, "backup.verified", `${backup.id}/${now}`, now, {
    backup: backup.id,
    sound: check.sound,
    faults: check.faults,
    databases: check.databases,
    ms: check.ms,
  });
  return check;
}

/** The ledger knows the digest of a manifest: one that was rewritten with its files is found too. */
export async function changedSince(
  plane: Pick<ControlPlane, "store">,
  { id, digest }: FullBackup,
): Promise<string | undefined> {
  const { ledger } = await plane.store();
  const entries = await ledger.read({ kind: "backup.created", last: true, limit: ledgerPage });
  const known = entries.find((entry) => entry.key === `backup.created/${id}`)?.data["digest"];
  return known === undefined || known === digest ? undefined : "its manifest is not the one that was written";
}

/** What a restore would do; the word that confirms it is the name of the database. */
export type RestorePlan = {
  backup: string;
  takenAt: number;
  database: string;
  /** Host, port and name of the database that is restored to. */
  where: string;
  /** What is restored: into a PostgreSQL server, or into the service that has its database embedded. */
  dump: DumpKind;
  /** It has tables: they are put aside, under another name. */
  inUse: boolean;
  word: string;
};

type RestoreAsk = {
  id?: string | undefined;
  database?: string | undefined;
  into?: string | undefined;
  overNewer: boolean;
  keys: readonly string[];
};

/** Looks at backup and place. @throws ATM-236 to 239, 241, 246, 247, and what the server says. */
export async function planRestore(
  plane: ControlPlane,
  open: OpenPlaybook,
  asked: RestoreAsk,
  signal?: AbortSignal,
): Promise<{
  plan: RestorePlan;
  backup: FullBackup;
  kept: ReturnType<typeof databaseIn>;
  target: RestoreTarget;
}> {
  const ports = fullPorts(plane, open, asked.keys, () => undefined);
  const backup = await readFullBackup(ports, asked.id);
  const kept = databaseIn(backup, asked.database);
  const { service, environment } = backup.manifest;
  if (asked.into === undefined && (service !== open.service || environment !== open.environment))
    throw backupOfAnother({
      id: backup.id,
      of: `${service} in ${environment}`,
      here: `${open.service} in ${open.environment}`,
    });
  const known = open.settings.backup.databases;
  const url = asked.into ?? known[kept.name]?.url;
  if (url === undefined) throw noSuchDatabase({ name: kept.name, known: Object.keys(known) });
  const target = await lookAtTarget(backup, kept, url, asked.overNewer, ports, signal);
  const where = ports.databases.shown(url);
  return {
    backup,
    kept,
    target,
    plan: {
      backup: backup.id,
      takenAt: Date.parse(backup.manifest.created_at),
      database: kept.name,
      where,
      dump: ports.databases.dumpKind(url),
      inUse: target.inUse,
      word: where.slice(where.lastIndexOf("/") + 1),
    },
  };
}

/** Restores a database of a backup, and writes that down. @throws ATM-240 when the word is wrong, and as `planRestore`. */
export async function restoreFull(
  plane: ControlPlane,
  open: OpenPlaybook,
  asked: RestoreAsk & { confirm: string; actor: Actor },
  job: JobPort,
): Promise<Restored> {
  const { plan, backup, kept, target } = await planRestore(plane, open, asked, job.signal);
  if (asked.confirm !== plan.word) throw wrongWord({ wanted: plan.word });
  const began = plane.clock.now();
  const stamp = new Date(began).toISOString().slice(0, 19).replace(/[-:T]/g, "");
  const note = (kind: string, data: { [key: string]: Json | undefined }) =>
    tell(plane, open, asked.actor, kind, `${backup.id}/${began}`, plane.clock.now(), {
      backup: backup.id,
      database: kept.name,
      where: plan.where,
      ...data,
    });
  await note("backup.restoring", { takenAt: plan.takenAt });
  try {
    const done = await restoreDatabase(
      backup,
      kept,
      target,
      { aside: `${plan.word.slice(0, 40)}_before_${stamp}` },
      fullPorts(plane, open, asked.keys, job.progress),
      job.signal,
    );
    await note("backup.restored", {
      takenAt: done.takenAt,
      rows: done.proof.rows,
      tables: done.proof.tables,
      target: done.target,
      aside: done.aside ?? null,
      ms: plane.clock.now() - began,
    });
    return done;
  } catch (error) {
    const because = isProblem(error) ? error.happened : "it was cut short";
    await note("backup.not_restored", { because }).catch(() => undefined);
    throw error;
  }
}

/** Removes the full backups that need not be kept, and what was never finished. */
export async function pruneFull(
  plane: ControlPlane,
  open: OpenPlaybook,
  asked: { actor: Actor; pretend: boolean },
): Promise<{ removed: string[]; kept: number }> {
  const ports = fullPorts(plane, open, [], () => undefined);
  const entries = await listFullBackups(ports);
  const tried = await verifications(plane);
  const now = plane.clock.now();
  const whole = entries.filter((entry) => entry.sound);
  const gone = [
    ...toForget(
      whole.map(({ id, createdAt }) => ({ id, createdAt, verified: tried.get(id)?.sound === true })),
      open.settings.backup.retention,
      now,
    ),
    ...entries.filter((entry) => !entry.sound && entry.createdAt < now - draftRestMs).map(({ id }) => id),
  ];
  if (!asked.pretend && gone.length > 0) {
    for (const id of gone) await ports.vault.remove(id);
    await tell(plane, open, asked.actor, "backup.pruned", String(now), now, { removed: gone });
  }
  return { removed: gone, kept: entries.length - gone.length };
}

async function tell(
  plane: ControlPlane,
  open: OpenPlaybook,
  actor: Actor,
  kind: string,
  about: string,
  at: number,
  data: { [key: string]: Json | undefined },
): Promise<void> {
  const { ledger } = await plane.store();
  const { service, environment } = open;
  await ledger.append([{ key: `${kind}/${about}`, kind, at, actor, service, environment, data }]);
}
