import type { Actor } from "./actor.js";
import type { LedgerEvent } from "./ledger.js";
import type { PlatformName } from "./platform.js";
import type { ProblemData } from "./problem.js";

/** The parts of a release, in the order they are gone through. Rollback can follow any of them; only a recovery restores. */
export const phases = [
  "preflight",
  "backup",
  "announce",
  "restore",
  "deploy",
  "validate",
  "shift",
  "watch",
  "finish",
  "rollback",
] as const;
export type Phase = (typeof phases)[number];

/**
 * How traffic moves. Four are releases of their own kind: `rollback` leads back to a deployment that was proven good,
 * `restart` has the artefact that serves run anew, `group` releases several services as one, `recovery` brings back what a
 * disaster took.
 */
export type StrategyName =
  | "standard"
  | "blue-green"
  | "canary"
  | "rollback"
  | "restart"
  | "group"
  | "recovery";

/**
 * How a release stands. `running` is the only state that is not final.
 * `released`: all traffic is on the new deployment, which passed. `rolled back`: traffic had moved and was brought back.
 * `failed`: it ended before traffic moved. `aborted`: a person ended it before traffic moved. `unsafe`: it could not
 * prove where traffic is; a person must look.
 */
export type ReleaseState = "running" | "released" | "rolled back" | "failed" | "aborted" | "unsafe";

/** What the release is doing this moment, and why, and until when at the latest. */
export type Activity = {
  phase: Phase;
  /** A short sentence: "waiting for the build of dpl_7". */
  doing: string;
  /** Milliseconds since the epoch. */
  since: number;
  /** Deadline of the phase, in milliseconds since the epoch. */
  until: number;
  /** 0 to 1, where it can be told. */
  done?: number;
  /** The gates that keep it waiting. */
  waits?: readonly Waiting[];
};

/** One gate that keeps a release waiting. */
export type Waiting = {
  gate: string;
  because: string;
  /** When it may open, if that is known; in milliseconds since the epoch. */
  opensAt?: number;
  /** When waiting ends, in milliseconds since the epoch. */
  until: number;
  /** What becomes of it then. */
  otherwise: "refuse" | "open";
};

/** One attempt to put a deployment in front of users. */
export type Release = {
  /** `rel_` and a time-ordered random part. */
  id: string;
  service: string;
  environment: string;
  platform: PlatformName;
  strategy: StrategyName;
  /** `vYYYYMMDD.HHMMSS` in UTC; the stamp of the deployment and the name of the git tag. */
  version: string;
  state: ReleaseState;
  /** The phase it is in or ended in. */
  phase: Phase;
  startedBy: Actor;
  /** Milliseconds since the epoch. */
  startedAt: number;
  endedAt?: number;
  /** Digest of the source snapshot; empty when there is none. */
  source: string;
  /** The new deployment, once created. */
  candidate?: { id: string; address: string };
  /** What production served when the release began; where a rollback leads. */
  previous?: { id: string; address: string };
  /** The share of traffic on the candidate, 0 to 1, as last set. */
  split: number;
  /** Why it ended as it did, in a sentence. */
  because?: string;
  problem?: ProblemData;
  activity?: Activity;
};

/**
 * What is asked for of whatever holds an environment as a release does, is listed with them, and ships nothing: a restart, a
 * recovery. Plain data without secrets: it is written down, and a resumed one reads it again.
 */
export type OperationOrder = Pick<
  Release,
  "service" | "environment" | "platform" | "version" | "startedAt"
> & {
  /** The id of its release. */
  release: string;
  actor: Actor;
  playbook: { path: string; text: string };
};

/** Releases as they are kept. Each change is written in one transaction with the ledger events that tell of it. */
export interface Releases {
  /**
   * Opens a release: the environment's only running one.
   * @throws releaseRunning (ATM-501) when the environment has another running release. Opening the same id again returns it.
   */
  open(release: Release, events: readonly LedgerEvent[]): Promise<Release>;
  /** Changes some members of a release. @throws when there is no such release. */
  change(
    id: string,
    change: Partial<Omit<Release, "id" | "service" | "environment">>,
    events: readonly LedgerEvent[],
  ): Promise<Release>;
  /** What it is doing now: shown while waiting, not history, so not in the ledger. */
  doing(id: string, activity: Activity): Promise<void>;
  get(id: string): Promise<Release | undefined>;
  /** Newest first. */
  list(query: {
    service?: string;
    environment?: string;
    state?: ReleaseState;
    limit: number;
  }): Promise<Release[]>;
  running(service: string, environment: string): Promise<Release | undefined>;
  /** Marks a deployment proven good (it passed its watch, or a rollback to it was verified). */
  prove(proof: Proven, events: readonly LedgerEvent[]): Promise<void>;
  /** Takes the mark back: a deployment that was rolled back from is no way back. */
  disprove(service: string, environment: string, deployment: string): Promise<void>;
  /** Deployments proven good, newest proof first. */
  proven(service: string, environment: string, limit: number): Promise<Proven[]>;
}

/** A deployment that is known to have served well. */
export type Proven = {
  service: string;
  environment: string;
  deployment: string;
  address: string;
  version: string;
  release?: string;
  /** When it was proven, in milliseconds since the epoch. */
  at: number;
};
