import type { FullBackupLine } from "@atoms/control-plane";
import type { FullCheck, Restored } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { ago, bytesText, howLong, when } from "./words.js";

/** Full backups, newest first. */
export function backupsText(backups: readonly FullBackupLine[], now: number, paint: Paint): string {
  if (backups.length === 0) return "There is no full backup yet: `atoms backup create` takes one.";
  return tableText(backups, [
    { head: "BACKUP", of: ({ id }) => id },
    { head: "TAKEN", of: ({ createdAt }) => ago(createdAt, now) },
    {
      head: "SIZE",
      of: ({ bytes, because }) => (because === undefined ? bytesText(bytes) : ""),
      right: true,
    },
    {
      head: "HOLDS",
      of: ({ databases, because }) =>
        because === undefined
          ? databases.map(({ name, rows }) => `${name} (${rows} rows)`).join(", ") || "variables and state"
          : paint.red(because),
    },
    {
      head: "VERIFIED",
      of: ({ verified, because }) => {
        if (because !== undefined) return "";
        if (verified === undefined) return paint.yellow("never");
        return verified.sound
          ? paint.green(ago(verified.at, now))
          : paint.red(`does not restore (${ago(verified.at, now)})`);
      },
    },
    { head: "BY", of: ({ by = "" }) => by },
  ]);
}

/** What trying backups has shown. */
export function checksText(checks: readonly FullCheck[], paint: Paint): string {
  return checks
    .flatMap(({ id, sound, faults, databases, ms }) => [
      sound
        ? `${paint.green("✓")} ${id} is sound (${howLong(ms)})`
        : `${paint.red("✗")} ${id} is ${paint.red("not sound")}`,
      ...faults.map((fault) => `  ${paint.red("✗")} ${fault}`),
      ...databases.map(({ database, tables, rows, differences, ms: took }) =>
        differences.length === 0
          ? `  ${database}: restored and compared, ${tables} tables, ${rows} rows, ${howLong(took)}`
          : `  ${database}: ${differences.join("; ")}`,
      ),
    ])
    .join("\n");
}

/** What a restore has done. */
export function restoredText({ backup, takenAt, proof, dump, where, target, aside }: Restored): string {
  const embedded = dump === "pglite";
  const lines = [
    `${where} holds ${backup} again: ${proof.tables} tables, ${proof.rows} rows, compared with what was backed up, in ${howLong(proof.ms)}.`,
    `What was written after ${when(takenAt)} is not in it.`,
  ];
  if (!embedded) lines.push(`The service's health tells it as checks.database.target ${target}.`);
  if (aside !== undefined)
    lines.push(
      embedded
        ? `The database before is kept by the service as ${aside}; remove it there when it is no longer wanted.`
        : `The database before is kept on the same server as ${aside}; drop it when it is no longer wanted.`,
    );
  return lines.join("\n");
}
