import type { Actor, PlatformName } from "../terms/index.js";

/** How bad it is, from an outage (P1) to a blemish (P4). */
export const incidentSeverities = ["P1", "P2", "P3", "P4"] as const;
export type IncidentSeverity = (typeof incidentSeverities)[number];

/** How far those who work on it are. */
export const workStates = ["investigating", "identified", "monitoring"] as const;
export type WorkState = (typeof workStates)[number];

/**
 * `open`: nobody has it yet. Then it is worked on: `investigating`, `identified` (the cause is known), `monitoring` (a fix is
 * in, and watched). `resolved`: the service is well again. `closed`: nothing is left to do.
 */
export const incidentStates = ["open", ...workStates, "resolved", "closed"] as const;
export type IncidentState = (typeof incidentStates)[number];

/** What it was opened for: a person by name, or an alert or a release by id. */
export type IncidentSource = { kind: "person" | "alert" | "release"; id: string };

/** The two promises of a severity: that somebody has it in time, and that it is over in time. */
export const targets = ["response", "resolution"] as const;
export type IncidentTarget = (typeof targets)[number];

/** One look at something that has to be well before an incident may be resolved. */
export type HealthFinding = { what: string; ok: boolean; saw: string };

/** Something to be done afterwards, so that it does not happen again. */
export type FollowUp = { text: string; owner?: string; by: string; at: number };

/** Times in milliseconds since the epoch. */
export type Incident = {
  id: string;
  service: string;
  environment: string;
  severity: IncidentSeverity;
  /** One line: what is wrong. */
  title: string;
  details?: string;
  state: IncidentState;
  source: IncidentSource;
  openedBy: Actor;
  openedAt: number;
  /** Since when it has this severity: its targets count from here. */
  severityAt: number;
  acknowledgedAt?: number;
  acknowledgedBy?: string;
  resolvedAt?: number;
  resolvedBy?: string;
  /** What ended it. */
  resolution?: string;
  /** What was looked at before it was resolved. */
  verified?: {
    findings: HealthFinding[] /** Why it was resolved although not all was well. */;
    anyway?: string;
  };
  closedAt?: number;
  /** Who does what, e.g. commander, and since when. */
  roles: { [role: string]: { who: string; at: number } };
  /** Items of the checklist that somebody ticked. */
  done: { [item: string]: { by: string; at: number } };
  releases: string[];
  alerts: string[];
  /** The page of those on call; undefined when nobody was paged for it. */
  page?: string;
  /** Its own Slack channel: wanted until it is there, or until that is given up. */
  channel?: {
    name: string;
    is: "wanted" | "there" | "failed";
    tries: number;
    nextAt: number;
    because?: string;
    /** Slack's id of it, once it is there. */
    id?: string;
    /** Messages that people pinned there and that are in the story, by Slack's name of each. */
    pinned?: string[];
    /** Why its pinned messages are not read. */
    unread?: string;
  };
  /** Targets of this severity that were missed, and when that was noted. */
  missed: { [target in IncidentTarget]?: number };
  /** How many notes and updates it has, and when the first of each was written. */
  notes: number;
  notedAt?: number;
  updates: number;
  updatedAt?: number;
  /** What people made public of it: all that the status page may tell. */
  published?: { title?: string; updates: { at: number; state: IncidentState; text: string }[] };
  /** When a fix was said to be in, and that is being watched. */
  fixedAt?: number;
  followUps: FollowUp[];
  /** The post-mortem: when it is due at the latest, and what became of it. */
  review?: { dueAt: number; draftedAt?: number; draftedBy?: string; remindedAt?: number };
  /** Place in the ledger where its story may begin: about an hour before it was opened. */
  fromSeq: number;
  /** Grows with every change. */
  version: number;
  /** The playbook as it was when it was opened; the file as it is now is preferred while it can be read. */
  playbook: { path: string; text: string; platform: PlatformName };
};

/** What the playbook says of incidents, ready to use. Times in milliseconds. */
export type IncidentRules = {
  targets: {
    readonly [severity in IncidentSeverity]: {
      response: number /** Undefined: as soon as it can be. */;
      resolution?: number;
    };
  };
  /** Severities for which those on call are paged at once. */
  pages: readonly IncidentSeverity[];
  roles: readonly string[];
  checklist: readonly string[];
  /** Channels that hear of its opening, its updates, and its end. */
  stakeholders: readonly string[];
  /** Whether it gets a Slack channel of its own. */
  ownChannel: boolean;
  reviewWithin: number;
  /** Severities that get a post-mortem. */
  reviews: readonly IncidentSeverity[];
};

/** Whether it still needs people. */
export const isUnderWay = ({ state }: Pick<Incident, "state">): boolean =>
  state !== "resolved" && state !== "closed";
