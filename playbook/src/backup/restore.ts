import { isProblem } from "../terms/index.js";
import { differencesOf, standingOf } from "./compare.js";
import type { DumpKind } from "./embedded.js";
import type { DatabaseFacts, FullBackup, FullCheck, FullManifest, RestoreProof } from "./model.js";
import type { ByteStream, Digesting, FullBackupPorts } from "./ports.js";
import {
  anotherSchema,
  backupUnsound,
  contentsDiffer,
  databaseNewer,
  dumpOfAnotherKind,
  identityDoesNotFit,
  noSuchDatabase,
} from "./problems.js";
import type { DatabaseSettings } from "./settings.js";

type KeptDatabase = FullManifest["databases"][number];

/** The database of a backup by the playbook's name for it; the only one when no name is given. @throws ATM-241. */
export function databaseIn({ manifest }: FullBackup, name: string | undefined): KeptDatabase {
  const known = manifest.databases.map((one) => one.name);
  const found =
    name === undefined && known.length === 1
      ? manifest.databases[0]
      : manifest.databases.find((one) => one.name === name);
  if (found === undefined) throw noSuchDatabase({ name: name ?? "database named with --database", known });
  return found;
}

/** @throws ATM-250 when the dump is not of the kind that the place takes. */
function checkKind(
  backup: FullBackup,
  { name, dump = "pg_dump" }: KeptDatabase,
  url: string,
  { databases }: Pick<FullBackupPorts, "databases">,
): void {
  if (databases.understands(url) && databases.dumpKind(url) !== dump)
    throw dumpOfAnotherKind({ id: backup.id, database: name, dump, where: databases.shown(url) });
}

/**
 * Restores a database of a backup into an empty one: read, checked against its digest, and opened as it passes.
 * @throws ATM-237 when the file is not as it was written, ATM-248 when no key opens it, ATM-235.
 */
async function restoreInto(
  backup: FullBackup,
  kept: KeptDatabase,
  into: string,
  ports: FullBackupPorts,
  signal?: AbortSignal,
): Promise<void> {
  const { vault, cipher, databases, digesting, progress } = ports;
  const { id, manifest } = backup;
  const told = manifest.files.find(({ path }) => path === kept.file);
  const data = await vault.read(id, kept.file, signal);
  if (told === undefined || data === undefined) throw backupUnsound({ id, faults: [`${kept.file} is gone`] });
  const digested = digesting(
    watched(data, (bytes) => progress({ doing: `restoring ${kept.name}`, bytes, of: told.bytes })),
  );
  let found: Digest;
  try {
    const opened = await cipher.open(digested.data);
    if (opened === undefined) throw identityDoesNotFit({ folder: id, recipients: manifest.recipients });
    const { server, roles = [] } = kept.facts;
    await databases.restore(into, opened, { server, roles, signal });
    found = digested.result();
  } catch (error) {
    signal?.throwIfAborted();
    // A file that was cut or changed makes any of those that read it fail: then the file is what is wrong.
    const again = await vault.read(id, kept.file, signal);
    const fault = again && faultOf(kept.file, told, await digestOf(digesting(again)));
    throw fault === undefined ? error : backupUnsound({ id, faults: [fault] });
  }
  const fault = faultOf(kept.file, told, found);
  if (fault !== undefined) throw backupUnsound({ id, faults: [fault] });
}

type Digest = { bytes: number; sha256: string };

const faultOf = (path: string, told: Digest, found: Digest): string | undefined =>
  found.bytes !== told.bytes
    ? `${path} has ${found.bytes} bytes instead of ${told.bytes}`
    : found.sha256 === told.sha256
      ? undefined
      : `${path} was changed`;

async function digestOf({ data, result }: Digesting): Promise<Digest> {
  for await (const _ of data);
  return result();
}

async function* watched(data: ByteStream, onBytes: (bytes: number) => void): ByteStream {
  let bytes = 0;
  for await (const piece of data) {
    bytes += piece.length;
    onBytes(bytes);
    yield piece;
  }
}

