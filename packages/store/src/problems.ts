import { defineProblem, type Release } from "@atoms/playbook";

/** Another release is on its way in the environment. */
export const releaseRunning = defineProblem<Release>({
  code: "ATM-501",
  title: "A release is already running",
  happened: (other) =>
    `${other.id} (${other.version}) of ${other.service} in ${other.environment} was started by ${other.startedBy.name} at ${iso(other.startedAt)} and is in phase ${other.phase}. An environment has one running release at a time.`,
  stillTrue: () => "Nothing was changed; the running release goes on.",
  fix: () =>
    "Watch it with `atoms status`, continue it with `atoms deploy --resume` if its process died, or end it with `atoms abort`.",
  ending: "refused",
});

/** A release was named that the store does not hold. */
export const noSuchRelease = defineProblem<{ id: string }>({
  code: "ATM-502",
  title: "No such release",
  happened: ({ id }) => `The store knows no release ${id}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "List the releases there are with `atoms releases`.",
});

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

/** The embedded store's folder cannot be read as a store. */
export const storeDamaged = defineProblem<{ folder: string; because: string; copy?: string | undefined }>({
  code: "ATM-702",
  title: "The store is damaged",
  happened: ({ folder, because }) => `${folder} could not be opened: ${because}`,
  stillTrue: () =>
    "Nothing was deleted. Traffic on the platform is where it was; only Atoms' records are affected.",
  fix: ({ folder, copy }) =>
    copy === undefined
      ? `There is no copy to go back to. Move the folder aside with \`mv ${folder} ${folder}.damaged\` and start anew; \`atoms deployments\` shows what the platform knows.`
      : `Go back to the newest good copy: \`mv ${folder} ${folder}.damaged && cp -a ${copy} ${folder}\`, then type the command again.`,
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

/** The database of DATABASE_URL does not answer, or does not let us in. */
export const storeUnreachable = defineProblem<{ where: string; because: string }>({
  code: "ATM-704",
  title: "The database cannot be reached",
  happened: ({ where, because }) => `${where} did not let Atoms in: ${because}`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Check DATABASE_URL and that the server runs and accepts this machine, or unset DATABASE_URL to use the embedded store.",
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

function iso(at: number): string {
  return new Date(at).toISOString();
}
