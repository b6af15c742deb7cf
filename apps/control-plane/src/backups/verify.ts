import { createHash } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BackupCheck,
  BackupManifest,
  backupDamaged,
  backupMissing,
  identityDoesNotFit,
  type KeptVariable,
} from "@atoms/playbook";
import { diskWords, errnoOf } from "../workspace/disk-errors.js";
import { decryptVariables } from "./encrypt.js";

/** File names inside a backup. */
export const manifestFile = "manifest.json";
export const variablesFile = "variables.age";

export const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/**
 * Checks a backup: every file that the manifest tells of is there with its digest, and no other. With a key, the values
 * are opened too and compared with the names in the manifest.
 * @param identity An age private key, `AGE-SECRET-KEY-1…`.
 * @throws ATM-801 when the folder is no backup, ATM-805 when the key does not open it. Damage is an answer.
 */
export async function verifyBackup(folder: string, identity?: string): Promise<BackupCheck> {
  const manifest = await readManifest(folder);
  if ("fault" in manifest) return { intact: false, faults: [manifest.fault] };
  const { value } = manifest;
  const faults = await faultsOf(folder, value);
  if (faults.length > 0) return { intact: false, faults };
  const sound = { intact: true as const, manifest: value, files: value.files.length };
  if (value.variables.kept.length === 0) return { ...sound, values: "nothing kept" };
  if (identity === undefined) return { ...sound, values: "not tried" };
  const opened = await decryptVariables(await readFile(join(folder, variablesFile)), identity);
  if (opened === undefined) throw identityDoesNotFit({ folder, recipients: value.recipients });
  if (opened.map((one) => one.key).join() !== value.variables.kept.join())
    return { intact: false, faults: [`${variablesFile} holds other variables than the manifest tells`] };
  return { ...sound, values: "opened" };
}

/**
 * Opens the values of a backup's variables. The only way to them; who calls it must not print or keep them.
 * @throws ATM-801 no backup, 802 damaged, 805 the key does not open it.
 */
export async function openVariables(folder: string, identity: string): Promise<KeptVariable[]> {
  const check = await verifyBackup(folder, identity);
  if (!check.intact) throw backupDamaged({ folder, faults: check.faults });
  if (check.values === "nothing kept") return [];
  const opened = await decryptVariables(await readFile(join(folder, variablesFile)), identity);
  if (opened === undefined) throw identityDoesNotFit({ folder, recipients: check.manifest.recipients });
  return opened;
}

/** Reads the manifest and its digest. @throws ATM-801 when there is none. */
export async function readManifest(
  folder: string,
): Promise<{ value: BackupManifest; digest: string } | { fault: string }> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(folder, manifestFile));
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw backupMissing({ folder });
    return { fault: `${manifestFile} cannot be read: ${diskWords(error)}` };
  }
  try {
    return { value: BackupManifest.parse(JSON.parse(bytes.toString("utf8"))), digest: sha256(bytes) };
  } catch {
    return { fault: `${manifestFile} is not as a backup writes it` };
  }
}

async function faultsOf(folder: string, manifest: BackupManifest): Promise<string[]> {
  const faults: string[] = [];
  const told = new Set([manifestFile]);
  for (const { path, bytes, sha256: digest } of manifest.files) {
    told.add(path);
    // A name that leads elsewhere was not written by us.
    if (!/^[\w.-]+$/.test(path) || path.startsWith(".")) {
      faults.push(`${manifestFile} names ${path}, which is no file of a backup`);
      continue;
    }
    const full = join(folder, path);
    const stat = await lstat(full).catch(() => undefined);
    if (stat === undefined) faults.push(`${path} is gone`);
    else if (!stat.isFile()) faults.push(`${path} is no file`);
    else if (stat.size !== bytes) faults.push(`${path} has ${stat.size} bytes instead of ${bytes}`);
    else {
      const found = await readFile(full).then(sha256, diskWords);
      if (found !== digest) faults.push(`${path} was changed`);
    }
  }
  if (manifest.variables.kept.length > 0 && !told.has(variablesFile))
    faults.push(`${manifestFile} tells of variables, but not of ${variablesFile}`);
  for (const name of await readdir(folder).catch(() => []))
    if (!told.has(name)) faults.push(`${name} does not belong to it`);
  return faults;
}
