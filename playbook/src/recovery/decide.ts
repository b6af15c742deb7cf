import type { DatabaseFinding, DatabasePlan, RecoveryBackup, RecoveryStep } from "./model.js";

/** The newest backup that did not fail its last trial. @param backups Newest first. */
export const chooseBackup = (backups: readonly RecoveryBackup[]): RecoveryBackup | undefined =>
  backups.find(({ sound }) => sound !== false);

/**
 * Says how a database is brought back after a failure. Changes nothing.
 * @param world.now Milliseconds since the epoch.
 * @param world.health Path of the service that says which database it uses.
 * @param world.standby Where it would be restored to when its own server is away, if the playbook says so.
 */
export function planDatabaseRecovery(
  finding: DatabaseFinding,
  world: { now: number; health: string; standby?: string },
): DatabasePlan {
  const { name, where, state, backups } = finding;
  const backup = chooseBackup(backups);
  const shared = {
    database: name,
    where,
    found: foundWords(finding),
    ...(backup === undefined ? {} : { backup, lossMs: Math.max(0, world.now - backup.takenAt) }),
  };
  if (backup === undefined)
    return state === "in use"
      ? {
          ...shared,
          way: "as it is",
          steps: [{ what: "Take a backup while it still answers.", command: "atoms backup create" }],
        }
      : { ...shared, way: "impossible", steps: withoutBackup(finding) };
  if (state === "away" || (finding.fit?.fits === false && !finding.fit.newer))
    return { ...shared, way: "restore elsewhere", steps: elsewhere(finding, backup, world) };
  return {
    ...shared,
    way: state === "in use" ? "as it is" : "restore in place",
    steps: [...byItself(state !== "in use"), ...inPlace(finding, backup, world.health)],
  };
}

/** One command does all of it; the steps after it are for whoever has to go on by hand. */
const byItself = (can: boolean): RecoveryStep[] =>
  can
    ? [
        {
          what: "All that follows is done by one command, which asks for a word. By hand, step by step:",
          command: "atoms recover database_failure",
        },
      ]
    : [];

function foundWords({ where, state, because, fit }: DatabaseFinding): string {
  switch (state) {
    case "in use":
      return `${where} answers and has tables.${fit?.fits === false ? ` ${fit.because}` : ""}`;
    case "empty":
      return `${where} answers and has no tables.`;
    case "gone":
      return `The server answers, and has no database ${where.slice(where.lastIndexOf("/") + 1)}.`;
    case "away":
      return because ?? `${where} does not answer.`;
  }
}

function withoutBackup({ state, backups }: DatabaseFinding): RecoveryStep[] {
  return [
    {
      what:
        backups.length === 0
          ? "There is no whole backup of it where the playbook keeps backups. Look for a copy elsewhere, and name its place in the playbook."
          : "Every backup of it failed its last trial. Look at why; a missing key can be given with --key.",
      command: backups.length === 0 ? "atoms backup list" : "atoms backup verify --all",
    },
    ...(state === "away"
      ? [{ what: "Bring the server back: as far as Atoms can see, only its own disk has the data." }]
      : []),
  ];
}

/** A backup that was never restored is worth nothing yet. It needs a server that answers. */
const tryFirst = ({ id, sound }: RecoveryBackup): RecoveryStep[] =>
  sound === undefined
    ? [
        {
          what: "It was never tried: restore it into a scratch database first.",
          command: `atoms backup verify ${id}`,
        },
      ]
    : [];

function inPlace(
  { name, state, target, fit }: DatabaseFinding,
  backup: RecoveryBackup,
  health: string,
): RecoveryStep[] {
  const over = fit?.fits === false && fit.newer ? " --over-newer" : "";
  const restore = `atoms backup restore ${backup.id} --database ${name}${over}`;
  return [
    ...(state === "in use"
      ? [
          {
            what: "Keep what is there before it is replaced.",
            command: `atoms backup create --database ${name}`,
          },
        ]
      : []),
    ...tryFirst(backup),
    {
      what:
        state === "in use"
          ? "Only if its rows are bad: restore beside, compare, and swap. It asks for a word; the database that is there now is kept under another name."
          : "Restore it, compare it with the backup, and put it in place. It asks for a word.",
      command: restore,
    },
    {
      what: `Its address stays, so nothing has to be deployed. ${health} of the service must say checks.database.target ${target}.`,
    },
  ];
}

function elsewhere(
  { name, state, target, variable }: DatabaseFinding,
  backup: RecoveryBackup,
  { health, standby }: { health: string; standby?: string },
): RecoveryStep[] {
  return [
    ...(state !== "away"
      ? []
      : standby === undefined
        ? [
            {
              what: `With recovery.databases.${name}.standby_url in the playbook, the address of an empty database on another server, \`atoms recover database_failure\` does all that follows. By hand, step by step:`,
            },
          ]
        : byItself(true)),
    {
      what: `${state === "away" ? "If the server cannot be brought back" : "The backup is not of this database: leave it alone"}, make an empty database on a server that answers, and put its address into OTHER_DATABASE_URL.`,
    },
    {
      what: `Restore into it, compared with the backup.${backup.sound === undefined ? " It was never tried: this is its trial." : ""} It asks for a word.`,
      command: `atoms backup restore ${backup.id} --database ${name} --into "$OTHER_DATABASE_URL"`,
    },
    {
      what: `Set ${variable} to that address on the platform, and where the playbook reads it from. Deployments that are there keep the old one.`,
    },
    { what: "Deploy, so that the service uses it.", command: "atoms deploy" },
    {
      what: `${health} of the service must no longer say checks.database.target ${target}.`,
    },
  ];
}
