import type { DataComparison, LedgerEntry, TableComparison } from "@atoms/playbook";
import { comparedWords, differingRows } from "@atoms/playbook/recovery/data";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong, when } from "./words.js";

/** How a database stands to a backup, table by table, and what to type next. */
export function comparisonText(found: DataComparison, paint: Paint): string {
  const { database, where, backup, window, tables, ms } = found;
  const lines = [`${paint.bold(database)}: ${where}, compared with ${backup.id} of ${when(backup.takenAt)}`];
  if (window !== null) {
    const by = window.by === "you" ? "as you say" : window.because;
    lines.push(`  Rows went wrong between ${when(window.since)} and ${when(window.until)}: ${by}.`);
    for (const { at, says } of window.suspects) lines.push(`    ${when(at)}  ${says}`);
  }
  const other = tables.filter(({ state }) => state !== "same");
  lines.push("");
  if (other.length === 0) {
    const all = tables.length === 1 ? "The table is" : `All ${tables.length} tables are`;
    lines.push(paint.green(`${all} as in the backup.`));
    return lines.join("\n");
  }
  lines.push(
    tableText(other, [
      { head: "TABLE", of: ({ table }) => table },
      { head: "ROWS", of: ({ rows }) => `${rows.backup ?? "none"} → ${rows.now ?? "none"}`, right: true },
      { head: "GONE", of: (one) => counted(one, "missing"), right: true },
      { head: "OTHER", of: (one) => counted(one, "changed"), right: true },
      { head: "NEW", of: (one) => counted(one, "added"), right: true },
      {
        head: "KEYS",
        of: (one) => (one.state === "not by rows" ? paint.yellow(one.because) : examples(one)),
      },
    ]),
    "",
    `${tables.length - other.length} of ${tables.length} tables are as in the backup. ${comparedWords(tables)}. It took ${howLong(ms)}.`,
  );
  const { missing, changed } = differingRows(tables);
  const first = tables.find(
    (one) => one.state === "differs" && one.difference.missing + one.difference.changed > 0,
  );
  if (missing + changed > 0 && first !== undefined)
    lines.push(
      "What is gone or other can be taken back; what is new stays:",
      `  ${paint.cyan(`atoms recover data_corruption --backup ${backup.id} --table ${shellWord(first.table)}`)}`,
    );
  return lines.join("\n");
}

const shellWord = (text: string) => (/^[\w.]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const counted = (one: TableComparison, what: "missing" | "changed" | "added") =>
  one.state === "differs" ? String(one.difference[what]) : "";

function examples(one: TableComparison): string {
  if (one.state !== "differs") return "";
  const { missing, changed } = one.difference.examples;
  const keys = [...new Set([...missing, ...changed])];
  const more = one.difference.missing + one.difference.changed - Math.min(3, keys.length);
  return `${keys.slice(0, 3).map(plainKey).join(" ")}${more > 0 ? " …" : ""}`;
}

/** A key of one column as people type it. */
function plainKey(key: string): string {
  const parts: unknown = JSON.parse(key);
  return Array.isArray(parts) && parts.length === 1 ? String(parts[0]) : key;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);

/** An event of taking rows back in a few words, for the live view. */
export function dataWords(kind: string, data: LedgerEntry["data"]): string {
  return kind === "recovery.swapped"
    ? `${text(data["where"])} holds ${text(data["backup"])}; what was there is ${text(data["aside"])}`
    : text(data["words"]);
}

/** What taking rows back has come to, in a line. */
export function dataEndText({ data }: LedgerEntry, paint: Paint): string {
  if (data["state"] !== "released") return "";
  const tables = Array.isArray(data["tables"]) ? (data["tables"] as Record<string, unknown>[]) : [];
  const taken = tables.reduce((sum, one) => sum + count(one["inserted"]) + count(one["updated"]), 0);
  const kept = tables.reduce((sum, one) => sum + count(one["kept"]), 0);
  if (count(data["restored"]) > 0)
    return `${paint.green("The database is as in the backup")} after ${howLong(count(data["rtoMs"]))}; ${count(data["added"])} rows written since are in the one that was put aside.`;
  if (tables.length === 0) return "";
  return `${paint.green(`${taken === 1 ? "1 row was" : `${taken} rows were`} taken back`)} after ${howLong(count(data["rtoMs"]))}; ${count(data["added"])} written since the backup were kept${kept > 0 ? paint.yellow(`, and ${kept} that newer writes stand in the way of were left as they are`) : ""}.`;
}
