import type { Variable } from "../terms/index.js";
import type { Backup, BackupEntry, BackupManifest, KeptVariable } from "./model.js";

/**
 * Chooses the backups that may go: the oldest beyond `keep`, but never the newest good one, and none that a running
 * release may need.
 * @param held Ids of running releases.
 * @returns ids, oldest first.
 */
export function toPrune(
  backups: readonly BackupEntry[],
  limits: { keep: number; held: readonly string[] },
): string[] {
  const newestFirst = [...backups].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const newestGood = newestFirst.find((one) => one.good)?.id;
  return newestFirst
    .slice(limits.keep)
    .filter((one) => one.id !== newestGood && !limits.held.includes(one.release))
    .map((one) => one.id)
    .reverse();
}

/** Parts the variables into those whose values can be kept and the names of those that the platform never shows. */
export function partVariables(variables: readonly Variable[]): {
  kept: KeptVariable[];
  notRestorable: string[];
} {
  const kept: KeptVariable[] = [];
  const notRestorable: string[] = [];
  for (const { key, targets, readable, value } of variables) {
    if (readable && value !== undefined) kept.push({ key, targets: [...targets].sort(), value });
    else notRestorable.push(key);
  }
  const byName = (a: KeptVariable, b: KeptVariable) =>
    a.key < b.key ? -1 : a.key > b.key ? 1 : a.targets.join() < b.targets.join() ? -1 : 1;
  return { kept: kept.sort(byName), notRestorable: [...new Set(notRestorable)].sort() };
}

/** Says in a few sentences what a backup holds and what it cannot hold. */
export function tellBackup(backup: Backup): string {
  const { deployment, variables }: BackupManifest = backup.manifest;
  const sentences = [
    deployment === null
      ? "Production served nothing yet."
      : `Production served ${deployment.version ?? deployment.id}.`,
    variables.kept.length === 0
      ? "No variable had a value to keep."
      : `${variables.kept.length} ${variables.kept.length === 1 ? "variable is" : "variables are"} kept, encrypted.`,
  ];
  if (variables.not_restorable.length > 0)
    sentences.push(
      `Not restorable, because the platform shows them to nobody: ${variables.not_restorable.join(", ")}.`,
    );
  if (backup.keyMade !== undefined)
    sentences.push(
      `A key to read them was made at ${backup.keyMade}; keep a copy elsewhere, without it they cannot be read.`,
    );
  return sentences.join(" ");
}
