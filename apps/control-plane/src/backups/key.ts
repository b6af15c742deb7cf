import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { backupKeyUnusable } from "@atoms/playbook";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { diskWords, errnoOf, writeProblem } from "../workspace/disk-errors.js";
import { syncFolder, writeNew } from "../workspace/write-atomically.js";

/** A private key and the public key that belongs to it. */
type BackupKey = { identity: string; recipient: string };

/**
 * Reads an age key file: the first line that is neither empty nor a comment, as `age-keygen` writes it.
 * @throws ATM-803 when it is not there or holds no key.
 */
export async function readKey(path: string): Promise<BackupKey> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw backupKeyUnusable({ path, because: diskWords(error) });
  }
  const identity = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .find((line) => line !== "" && !line.startsWith("#"));
  if (identity === undefined) throw backupKeyUnusable({ path, because: "there is no key in it" });
  try {
    return { identity, recipient: await identityToRecipient(identity) };
  } catch {
    // The library's message may quote the key, so it is not passed on.
    throw backupKeyUnusable({ path, because: "what is in it is no AGE-SECRET-KEY" });
  }
}

/**
 * Reads the key, or makes one when there is none, readable by its owner only. Two that make it at the same time end
 * with the same key.
 * @returns the key, and whether it is new.
 */
export async function readOrMakeKey(path: string): Promise<BackupKey & { made: boolean }> {
  const standing = await readFile(path).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw backupKeyUnusable({ path, because: diskWords(error) });
  });
  if (standing !== undefined) return { ...(await readKey(path)), made: false };
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const text = `# made by atoms for its backups; keep a copy elsewhere\n# public key: ${recipient}\n${identity}\n`;
  const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeNew(draft, text, 0o600);
    // Unlike a rename, a link never replaces a key that another process made meanwhile.
    await link(draft, path);
    await syncFolder(dirname(path));
    return { identity, recipient, made: true };
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return { ...(await readKey(path)), made: false };
    throw writeProblem(path, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
