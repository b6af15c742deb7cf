import type { DataChoice, RowChoice, TableComparison, TableShape } from "./model.js";
import { choiceMistaken, columnsChanged, noPrimaryKey, unknownTable } from "./problems.js";

/** What a table is to the one of the same name in a backup, before any row is compared. */
export type TableStanding = {
  table: string;
  key: string[];
  rows: { backup: number | null; now: number | null };
  /** `by rows`: it differs and its rows can be compared. */
  is: "same" | "by rows" | { because: string };
};

/** Tables and their definitions, by name. */
export type TablesOf = {
  /** Rows, and the sum of their hashes: the same rows give the same sum. */
  tables: readonly { table: string; rows: number; checksum: string }[];
  objects: Readonly<Record<string, string>>;
};

/**
 * Compares tables by their counts, checksums and columns: only where these differ, rows have to be read.
 * @param shapes Of the database in use.
 */
export function standTables(backup: TablesOf, now: TablesOf, shapes: readonly TableShape[]): TableStanding[] {
  const names = [...new Set([...backup.tables, ...now.tables].map(({ table }) => table))].sort();
  return names.map((table) => {
    const kept = backup.tables.find((one) => one.table === table);
    const found = now.tables.find((one) => one.table === table);
    const key = shapes.find((one) => one.table === table)?.key ?? [];
    const shared = { table, key, rows: { backup: kept?.rows ?? null, now: found?.rows ?? null } };
    const object = `table ${table}`;
    if (kept === undefined) return { ...shared, is: { because: "it is not in the backup" } };
    if (found === undefined) return { ...shared, is: { because: "it is only in the backup" } };
    if (backup.objects[object] !== now.objects[object])
      return { ...shared, is: { because: "its columns are other than in the backup" } };
    if (kept.rows === found.rows && kept.checksum === found.checksum) return { ...shared, is: "same" };
    return { ...shared, is: key.length === 0 ? { because: "it has no primary key" } : "by rows" };
  });
}

/** The full name of a table that a person named, in the way that the database names it; undefined when it is none. */
export const tableMeant = (named: string, known: readonly string[]): string | undefined =>
  known.includes(named) ? named : known.find((table) => table === `public.${named}`);

/**
 * Checks what is to be taken back before anything is restored, and names tables in full.
 * @throws ATM-686 for a choice that says nothing or too much, ATM-687 to 689.
 */
export function checkChoice(
  choice: DataChoice,
  of: {
    where: string;
    backup: { id: string; tables: readonly string[]; objects: Readonly<Record<string, string>> };
    now: { shapes: readonly TableShape[]; objects: Readonly<Record<string, string>> };
  },
): DataChoice {
  if (choice.take === "whole") return choice;
  if (choice.rows.length === 0) throw choiceMistaken({ because: "No table was named" });
  const known = of.now.shapes.map(({ table }) => table);
  const rows = choice.rows.map((one): RowChoice => {
    const table = tableMeant(one.table, known);
    if (table === undefined) throw unknownTable({ table: one.table, where: of.where, known });
    if (!of.backup.tables.includes(table))
      throw unknownTable({ table, where: of.backup.id, known: of.backup.tables });
    const shape = of.now.shapes.find((candidate) => candidate.table === table);
    if (shape === undefined || shape.key.length === 0) throw noPrimaryKey({ table });
    if (of.backup.objects[`table ${table}`] !== of.now.objects[`table ${table}`])
      throw columnsChanged({ table, backup: of.backup.id });
    return { ...one, table };
  });
  const twice = rows.find(({ table }, at) => rows.findIndex((other) => other.table === table) !== at);
  if (twice !== undefined) throw choiceMistaken({ because: `${twice.table} was named twice` });
  return { take: "rows", rows };
}

/** Rows of a comparison that are other than in the backup: gone, changed, and written since. */
export const differingRows = (
  tables: readonly TableComparison[],
): { missing: number; changed: number; added: number } =>
  tables.reduce(
    (sum, one) =>
      one.state !== "differs"
        ? sum
        : {
            missing: sum.missing + one.difference.missing,
            changed: sum.changed + one.difference.changed,
            added: sum.added + one.difference.added,
          },
    { missing: 0, changed: 0, added: 0 },
  );
