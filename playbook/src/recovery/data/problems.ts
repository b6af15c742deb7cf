import { defineProblem } from "../../terms/problem.js";
import { timeText } from "../../terms/zoned-time.js";

/** ATM-684 */
export const windowUnknown = defineProblem({
  code: "ATM-684",
  title: "It is not known when the rows went wrong",
  happened: () => "The ledger of the last 7 days tells of no deployment, no alert and no maintenance.",
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Say until when the rows were right with `--since 2026-11-23T03:00:00Z` or `--since 2h`, or name a backup with `--backup <id>`: `atoms backup list`.",
  ending: "refused",
});

/** ATM-685 */
export const noBackupBefore = defineProblem<{
  database: string;
  since: number;
  because: string;
  known: readonly { id: string; takenAt: number }[];
}>({
  code: "ATM-685",
  title: "There is no backup from before the rows went wrong",
  happened: (a) =>
    `${a.database} has no good backup from before ${timeText(a.since)} (${a.because}).${
      a.known.length === 0
        ? ""
        : ` The oldest is ${a.known.at(-1)?.id} of ${timeText(a.known.at(-1)?.takenAt ?? 0)}.`
    }`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "If the rows went wrong later, say when with `--since`. A backup is named with `--backup <id>`; `atoms backup list` shows what there is.",
  ending: "refused",
});

/** ATM-686 */
export const choiceMistaken = defineProblem<{ because: string }>({
  code: "ATM-686",
  title: "It was not said which rows are taken back",
  happened: (a) => `${a.because.replace(/\.$/, "")}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms recover data_corruption --plan` compares and changes nothing. Then `--table <name>`, with `--where <condition>` or `--row <key>` for a part of it, or `--whole`.",
  ending: "usage",
});

/** ATM-687 */
export const unknownTable = defineProblem<{ table: string; where: string; known: readonly string[] }>({
  code: "ATM-687",
  title: "There is no such table",
  happened: (a) => `${a.table} is no table of ${a.where} with rows of its own.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) =>
    a.known.length === 0
      ? "It has no tables."
      : `It has ${a.known.slice(0, 12).join(", ")}${a.known.length > 12 ? ` and ${a.known.length - 12} more` : ""}. A partitioned table is named by its parts.`,
  ending: "usage",
});

/** ATM-688 */
export const noPrimaryKey = defineProblem<{ table: string }>({
  code: "ATM-688",
  title: "The table has no primary key",
  happened: (a) => `${a.table} has no primary key, so its rows cannot be told apart.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Take back the whole database with `--whole`, or restore beside with `atoms backup restore --into <address of an empty database>` and copy by hand.",
  ending: "refused",
});

/** ATM-689 */
export const columnsChanged = defineProblem<{ table: string; backup: string }>({
  code: "ATM-689",
  title: "The table was changed since the backup",
  happened: (a) => `${a.table} has other columns now than in ${a.backup}: a migration was made since.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Choose a backup from after the migration with `--backup <id>`, or restore beside with `atoms backup restore --into <address of an empty database>` and copy by hand.",
  ending: "refused",
});

/** ATM-690 */
export const rowsNotTaken = defineProblem<{ where: string; because: string }>({
  code: "ATM-690",
  title: "The rows were not taken back",
  happened: (a) => `${a.where} refused: ${a.because.replace(/\.$/, "")}.`,
  stillTrue: () => "All of it was undone: no row was changed.",
  fix: () =>
    "If rows of another table are missing that these refer to, name it as well: all tables of one command are taken back together, in the order of their references.",
});

/** ATM-691 */
export const choiceNotUnderstood = defineProblem<{ table: string; because: string }>({
  code: "ATM-691",
  title: "PostgreSQL does not understand which rows",
  happened: (a) => `${a.table}: ${a.because.replace(/\.$/, "")}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`--where` takes a condition as after WHERE, on columns of that table, with functions and types of other schemas named in full. `--row` takes a primary key as it is, or as JSON where it has several columns: `--row '[\"eu\",17]'`.",
  ending: "usage",
});

/** ATM-692 */
export const databaseNotThere = defineProblem<{ database: string; where: string; because: string }>({
  code: "ATM-692",
  title: "There is nothing to compare with",
  happened: (a) => `${a.database}: ${a.because.replace(/\.$/, "")}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "A database that is away, gone or empty comes back with `atoms recover database_failure`.",
  ending: "refused",
});

/** ATM-693 */
export const windowMistaken = defineProblem<{ since: number; until: number; now: number }>({
  code: "ATM-693",
  title: "The rows cannot have gone wrong then",
  happened: (a) =>
    a.since >= a.until
      ? `${timeText(a.since)} is not before ${timeText(a.until)}.`
      : `${timeText(a.until)} has not come yet; it is ${timeText(a.now)}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "`--since` is when they were right for the last time, `--until` when it was over, in UTC.",
  ending: "usage",
});
