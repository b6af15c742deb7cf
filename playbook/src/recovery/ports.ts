import type { Clock, Http, Ledger, OperationOrder, Platform, ProblemData, Releases } from "../terms/index.js";
import type { DatabaseMove, RecoveryConsent } from "./moves.js";
import type { HealthExpectation } from "./prove.js";
import type { RecoveryTargets } from "./settings.js";

/** What a recovery of databases is started with. */
export type RecoveryOrder = OperationOrder & {
  /** When the failure began, where that is known. */
  failedAt?: number;
  /** Databases by the playbook's names. */
  databases: string[];
  consent: RecoveryConsent;
  /** Files of private age keys. */
  keys: string[];
};

/** What people are told of a recovery, of any scenario: once for each name. */
export type RecoveryNotice = { name: string; text: string; over: "no" | "well" | "badly" };

/** What a restore of one database has come to. */
export type RestoreOutcome =
  | {
      restored: true;
      backup: string;
      /** Milliseconds since the epoch: what was written after it is lost. */
      takenAt: number;
      rows: number;
      tables: number;
      where: string;
      /** What was there before, as it is called on the same server now. */
      aside: string | null;
      /** It had been restored by an earlier try. */
      again: boolean;
      ms: number;
    }
  /** The backup is not sound, or no key opens it: another one may do. */
  | { restored: false; problem: ProblemData };

/** What a recovery needs from outside. */
export interface RecoveryWorld {
  settings: {
    targets: RecoveryTargets;
    /** Milliseconds. */
    deadlines: { look: number; restore: number; deploy: number; settle: number; shift: number };
    /** Path of the service's health. */
    health: string;
  };
  platform: Platform;
  releases: Releases;
  ledger: Ledger;
  http: Http;
  clock: Clock;
  /** Fires when a person aborts it. */
  interrupted: AbortSignal;
  /** Headers for the service's health: past the platform's protection and the service's limits. */
  headers(): Record<string, string>;
  /** Looks at every database of the order, and chooses what is done with each. Reads only. */
  look(signal: AbortSignal): Promise<DatabaseMove[]>;
  /** What the service's health must say of a database. */
  expectation(move: { database: string; target: string }): HealthExpectation;
  /**
   * Restores a backup to the place of a move, compared with its manifest. Safe to run twice.
   * @throws what is in the way of trying; a backup that is not sound is an answer.
   */
  restore(
    move: DatabaseMove & { do: "restore" },
    backup: string,
    tell: (doing: string) => void,
    signal: AbortSignal,
  ): Promise<RestoreOutcome>;
  /** Points the service's variable at the standby of a database, for later deployments. */
  pointAtStandby(move: DatabaseMove & { do: "restore" }, signal: AbortSignal): Promise<void>;
  /** What people have to do after the service was pointed elsewhere. One sentence each. */
  afterwards(move: DatabaseMove & { do: "restore" }): string[];
  /** Tells people, once for each name. */
  tell(notice: RecoveryNotice): Promise<void>;
}

/** How a recovery ended; the members of its release. */
export type RecoveryOutcome = {
  state: "released" | "failed" | "aborted" | "unsafe";
  because: string;
  problem?: ProblemData;
};
