import type { Alert } from "../alerts/index.js";
import type { EmergencyFreeze } from "../gates/index.js";
import type { Incident } from "../incidents/index.js";
import type { Deployment, LogLine, PlatformName, Production, Proven, Release } from "../terms/index.js";

/** One part of a look: what was seen, or why nothing could be; with how long that took, in milliseconds. */
export type Part<T> = { is: "seen"; value: T; ms: number } | { is: "dead"; because: string; ms: number };

/** What a part saw; undefined when it is dead. */
export const seenOf = <T>(part: Part<T>): T | undefined => (part.is === "seen" ? part.value : undefined);

/** How one production host answered. */
export type HostHealth = {
  /** Base address. */
  host: string;
  /** Whether users of it are served: it answers, below 400, and by the deployment that production is meant to serve. */
  ok: boolean;
  /** In a few words. */
  saw: string;
  /** Who answered, when the answer says. */
  deployment?: string;
  ms: number;
};

/** Something that changed before the trouble, or during it. */
export type Change = {
  /** Milliseconds since the epoch. */
  at: number;
  what: "traffic" | "rollback" | "release" | "deployment" | "variable" | "act";
  /** In a few words. */
  says: string;
  by?: string;
  release?: string;
  /** The deployment that got traffic by it, or was made. */
  deployment?: string;
  /** Whether it was done past Atoms. */
  outside?: boolean;
};

/** What the flag of maintenance says; `no flag`: the playbook names none, so nothing closes the door at once. */
export type DoorSight =
  | { is: "open" }
  | { is: "closed"; because?: string; until?: string }
  | { is: "no flag"; because: string };

/** Everything that one look at an emergency can see; each part may be dead on its own. */
export type EmergencySight = {
  service: string;
  environment: string;
  platform: PlatformName;
  /** When it was looked, in milliseconds since the epoch. */
  at: number;
  hosts: Part<HostHealth[]>;
  production: Part<Production>;
  /** Newest first. */
  deployments: Part<Deployment[]>;
  /** When variables were written, if the platform tells. */
  variables: Part<{ key: string; changedAt: number }[]>;
  /** Error lines of the deployment that production serves, oldest first. */
  errors: Part<{ deployment: string; lines: LogLine[] }>;
  /** The release under way, and the newest that have ended. */
  releases: Part<{ running?: Release; past: Release[] }>;
  proven: Part<Proven[]>;
  incidents: Part<Incident[]>;
  /** Those that fire. */
  alerts: Part<Alert[]>;
  /** What the ledger says was changed. */
  changed: Part<Change[]>;
  /** Whether releases are frozen. */
  freeze: Part<EmergencyFreeze | null>;
  /** Whether the door is closed for maintenance, by the service's own flag. */
  door: Part<DoorSight>;
  /** Deployments that the records beside the playbook say have passed, newest first; for when the store is away. */
  records: Part<Proven[]>;
  /** Acts that were done while the store was away and are not in the ledger yet, and how many of its lines are damaged. */
  journal: Part<{ waiting: Change[]; damaged: number }>;
};

/** What most likely did it. */
export type Culprit = {
  kind:
    | "release under way"
    | "last release"
    | "rollback"
    | "deployment from outside"
    | "variable"
    | "maintenance"
    | "some hosts"
    | "platform"
    | "not a change"
    | "nothing wrong"
    | "unknown";
  /** The release, deployment, host or variable. */
  id?: string;
  /** In one sentence. */
  says: string;
  /** What speaks for it, each a line. */
  because: string[];
  sure: "likely" | "possible" | "no idea";
  /** What to do about it first. */
  advice?: EmergencyAct;
};

/** What can be done; the first five in the order of the seed, whose numbers people know by heart. */
export const emergencyActs = [
  "rollback",
  "scale",
  "maintenance",
  "restart",
  "escalate",
  "freeze",
  "unfreeze",
  "reopen",
] as const;
export type EmergencyAct = (typeof emergencyActs)[number];

/** One of the things that can be done, as it is offered. */
export type EmergencyChoice = {
  /** The key to press; always the same for the same act. */
  number: number;
  act: EmergencyAct;
  title: string;
  /** What it would do now; undefined when it can't be done. */
  does?: string;
  /** Why it can't be done, and what else helps. */
  not?: string;
  advised: boolean;
};

/** Where production can be brought back to, or why nowhere is known. */
export type EmergencyWayBack =
  | { to: string; version?: string; provenAt?: number; known: "by the store" | "by the records" }
  | { none: string; ready: string[] };

/** The assessment: what was seen, and what it means. */
export type EmergencyAssessment = EmergencySight & {
  /** How long the look took, in milliseconds. */
  ms: number;
  /** Whether the store could be reached: then acts are releases of their own; otherwise they go to the platform directly. */
  store: "reached" | "away";
  changes: Change[];
  culprit: Culprit;
  wayBack: EmergencyWayBack;
  choices: EmergencyChoice[];
  /** Parts that could not be seen, each with its reason. */
  unseen: { part: string; because: string }[];
};