/** Restores into an empty database and measures what is there then. */
async function provenIn(
  backup: FullBackup,
  kept: KeptDatabase,
  into: string,
  ports: FullBackupPorts,
  signal?: AbortSignal,
): Promise<RestoreProof> {
  const { databases, clock, progress } = ports;
  const began = clock.monotonic();
  await restoreInto(backup, kept, into, ports, signal);
  const found = await databases.contents(
    into,
    (done, of) => progress({ doing: `comparing ${kept.name}, ${done} of ${of} tables` }),
    signal,
  );
  return {
    database: kept.name,
    rows: found.tables.reduce((sum, { rows }) => sum + rows, 0),
    tables: found.tables.length,
    differences: differencesOf(kept.contents, found),
    ms: Math.round(clock.monotonic() - began),
  };
}

/** What says that the backup is wrong, and not what is around it. */
const faulty: ReadonlySet<string> = new Set(["ATM-235", "ATM-237", "ATM-253"]);

/**
 * Tries a backup: every file against its digest, and every database restored into a scratch one, measured, and removed
 * again. What is wrong with the backup is an answer; what is in the way of looking is thrown.
 * @param settings Where scratch databases may be made, by the playbook's names.
 */
export async function verifyFullBackup(
  backup: FullBackup,
  settings: Readonly<Record<string, DatabaseSettings>>,
  ports: FullBackupPorts,
  signal?: AbortSignal,
): Promise<FullCheck> {
  const { databases, clock } = ports;
  const began = clock.monotonic();
  const { id, manifest } = backup;
  const proofs: RestoreProof[] = [];
  const faults = await faultsOf(backup, ports, signal);
  if (faults.length === 0) {
    for (const kept of manifest.databases) {
      const place = settings[kept.name];
      if (place === undefined) throw noSuchDatabase({ name: kept.name, known: Object.keys(settings) });
      const by = place.scratch_url ?? place.url;
      checkKind(backup, kept, by, ports);
      const scratch = await databases.make(by, { locale: kept.facts.locale }, signal);
      try {
        proofs.push(await provenIn(backup, kept, scratch, ports, signal));
      } catch (error) {
        if (!isProblem(error) || !faulty.has(error.code)) throw error;
        faults.push(error.happened.replace(`${id}: `, "").replace(/\.$/, ""));
      } finally {
        await databases.drop(scratch).catch(() => undefined);
      }
    }
  }
  return {
    id,
    sound: faults.length === 0 && proofs.every(({ differences }) => differences.length === 0),
    faults,
    databases: proofs,
    ms: Math.round(clock.monotonic() - began),
  };
}

