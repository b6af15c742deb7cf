import type { Actor, PlatformName, ProblemData } from "../terms/index.js";

/**
 * How far it is. `closing`: the flag is set, and not every host has said so yet. `closed`: proven; tasks are run, or it is
 * held. `opening`: health checks, then the flag is taken back. `kept closed`: it should be over, and the service is not well.
 * `working`: tasks are run behind a door that stays open. `done`: open again, proven. `failed`: the door never closed, or a task failed;
 * open again, proven.
 */
export type MaintenanceState =
  | "closing"
  | "working"
  | "closed"
  | "opening"
  | "kept closed"
  | "done"
  | "failed";

/** What one production host said of its door. */
export type HostDoor = {
  host: string;
  door: "closed" | "open" | "unknown";
  /** Whether the service behind it is well, by its own word; a closed door does not count against it. */
  well: boolean;
  /** The last answer in a few words. */
  saw: string;
};

/** What came of looking at every host again and again. */
export type DoorProof = { proven: boolean; hosts: HostDoor[]; ms: number };

/** What came of one task. */
export type TaskOutcome = {
  task: string;
  /** `skipped`: it was no longer begun. */
  outcome: "done" | "failed" | "skipped";
  /** One line: what it did, or why not. */
  saw: string;
  ms: number;
};

/** What a maintenance is started with. Times in milliseconds since the epoch. */
export type MaintenanceOrder = {
  maintenance: string;
  service: string;
  environment: string;
  actor: Actor;
  because: string;
  startedAt: number;
  /** When it is lifted at the latest. */
  until: number;
  /** Names of the tasks, in order. */
  tasks: string[];
  /** Whether the door stays closed when the tasks are done, until somebody ends it or the time is up. */
  hold: boolean;
  /** Its tasks need no closed door: users are served all the time. Left out: it is closed. */
  door?: "open";
  /** The playbook as it was: what was closed by it is opened by it. */
  playbook: { path: string; text: string; platform: PlatformName };
};

/** A maintenance as the ledger tells it. Times in milliseconds since the epoch. */
export type Maintenance = Omit<MaintenanceOrder, "maintenance" | "actor" | "playbook"> & {
  id: string;
  /** Counts those of the environment, from 1. */
  number: number;
  startedBy: Actor;
  playbook: { path: string; platform: PlatformName };
  state: MaintenanceState;
  /** When every host had said so, and how long that took from writing the flag, in milliseconds. */
  closed?: { at: number; ms: number; hosts: readonly string[] };
  /** Why later deployments could not be told by the variable, if so. */
  untold?: string;
  done: TaskOutcome[];
  /** Who asked it to end. */
  endAsked?: { by: string; at: number; anyway?: string };
  /** Why it is still closed, and since when. */
  kept?: { because: string; since: number };
  opened?: { at: number; ms: number };
  endedAt?: number;
  problem?: ProblemData;
};

/** Whether it is under way and turns users away. */
export const isDoorHeld = (one: Pick<Maintenance, "state" | "door">): boolean =>
  isMaintenanceOpen(one) && one.door !== "open";

/** Whether it still holds its environment. */
export const isMaintenanceOpen = ({ state }: Pick<Maintenance, "state">): boolean =>
  state !== "done" && state !== "failed";
