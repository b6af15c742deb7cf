import type { Clock, LedgerEvent, Problem } from "../terms/index.js";
import type { HostDoor, MaintenanceOrder, TaskOutcome } from "./model.js";
import type { MaintenanceRules } from "./settings.js";

/** A message about a maintenance to one channel: a notice of the outbox. */
export type MaintenanceNotice = {
  key: string;
  service: string;
  environment: string;
  channel: string;
  text: string;
  /** Milliseconds since the epoch. */
  dueAt: number;
  thread: string;
  status?: "open" | "acknowledged" | "resolved";
  severity: "critical" | "high" | "medium" | "low";
  title: string;
};

/** A row by which a service is told things at once: the flag. */
export interface FlagStore {
  /**
   * Sets a row, made when it is not there. Safe to repeat.
   * @param row.value Written as JSON.
   * @throws ATM-232 when the database is away, ATM-233 for what it refuses, ATM-635 for a table that takes no flag.
   */
  set(url: string, row: { table: string; name: string; value: unknown }, signal?: AbortSignal): Promise<void>;
  /** The value of a row; undefined when there is none. @throws likewise. */
  get(url: string, row: { table: string; name: string }, signal?: AbortSignal): Promise<unknown>;
}

/** The flag of a service, wherever it reads it. */
export interface DoorFlag {
  /** Its value; undefined when it was never set. @throws what the database, or the platform, refuses. */
  get(signal?: AbortSignal): Promise<unknown>;
  /** Sets it. Safe to repeat. @throws likewise. */
  set(value: unknown, signal?: AbortSignal): Promise<void>;
}

/** How far a VACUUM is. */
export type VacuumProgress = {
  /** The table it is at. */
  table: string;
  /** Tables that are done, and of how many. */
  done: number;
  of: number;
  /** PostgreSQL's own word for what it does there, e.g. "scanning heap". */
  phase?: string;
  /** Blocks of that table that were scanned, and of how many. */
  scanned?: number;
  blocks?: number;
};

/** Cleans the databases of services. */
export interface DatabaseCare {
  /**
   * `VACUUM (ANALYZE)` of every table that is not the system's, one after the other. Safe to repeat. When the signal fires
   * the server is told to stop too.
   * @returns how many tables were cleaned, and which the role may not clean.
   * @throws ATM-232, ATM-233; the signal's reason.
   */
  vacuum(
    url: string,
    onProgress: (progress: VacuumProgress) => void,
    signal?: AbortSignal,
  ): Promise<{ tables: number; refused: string[] }>;
}

/** What the flow of a maintenance stands on. Every act is safe to repeat. */
export interface MaintenanceWorld {
  clock: Clock;
  /** The rules by which it was started. */
  rules(order: MaintenanceOrder): Promise<MaintenanceRules>;
  /** Writes down messages and events, in one transaction; known keys are left as they are. */
  put(notices: readonly MaintenanceNotice[], events: readonly LedgerEvent[]): Promise<void>;
  /** Keeps the service's alerts quiet. @param endsAt In milliseconds since the epoch. */
  mute(order: MaintenanceOrder, endsAt: number): Promise<void>;
  /** Lets alerts speak again. */
  unmute(order: MaintenanceOrder): Promise<void>;
  /** Tells running processes at once. @throws what the database, or the platform, refuses. */
  setFlag(order: MaintenanceOrder, on: boolean, signal: AbortSignal): Promise<void>;
  /** Tells later deployments. @throws what the platform refuses. */
  setVariable(order: MaintenanceOrder, on: boolean, signal: AbortSignal): Promise<void>;
  /** Asks every production host once. @throws when the platform does not say which they are. */
  look(order: MaintenanceOrder, signal: AbortSignal): Promise<HostDoor[]>;
  /** The deployment that production serves now; undefined when that is not known. */
  serving(order: MaintenanceOrder, signal: AbortSignal): Promise<string | undefined>;
  /** Runs a task. What goes wrong in it is an outcome. @param forMs The longest it may take, in milliseconds. */
  runTask(order: MaintenanceOrder, task: string, forMs: number, signal: AbortSignal): Promise<TaskOutcome>;
  /** Wakes whoever is on call. */
  page(order: MaintenanceOrder, problem: Problem): Promise<void>;
  /** Ends that page. */
  endPage(order: MaintenanceOrder): Promise<void>;
}
