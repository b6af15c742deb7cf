import { defineProblem, type ProblemData } from "../terms/index.js";

/** ATM-665 */
export const noGoodBackup = defineProblem<{ database: string; known: number; asked: string | undefined }>({
  code: "ATM-665",
  title: "There is no backup to recover from",
  happened: (a) =>
    a.asked !== undefined
      ? `${a.asked} is no whole backup of ${a.database}.`
      : a.known === 0
        ? `No whole backup of ${a.database} lies where the playbook keeps backups.`
        : `${a.known === 1 ? "The only backup" : `All ${a.known} backups`} of ${a.database} failed the last trial.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms backup list` shows what there is and how each trial went; a copy from elsewhere goes into the folder of `backup.folder`.",
});

/** ATM-666 */
export const noBackupRestored = defineProblem<{ database: string; tried: readonly string[]; last: string }>({
  code: "ATM-666",
  title: "No backup could be restored",
  happened: (a) => `${a.database}: ${a.tried.join(", ")} did not restore. The last one: ${a.last}`,
  stillTrue: () => "What could not be restored was removed again.",
  fix: () =>
    "If a key is missing, give its file with `--key`. An older backup is chosen with `--backup <id>`: `atoms backup list`.",
});

/** ATM-667 */
export const nowhereToRestore = defineProblem<{ database: string; where: string }>({
  code: "ATM-667",
  title: "There is no other place for the database",
  happened: (a) => `${a.where} does not answer, and the playbook names no standby for ${a.database}.`,
  stillTrue: () => "Nothing was changed; the backups are as they were.",
  fix: (a) =>
    `Put the address of an empty database on another server into a variable, name it as recovery.databases.${a.database}.standby_url in the playbook, and repeat.`,
  ending: "refused",
});

/** ATM-668 */
export const standbyInUse = defineProblem<{ database: string; where: string }>({
  code: "ATM-668",
  title: "The standby holds tables",
  happened: (a) =>
    `${a.where}, the standby of ${a.database}, has tables, and does not hold what the backup holds: it may be newer.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Look at it. If the backup is to replace it, repeat with `--over-in-use`: what is there now is kept under another name.",
  ending: "refused",
});

/** ATM-669 */
export const standbyUnusable = defineProblem<{ database: string; because: string }>({
  code: "ATM-669",
  title: "The database cannot be restored there",
  happened: (a) => `${a.database}: ${a.because.replace(/\.$/, "")}.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) =>
    `Name an empty database on a server that answers as recovery.databases.${a.database}.standby_url, and repeat.`,
  ending: "refused",
});

/** ATM-670 */
export const recoveryNotProven = defineProblem<{ saw: string }>({
  code: "ATM-670",
  title: "The recovery could not be proven",
  happened: (a) =>
    `The service's health does not say that it uses the restored database and is well: ${a.saw}`,
  fix: () =>
    "Look at the service with `atoms logs` and `atoms status`. Where its health names these things otherwise, say so in `recovery.databases`. Repeating the recovery does no harm.",
});

/** ATM-671 */
export const nothingToRedeploy = defineProblem<{ service: string; environment: string }>({
  code: "ATM-671",
  title: "Production serves nothing that could be deployed again",
  happened: (a) => `${a.service} has no deployment in ${a.environment} that the platform still has.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Restore with `atoms backup restore --into <address>`, set the service's variable to that address, and `atoms deploy`.",
  ending: "refused",
});

/** ATM-672 */
export const recoveryNotConfirmed = defineProblem<{ wanted: string }>({
  code: "ATM-672",
  title: "The recovery was not confirmed",
  happened: (a) => `What was typed is not ${JSON.stringify(a.wanted)}.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) => `Repeat it and type ${a.wanted}, or give \`--confirm ${a.wanted}\`.`,
  ending: "refused",
});

/** ATM-673 */
export const unknownScenario = defineProblem<{ given: string; known: readonly string[] }>({
  code: "ATM-673",
  title: "There is no such scenario",
  happened: (a) =>
    a.given === ""
      ? "It was not said what to recover from."
      : `${JSON.stringify(a.given)} is not something that Atoms recovers from.`,
  fix: (a) => `Name one of ${a.known.join(", ")}.`,
  ending: "usage",
});

/** ATM-675 */
export const databasesNotToldApart = defineProblem<{ databases: readonly string[]; field: string }>({
  code: "ATM-675",
  title: "The service's health does not tell the databases apart",
  happened: (a) =>
    `${a.databases.join(" and ")} are both to be read from ${a.field}, so a recovery could prove only one of them.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Give each its own `status` and `target` under `recovery.databases`, or recover one with `--database`.",
  ending: "usage",
});

/**
 * A problem that ended a recovery in the middle, with what was done, what was not, and how to go on.
 * @param of.done Sentences, in their order. @param of.left What was not done, in a few words each.
 */
export function withStanding(
  problem: ProblemData,
  { done, left, command }: { done: readonly string[]; left: readonly string[]; command: string },
): ProblemData {
  const told = [
    problem.stillTrue === "Nothing was changed." && done.length > 0 ? "" : (problem.stillTrue ?? ""),
    done.length === 0 ? "" : `Done: ${done.join("; ")}.`,
    left.length === 0 ? "" : `Not done: ${left.join("; ")}.`,
  ].filter((part) => part !== "");
  const goOn =
    done.length === 0 ? "" : ` Then \`${command}\` again: it finds what was done and goes on from there.`;
  return {
    ...problem,
    ...(told.length === 0 ? {} : { stillTrue: told.join(" ") }),
    fix: problem.fix + goOn,
  };
}
