import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DeploymentRecord, recordTaken } from "@atoms/playbook";
import { errnoOf, readProblem } from "./disk-errors.js";
import { writeAtomically } from "./write-atomically.js";

/** A release record, with the commit it was made of when there is one. */
export type ReleaseRecord = DeploymentRecord & { commit?: string };

/**
 * Writes `<version>.json` for a release. Written twice with the same content, the file is left as it is.
 * @param folder Folder of the records, made if need be.
 * @returns its path, and whether anything was written.
 * @throws ATM-222 when the file tells of another release; ATM-218 or 219 when the disk refuses.
 */
export async function writeRecord(
  folder: string,
  record: ReleaseRecord,
): Promise<{ path: string; written: boolean }> {
  if (!/^[\w.-]+$/.test(record.version)) throw new TypeError(`not the name of a version: ${record.version}`);
  const path = join(folder, `${record.version}.json`);
  const text = `${JSON.stringify(inOrder(record), null, 2)}\n`;
  const standing = await readIfThere(path);
  if (standing === text) return { path, written: false };
  if (standing !== undefined) {
    const other = releaseIn(standing);
    if (other !== record.release)
      throw recordTaken({ path, release: record.release, other: other ?? "(not readable)" });
  }
  await writeAtomically(path, text, 0o644);
  return { path, written: true };
}

/** The order in which people read them: what, where, when, who. */
function inOrder(record: ReleaseRecord): Record<string, string> {
  const { version, url, deployment, timestamp, deployed_by, commit, release, verdict } = record;
  return {
    version,
    url,
    deployment,
    timestamp,
    deployed_by,
    ...(commit === undefined ? {} : { commit }),
    release,
    verdict,
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    if (errnoOf(error) === "ENOTDIR") return undefined; // The write will say which folder is none.
    throw readProblem(path, error);
  }
}

function releaseIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" &&
      value !== null &&
      "release" in value &&
      typeof value.release === "string"
      ? value.release
      : undefined;
  } catch {
    return undefined;
  }
}