/** Reads the files that no database is restored from; those are checked as they are restored. */
async function faultsOf(
  { id, manifest }: FullBackup,
  { vault, digesting, progress }: FullBackupPorts,
  signal?: AbortSignal,
): Promise<string[]> {
  const faults: string[] = [];
  const restored = new Set(manifest.databases.map(({ file }) => file));
  for (const { path, bytes, sha256 } of manifest.files) {
    if (restored.has(path)) continue;
    progress({ doing: `reading ${path}` });
    const data = await vault.read(id, path, signal);
    if (data === undefined) {
      faults.push(`${path} is gone`);
      continue;
    }
    const fault = faultOf(path, { bytes, sha256 }, await digestOf(digesting(data)));
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

/** Where a database is to be restored to, as it stands. */
export type RestoreTarget = {
  url: string;
  /** Undefined when the server has no such database. */
  facts?: DatabaseFacts;
  /** It has tables. */
  inUse: boolean;
};

/**
 * Looks at the place a backup is to be restored to, and judges whether it may be.
 * @throws ATM-232 when the server cannot be reached; ATM-250 another kind of dump; ATM-239 another schema; ATM-238 newer, unless `overNewer`.
 */
export async function lookAtTarget(
  backup: FullBackup,
  kept: KeptDatabase,
  url: string,
  overNewer: boolean,
  ports: Pick<FullBackupPorts, "databases">,
  signal?: AbortSignal,
): Promise<RestoreTarget> {
  const { databases } = ports;
  checkKind(backup, kept, url, ports);
  const facts = await databases.facts(url, signal);
  if (facts === undefined) return { url, inUse: false };
  const now = await databases.objects(url, signal);
  const standing = standingOf(now, kept.contents.objects);
  const where = facts.where;
  if (!standing.may && standing.because === "another schema")
    throw anotherSchema({ where, id: backup.id, from: kept.facts.where });
  if (!standing.may && standing.because === "newer" && !overNewer) {
    const shown = 5;
    const { newer } = standing;
    throw databaseNewer({
      where,
      id: backup.id,
      newer: newer.slice(0, shown),
      more: Math.max(0, newer.length - shown),
    });
  }
  return { url, facts, inUse: Object.keys(now).some((name) => name.startsWith("table ")) };
}

/** What a restore has done. */
export type Restored = {
  backup: string;
  /** When the backup was taken: what was written after it is not in the database any more. */
  takenAt: number;
  proof: RestoreProof;
  /** What the dump was; an embedded database is kept, and told of in its health, by its service. */
  dump: DumpKind;
  /** Host, port and name of the database in use now. */
  where: string;
  target: string;
  /** The database that was in use before, as it is called on the same server now. */
  aside?: string;
};

/**
 * Restores a database of a backup: into a fresh one beside, measured there, and only then put in the place of the one in
 * use, which is kept under another name. Where none can be made beside, an empty one is restored into directly.
 * @param how.aside Name under which the database in use is kept.
 * @param how.label Kept with the restored database from the moment it is proven, so that a repeat knows it again.
 * @throws ATM-245 when what was restored differs; nothing is put in place then. ATM-235, 237, 242, 243, 248.
 */
export async function restoreDatabase(
  backup: FullBackup,
  kept: KeptDatabase,
  target: RestoreTarget,
  how: { aside: string; label?: string },
  ports: FullBackupPorts,
  signal?: AbortSignal,
): Promise<Restored> {
  const { databases, progress } = ports;
  const { url, inUse } = target;
  const done = (proof: RestoreProof, aside?: string): Restored => ({
    backup: backup.id,
    takenAt: Date.parse(backup.manifest.created_at),
    proof,
    dump: databases.dumpKind(url),
    where: databases.shown(url),
    target: databases.target(url),
    ...(aside === undefined ? {} : { aside }),
  });
  let fresh: string;
  try {
    fresh = await databases.make(url, { locale: target.facts?.locale ?? kept.facts.locale }, signal);
  } catch (error) {
    if (inUse || target.facts === undefined || !isProblem(error) || error.code !== "ATM-242") throw error;
    const proof = await provenIn(backup, kept, url, ports, signal);
    if (proof.differences.length > 0)
      throw contentsDiffer({
        id: backup.id,
        differences: proof.differences,
        kept: "It was empty before, and holds what was restored.",
      });
    if (how.label !== undefined) await databases.setLabel(url, how.label, signal);
    return done(proof);
  }
  try {
    const proof = await provenIn(backup, kept, fresh, ports, signal);
    if (proof.differences.length > 0)
      throw contentsDiffer({
        id: backup.id,
        differences: proof.differences,
        kept: "What was restored was removed again.",
      });
    if (how.label !== undefined) await databases.setLabel(fresh, how.label, signal);
    progress({ doing: `putting ${kept.name} in place` });
    const aside = target.facts === undefined ? undefined : how.aside;
    await databases.swap(url, fresh, how.aside, signal);
    return done(proof, aside);
  } catch (error) {
    await databases.drop(fresh).catch(() => undefined);
    throw error;
  }
}

/**
 * Restores a database of a backup into one of its own, beside others on a server, compared with the manifest. Safe to run
 * twice: what is there and bears the label is whole.
 * @param how.at Address of any database of that server. @param how.name Name of the database to be made.
 * @returns its address. @throws ATM-245 when what was restored differs, and it is removed again; ATM-235, 237, 242, 248.
 */
export async function restoreBeside(
  backup: FullBackup,
  kept: KeptDatabase,
  how: { at: string; name: string; label: string },
  ports: FullBackupPorts,
  signal?: AbortSignal,
): Promise<string> {
  const { databases } = ports;
  const beside = besideAddress(how);
  if ((await databases.label(beside, signal)) === how.label) return beside;
  await databases.drop(beside, signal);
  await databases.make(how.at, { locale: kept.facts.locale, name: how.name }, signal);
  try {
    const proof = await provenIn(backup, kept, beside, ports, signal);
    if (proof.differences.length > 0)
      throw contentsDiffer({
        id: backup.id,
        differences: proof.differences,
        kept: "What was restored was removed again.",
      });
    await databases.setLabel(beside, how.label, signal);
    return beside;
  } catch (error) {
    await databases.drop(beside).catch(() => undefined);
    throw error;
  }
}

/** The address of a database beside another one. */
export function besideAddress({ at, name }: { at: string; name: string }): string {
  const url = new URL(at);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}
