import type { Actor, ProblemData } from "../terms/index.js";
import type { GatePorts } from "./ports.js";

/**
 * Where a release meets gates. `start`: before anything is done. `shift`: before any traffic moves. `step`: between two
 * steps of a canary.
 */
export const gatePoints = ["start", "shift", "step"] as const;
export type GatePoint = (typeof gatePoints)[number];

/** What asks to pass. Plain data. */
export type GateSubject = {
  /** Undefined while a release is only planned. */
  release?: string;
  service: string;
  environment: string;
  strategy: string;
  version?: string;
  startedBy: Actor;
  /** Milliseconds since the epoch; undefined while a release is only planned. */
  startedAt?: number;
  /** The new deployment, once there is one. */
  candidate?: string;
  /** Share of traffic that it asks for, 0 to 1. */
  share?: number;
  overrides: GateOverrides;
};

/** Gates that somebody goes past on purpose, each with the reason. */
export type GateOverrides = { freeze?: string; pin?: string; incident?: string; "emergency-freeze"?: string };

/** What becomes of a wait when its time is up: the stated default. */
export type Otherwise = "refuse" | "open";

/** How a gate stands. */
export type GateAnswer =
  | {
      is: "open";
      because: string /** It was shut, and somebody went past it for this reason. */;
      overridden?: string;
    }
  | {
      is: "shut";
      because: string;
      /** When it may open at the earliest, if that is known; in milliseconds since the epoch. */
      opensAt?: number;
      /** When waiting ends at the latest, in milliseconds since the epoch. */
      until: number;
      otherwise: Otherwise;
    }
  | { is: "refused"; because: string; problem: ProblemData };

/** When a gate is asked. */
export type AskedAt = {
  /** Milliseconds since the epoch. */
  now: number;
  /** When this release began to wait here. */
  since: number;
};

/** A question that people answer. */
export type Question = {
  /** Stable within the release, e.g. "shift", "step 2", "contract". */
  of: string;
  /** What is asked, each a line. */
  about: readonly string[];
  /** How many have to say yes. */
  people: number;
  /** Whether the one who started the release counts. */
  starterCounts: boolean;
  /** Who may answer; undefined when anybody may who may act. */
  approvers?: readonly string[];
  /** Nobody's answer counts after this, in milliseconds since the epoch. */
  until: number;
  otherwise: Otherwise;
};

/** What people have answered to a question. */
export type Replies = {
  yes: { by: string; at: number }[];
  no?: { by: string; at: number; because: string };
};

/** A gate of a playbook, ready to be asked at one point. */
export interface Gate {
  /** Unique at its point, e.g. "freeze", "webhook change-board". */
  readonly id: string;
  /** What it does, for a plan. */
  readonly says: string;
  /** How often it is asked while it is shut, in milliseconds. */
  readonly everyMs: number;
  /** The longest it keeps anybody waiting, in milliseconds; 0 refuses at once. */
  readonly waitMs: number;
  /** Whether an answer "open" is final; otherwise it is asked again until all gates are open at the same time. */
  readonly final: boolean;
  /** The question that it puts to people. */
  question?(since: number): Question;
  /** Measures, then judges. May be asked any number of times. */
  ask(ports: GatePorts, at: AskedAt, signal?: AbortSignal): Promise<GateAnswer>;
  /**
   * The same before a release exists, for plans and for refusing at once; it asks nobody outside.
   * Undefined when that says nothing.
   */
  look?(ports: GatePorts, at: AskedAt, signal?: AbortSignal): Promise<GateAnswer>;
}
