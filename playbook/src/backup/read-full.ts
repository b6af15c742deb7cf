import { fullManifestFile, takenAt } from "./create.js";
import { type FullBackup, type FullEntry, FullManifest } from "./model.js";
import type { FullBackupPorts } from "./ports.js";
import { backupUnsound, noSuchBackup } from "./problems.js";

/** A backup without a manifest may still be being written; older than this, it was given up. */
export const draftRestMs = 86_400_000;

type Reading = Pick<FullBackupPorts, "vault" | "digesting">;

/** Reads what is in the store, newest first. */
export async function listFullBackups({ vault, digesting }: Reading): Promise<FullEntry[]> {
  const found: FullEntry[] = [];
  for (const id of await vault.ids()) {
    const createdAt = takenAt(id);
    if (createdAt === undefined) continue;
    const read = await readManifest({ vault, digesting }, id);
    // An id tells only the second, and of two in one second the newer has to be known.
    found.push({
      id,
      ...read,
      createdAt: read.sound ? Date.parse(read.backup.manifest.created_at) : createdAt,
    });
  }
  return found.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}

async function readManifest(
  { vault, digesting }: Reading,
  id: string,
): Promise<{ sound: true; backup: FullBackup } | { sound: false; because: string }> {
  const data = await vault.read(id, fullManifestFile);
  if (data === undefined) return { sound: false, because: "it has no manifest: it was never finished" };
  const read = digesting(data);
  const text = new TextDecoder();
  let json = "";
  for await (const piece of read.data) json += text.decode(piece, { stream: true });
  try {
    const manifest = FullManifest.parse(JSON.parse(json));
    if (manifest.id !== id) return { sound: false, because: `its manifest is of ${manifest.id}` };
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    return { sound: true, backup: { id, manifest, digest: read.result().sha256, bytes } };
  } catch {
    return { sound: false, because: "its manifest is not as a backup writes it" };
  }
}

/**
 * One full backup.
 * @param id The newest whole one when left out.
 * @throws ATM-236 when there is none, ATM-237 when its manifest cannot be read.
 */
export async function readFullBackup(ports: Reading, id: string | undefined): Promise<FullBackup> {
  const { vault } = ports;
  if (id === undefined) {
    const newest = (await listFullBackups(ports)).find((entry) => entry.sound);
    if (newest === undefined) throw noSuchBackup({ id: "", where: vault.where });
    return newest.backup;
  }
  if (takenAt(id) === undefined || !(await vault.ids()).includes(id))
    throw noSuchBackup({ id, where: vault.where });
  const read = await readManifest(ports, id);
  if (!read.sound) throw backupUnsound({ id, faults: [read.because] });
  return read.backup;
}
