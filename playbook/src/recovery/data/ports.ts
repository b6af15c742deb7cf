import type { Clock, Http, OperationOrder, Platform, ProblemData, Releases } from "../../terms/index.js";
import type { RecoveryNotice } from "../ports.js";
import type { HealthExpectation } from "../prove.js";
import type { RecoveryTargets } from "../settings.js";
import type {
  DataChoice,
  DataWindow,
  RowChoice,
  RowDifference,
  TableComparison,
  TableShape,
  TakenBack,
} from "./model.js";

/** Two databases of the same tables: what was restored beside, and the one in use. Addresses are secrets. */
export type BesideAndLiving = { beside: string; living: string };

/** Compares rows of two databases, and copies them. Never more than a thousand rows are in memory. */
export interface DatabaseRows {
  /** Tables with rows of their own, and their primary keys. @throws ATM-232, 233. */
  shapes(url: string, signal?: AbortSignal): Promise<TableShape[]>;
  /**
   * Compares a table that both have with the same columns and a primary key, row by row. Reads only.
   * @param choice Only these rows of the backup; rows that were added are all counted.
   * @param onRows Told how many rows of the backup were compared.
   * @throws ATM-691 when the choice is not understood; ATM-232, 233.
   */
  compare(
    of: BesideAndLiving & { table: string; choice?: RowChoice },
    onRows?: (rows: number) => void,
    signal?: AbortSignal,
  ): Promise<RowDifference>;
  /**
   * Copies chosen rows from beside into the database in use: all in one transaction, proven in it, triggers of the tables
   * kept still. A row that was written since it was compared is left alone. Safe to run twice under the same name.
   * @throws ATM-690 when the database refuses, and nothing was changed then; ATM-691; ATM-232, 233.
   */
  takeBack(
    of: BesideAndLiving & { name: string; rows: readonly RowChoice[] },
    onRows?: (table: string, rows: number) => void,
    signal?: AbortSignal,
  ): Promise<TakenBack[]>;
}

/** What taking rows back is started with. */
export type DataOrder = OperationOrder & {
  /** By the playbook's name. */
  database: string;
  backup: { id: string; takenAt: number };
  window: DataWindow | null;
  choice: DataChoice;
  /** Files of private age keys. */
  keys: string[];
};

/** What taking rows back needs from outside. */
export interface DataWorld {
  settings: {
    targets: RecoveryTargets;
    /** Milliseconds. */
    deadlines: { look: number; restore: number; settle: number };
    /** Path of the service's health. */
    health: string;
  };
  platform: Pick<Platform, "production">;
  releases: Releases;
  http: Http;
  clock: Clock;
  /** Fires when a person aborts it. */
  interrupted: AbortSignal;
  /** Headers for the service's health: past the platform's protection and the service's limits. */
  headers(): Record<string, string>;
  /** Where the database in use is. No password. */
  where: string;
  /** What the service's health must say of the database. */
  expectation: HealthExpectation;
  /** Looks at backup and database, and names the tables of the choice in full. Reads only. @throws why it cannot be done. */
  check(signal: AbortSignal): Promise<DataChoice>;
  /** Restores the backup beside, compared with its manifest. Safe to run twice. */
  restoreBeside(tell: (doing: string) => void, signal: AbortSignal): Promise<void>;
  /** Compares the chosen tables, or all, with those that were restored beside. */
  compare(choice: DataChoice, tell: (doing: string) => void, signal: AbortSignal): Promise<TableComparison[]>;
  /** Takes a full backup of the database as it is. @returns its id. */
  keep(tell: (doing: string) => void, signal: AbortSignal): Promise<string>;
  /** Copies the chosen rows. Safe to run twice. A refusal, by which nothing was changed, is an answer. */
  takeBack(
    rows: readonly RowChoice[],
    tell: (doing: string) => void,
    signal: AbortSignal,
  ): Promise<{ taken: TakenBack[] } | { refused: ProblemData }>;
  /** Puts what was restored beside in the place of the database in use. Safe to run twice. @returns the old one's name now. */
  swap(signal: AbortSignal): Promise<string>;
  /** Removes what was restored beside; gone already: nothing. */
  leave(): Promise<void>;
  /** Tells people, once for each name. */
  tell(notice: RecoveryNotice): Promise<void>;
}
