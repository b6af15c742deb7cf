import { defineProblem } from "@atoms/playbook";

/** The embedded store's folder is held by another process. */
export const storeInUse = defineProblem<{ folder: string; pid: number; command: string; since: string }>({
  code: "ATM-701",
  title: "The store is in use",
  happened: ({ folder, pid, command, since }) =>
    `${folder} is held by process ${pid} (${command}) since ${since}. An embedded store belongs to one process at a time.`,
  stillTrue: () => "Nothing was read or changed.",
  fix: ({ pid }) =>
    `Let it finish, stop the control plane with \`atoms down\`, or end the process with \`kill ${pid}\`; then type the command again.`,
  ending: "refused",
});

/** The store cannot be read, or not in whole: its bytes are not those that were written. */
export const storeDamaged = defineProblem<{
  data: string;
  because: string;
  copy?: string | undefined;
  /** A server's database: whoever runs it has the copies. */
  server?: boolean;
}>({
  code: "ATM-702",
  title: "The store is damaged",
  happened: ({ data, because }) => `The store in ${data} could not be read: ${because.replace(/\.$/, "")}.`,
  stillTrue: () =>
    "Nothing was deleted. Traffic on the platform is where it was; only Atoms' own records are affected.",
  fix: ({ data, copy, server }) =>
    server === true
      ? "Let whoever runs the database bring back a copy that is whole; keep the damaged one for a look."
      : copy === undefined
        ? `There is no copy to go back to. Move it aside with \`mv ${quoted(data)} ${quoted(`${data}.damaged`)}\` and start anew.`
        : `Go back to the newest good copy with \`mv ${quoted(data)} ${quoted(`${data}.damaged`)} && cp -a ${quoted(copy)} ${quoted(data)}\`, then type the command again.`,
});

/** There is no room left to write. */
export const storeFull = defineProblem<{ where: string }>({
  code: "ATM-703",
  title: "The disk is full",
  happened: ({ where }) => `The store at ${where} could not be written: no space is left.`,
  stillTrue: () => "What was written before is safe; a running release stays at its last finished step.",
  fix: () =>
    "Free some space (`df -h` shows where), then type the command again; a release resumes where it was.",
});

/** The database does not answer, or does not let us in. */
export const storeUnreachable = defineProblem<{ where: string; because: string; embedded: boolean }>({
  code: "ATM-704",
  title: "The database cannot be reached",
  happened: ({ where, because }) => `${where} did not let Atoms in: ${because.replace(/\.$/, "")}.`,
  stillTrue: () => "What was written before is safe; a running release stays at its last finished step.",
  fix: ({ embedded }) =>
    embedded
      ? "Type the command again: the embedded store is then opened anew. If it happens again, `atoms doctor` says more."
      : "Check DATABASE_URL and that the server runs and accepts this machine, or unset DATABASE_URL to use the embedded store.",
});

/** The store was written by a later Atoms. */
export const storeNewer = defineProblem<{ where: string; known: number; found: number }>({
  code: "ATM-705",
  title: "The store is newer than this Atoms",
  happened: ({ where, known, found }) =>
    `The store at ${where} has migration ${found}; this Atoms knows them up to ${known}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "Use the Atoms that wrote it, or a later one.",
  ending: "refused",
});

/** A migration that was applied reads differently now. */
export const migrationChanged = defineProblem<{ where: string; name: string }>({
  code: "ATM-706",
  title: "A migration was changed after it was applied",
  happened: ({ where, name }) =>
    `The store at ${where} was built with another text of migration ${name} than this Atoms has.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "Use a released Atoms; an applied migration is never edited, a new one is added instead.",
  ending: "refused",
});

/** A notice was settled that was never put. */
export const noSuchNotice = defineProblem<{ key: string }>({
  code: "ATM-707",
  title: "No such notice",
  happened: ({ key }) => `The outbox holds no notice ${key}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "This is a mistake in Atoms: please report it with the command that led to it.",
});

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
