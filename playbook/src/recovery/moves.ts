import type { ProblemData } from "../terms/index.js";
import { chooseBackup } from "./decide.js";
import type { DatabaseFinding, RecoveryBackup } from "./model.js";
import { noGoodBackup, nowhereToRestore, standbyInUse, standbyUnusable } from "./problems.js";

/** The place that a lost database is restored to, as it was found. */
export type StandbyFinding = {
  /** Host, port and name. No password. */
  where: string;
  target: string;
  state: DatabaseFinding["state"];
  because?: string;
  /** It holds exactly what the chosen backup holds: an earlier try got as far as this. */
  holdsBackup: boolean;
  /** It has tables, and none of them is in the backup. */
  anotherSchema: boolean;
};

/** All that a move is chosen from. */
export type RecoveryFacts = {
  finding: DatabaseFinding;
  /** Undefined when the playbook names none. */
  standby?: StandbyFinding;
  /** Which database the service says it uses, and whether that is well; undefined when it says nothing. */
  serves?: { target: string; well: boolean };
};

/** What a recovery does with one database. Plain data without secrets. */
export type DatabaseMove =
  | { database: string; do: "leave"; because: string; target: string; where: string }
  | {
      database: string;
      do: "restore";
      place: "in place" | "standby";
      /** Where it will be, and what the service's health must say then. */
      where: string;
      target: string;
      variable: string;
      /** Backups to try, best first. */
      backups: RecoveryBackup[];
      /** The place has tables: they are kept under another name. */
      over: boolean;
      /** The place holds the first backup already. */
      again: boolean;
    }
  | { database: string; do: "nothing can be done"; problem: ProblemData };

/** What the person who recovers has decided. */
export type RecoveryConsent = {
  /** A backup by its id; the newest good one when left out. */
  backup?: string;
  /** Databases and standbys that have tables are replaced too; what was there is kept under another name. */
  overInUse: boolean;
};

/**
 * Chooses what is done with a database after a failure. Nothing that holds tables is replaced without consent, and a
 * database of another schema never.
 */
export function chooseMove(
  { finding, standby, serves }: RecoveryFacts,
  consent: RecoveryConsent,
): DatabaseMove {
  const { name: database, where, target, state, variable, fit } = finding;
  const backups = backupsToTry(finding.backups, consent.backup);
  const leave = (because: string, at = { where, target }): DatabaseMove => ({
    database,
    do: "leave",
    because,
    ...at,
  });
  const refuse = (problem: { toJSON(): ProblemData }): DatabaseMove => ({
    database,
    do: "nothing can be done",
    problem: problem.toJSON(),
  });
  if (state === "in use" && !consent.overInUse) return leave(`${where} answers and has tables`);
  if (state === "away" && standby !== undefined && serves?.target === standby.target && serves.well)
    return leave(`the service uses ${standby.where} already, and is well`, standby);
  if (backups.length === 0)
    return refuse(noGoodBackup({ database, known: finding.backups.length, asked: consent.backup }));
  const restore = (place: "in place" | "standby", at: { where: string; target: string }, over: boolean) =>
    ({ database, do: "restore", place, ...at, variable, backups, over, again: false }) as const;
  if (state !== "away") {
    const schema = fit?.fits === false && !fit.newer ? fit.because : undefined;
    if (schema !== undefined) return refuse(standbyUnusable({ database, because: schema }));
    return restore("in place", { where, target }, state === "in use");
  }
  if (standby === undefined) return refuse(nowhereToRestore({ database, where }));
  const to = { where: standby.where, target: standby.target };
  if (standby.target === target)
    return refuse(
      standbyUnusable({ database, because: `its standby ${standby.where} is that same database` }),
    );
  if (standby.state === "away")
    return refuse(
      standbyUnusable({
        database,
        because: standby.because ?? `the standby ${standby.where} does not answer`,
      }),
    );
  if (standby.state !== "in use") return restore("standby", to, false);
  if (standby.holdsBackup) return { ...restore("standby", to, false), again: true };
  if (standby.anotherSchema)
    return refuse(
      standbyUnusable({
        database,
        because: `the standby ${standby.where} holds other tables than the backup: it is somebody else's`,
      }),
    );
  if (!consent.overInUse) return refuse(standbyInUse({ database, where: standby.where }));
  return restore("standby", to, true);
}

/** Best first: the newest that did not fail its trial, then those before it; only the one that was asked for, if any. */
function backupsToTry(known: readonly RecoveryBackup[], asked: string | undefined): RecoveryBackup[] {
  if (asked !== undefined) return known.filter(({ id }) => id === asked);
  const first = chooseBackup(known);
  return first === undefined ? [] : known.slice(known.indexOf(first)).filter(({ sound }) => sound !== false);
}
