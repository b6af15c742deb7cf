import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Backup,
  type BackupContents,
  type BackupEntry,
  type BackupManifest,
  type BackupStore,
  partVariables,
} from "@atoms/playbook";
import { diskWords, errnoOf, writeProblem } from "../workspace/disk-errors.js";
import { syncFolder, writeNew } from "../workspace/write-atomically.js";
import { encryptVariables } from "./encrypt.js";
import { readOrMakeKey } from "./key.js";
import { manifestFile, readManifest, sha256, variablesFile, verifyBackup } from "./verify.js";

const backupName = /^deploy_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_([\w.-]+)$/;
/** Drafts and replaced backups carry this before their name; older than an hour, nobody is at them any more. */
const draftName = ".draft-";
const restMs = 3_600_000;

/**
 * Backups in a folder, one folder each, readable by the owner only.
 * @param place.folder Absolute path of the folder of backups; made when the first is written.
 * @param place.recipients age public keys; with none, the key of `keyFile` is used, and made if need be.
 * @param place.keyFile Absolute path of that key.
 */
export function openBackupFolder(place: {
  folder: string;
  recipients: readonly string[];
  keyFile: string;
}): BackupStore {
  const { folder } = place;

  const list = async (): Promise<BackupEntry[]> => {
    const found: BackupEntry[] = [];
    for (const id of await namesIn(folder)) {
      const name = backupName.exec(id);
      if (name === null) continue;
      const [, year, month, day, hour, minute, second, release = ""] = name;
      const path = join(folder, id);
      const check = await verifyBackup(path).catch((error: unknown) => ({
        intact: false,
        faults: [diskWords(error)],
      }));
      found.push({
        id,
        folder: path,
        release,
        createdAt: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
        good: check.intact,
      });
    }
    return found;
  };

  return {
    list,

    async find(release) {
      for (const entry of await list()) {
        if (entry.release !== release || !entry.good) continue;
        const manifest = await readManifest(entry.folder);
        if ("value" in manifest)
          return { id: entry.id, folder: entry.folder, manifest: manifest.value, digest: manifest.digest };
      }
      return undefined;
    },

    async write(contents, signal) {
      const id = `deploy_${stampOf(contents.createdAt)}_${contents.release}`;
      if (!backupName.test(id)) throw new TypeError(`not the name of a backup: ${id}`);
      const path = join(folder, id);
      const draft = join(folder, `${draftName}${id}-${randomBytes(6).toString("hex")}`);
      try {
        await makeFolder(folder);
        await removeOldDrafts(folder);
        await mkdir(draft, { mode: 0o700 });
        const { files, manifest, keyMade } = await contentsAsFiles(contents, place);
        for (const [name, bytes] of files) {
          signal?.throwIfAborted();
          await writeNew(join(draft, name), bytes, 0o600);
        }
        const text = asText(manifest);
        await writeNew(join(draft, manifestFile), text, 0o600);
        await syncFolder(draft);
        await moveIn(draft, path);
        await syncFolder(folder);
        return {
          id,
          folder: path,
          manifest,
          digest: sha256(text),
          ...(keyMade === undefined ? {} : { keyMade }),
        } satisfies Backup;
      } catch (error) {
        await rm(draft, { recursive: true, force: true }).catch(() => undefined);
        throw writeProblem(path, error);
      }
    },

    async remove(id) {
      if (!backupName.test(id)) throw new TypeError(`not the name of a backup: ${id}`);
      const path = join(folder, id);
      try {
        // Out of sight first, so that a removal that is cut short never leaves half a backup under its name.
        const aside = join(folder, `${draftName}${id}-${randomBytes(6).toString("hex")}`);
        await rename(path, aside);
        await rm(aside, { recursive: true, force: true });
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw writeProblem(path, error);
      }
    },
  };
}

/** Everything that will lie in the backup, the values of variables encrypted already. */
async function contentsAsFiles(
  contents: BackupContents,
  place: { recipients: readonly string[]; keyFile: string },
): Promise<{ files: Map<string, string | Uint8Array>; manifest: BackupManifest; keyMade?: string }> {
  const { production, aliases, variables } = contents;
  const { deployment } = production;
  const { kept, notRestorable } = partVariables(variables);
  const files = new Map<string, string | Uint8Array>([
    ["deployment.json", asText(deployment ?? null)],
    ["production.json", asText({ ...production, deployment: deployment?.id ?? null, aliases })],
    ["variables.json", asText(variables.map(({ key, targets, readable }) => ({ key, targets, readable })))],
  ]);
  const keys = kept.length === 0 ? { recipients: [] } : await recipientsOf(place);
  if (kept.length > 0) files.set(variablesFile, await encryptVariables(kept, keys.recipients));
  return {
    files,
    manifest: {
      format: 1,
      release: contents.release,
      service: contents.service,
      environment: contents.environment,
      platform: contents.platform,
      created_at: new Date(contents.createdAt).toISOString(),
      deployment:
        deployment === undefined
          ? null
          : {
              id: deployment.id,
              address: deployment.address,
              ...(deployment.version === undefined ? {} : { version: deployment.version }),
            },
      variables: { kept: kept.map((one) => one.key), not_restorable: notRestorable },
      recipients: [...keys.recipients],
      files: [...files].map(([path, bytes]) => ({
        path,
        bytes: Buffer.byteLength(bytes),
        sha256: sha256(bytes),
      })),
    },
    ...("keyMade" in keys ? { keyMade: keys.keyMade } : {}),
  };
}

async function recipientsOf(place: {
  recipients: readonly string[];
  keyFile: string;
}): Promise<{ recipients: readonly string[]; keyMade?: string }> {
  if (place.recipients.length > 0) return { recipients: place.recipients };
  const { recipient, made } = await readOrMakeKey(place.keyFile);
  return { recipients: [recipient], ...(made ? { keyMade: place.keyFile } : {}) };
}

/** Makes the folder private, and tells git to leave it alone: who wants backups in git removes that file. */
export async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) await writeFile(join(folder, ".gitignore"), "*\n", { mode: 0o600 });
}

/** Puts the draft in its place; what stands there is a damaged backup of the same release, or the work of a twin. */
async function moveIn(draft: string, path: string): Promise<void> {
  try {
    await rename(draft, path);
  } catch (error) {
    if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST") throw error;
    const aside = `${draft}-replaced`;
    await rename(path, aside);
    await rename(draft, path);
    await rm(aside, { recursive: true, force: true });
  }
}

async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!name.startsWith(draftName)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < Date.now() - restMs)
      await rm(path, { recursive: true, force: true });
  }
}

/** Names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw writeProblem(folder, error);
  }
}

/** `YYYYMMDD_HHMMSS` in UTC. */
const stampOf = (at: number) =>
  new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_");

const asText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
