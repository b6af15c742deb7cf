import type { DatabaseContents } from "./model.js";

const some = 8;

/**
 * Compares what was restored with what was backed up.
 * @returns one sentence for each difference, at most eight and how many more; empty when it is the same.
 */
export function differencesOf(wanted: DatabaseContents, found: DatabaseContents): string[] {
  const differences: string[] = [];
  const tables = new Map(found.tables.map((one) => [one.table, one]));
  for (const { table, rows, checksum } of wanted.tables) {
    const now = tables.get(table);
    if (now === undefined) differences.push(`table ${table} is missing`);
    else if (now.rows !== rows) differences.push(`table ${table} has ${now.rows} rows instead of ${rows}`);
    else if (now.checksum !== checksum) differences.push(`rows of table ${table} are not as they were`);
  }
  for (const [name, words] of Object.entries(wanted.objects)) {
    // A missing table was told of above.
    if (found.objects[name] === undefined) {
      if (!name.startsWith("table ")) differences.push(`${name} is missing`);
    } else if (found.objects[name] !== words) differences.push(`${name} is defined otherwise`);
  }
  for (const name of Object.keys(found.objects))
    if (wanted.objects[name] === undefined) differences.push(`${name} was not there`);
  for (const [name, at] of Object.entries(wanted.sequences)) {
    const now = found.sequences[name];
    if (now === undefined || BigInt(now) < BigInt(at))
      differences.push(`sequence ${name} is at ${now ?? "its beginning"}, behind ${at}`);
  }
  return differences.length <= some
    ? differences
    : [...differences.slice(0, some), `and ${differences.length - some} more differences`];
}

/** How a database in use stands to a backup that is to replace it. */
export type Standing =
  | { may: true }
  /** They have no table in common. */
  | { may: false; because: "another schema" }
  /** It has objects that the backup lacks or has otherwise, such as a migration that was made since. */
  | { may: false; because: "newer"; newer: string[] };

/**
 * Says whether a backup may replace a database without being told twice.
 * @param now What the database in use is made of. @param kept What the backup's was made of.
 */
export function standingOf(
  now: Readonly<Record<string, string>>,
  kept: Readonly<Record<string, string>>,
): Standing {
  const tables = Object.keys(now).filter((name) => name.startsWith("table "));
  if (tables.length === 0) return { may: true };
  const keptTables = Object.keys(kept).filter((name) => name.startsWith("table "));
  if (keptTables.length > 0 && !tables.some((name) => kept[name] !== undefined))
    return { may: false, because: "another schema" };
  const newer = Object.keys(now)
    .filter((name) => kept[name] !== now[name])
    .sort();
  return newer.length === 0 ? { may: true } : { may: false, because: "newer", newer };
}
