import type { Actor, PlatformName } from "../terms/index.js";

/** How fast somebody has to answer; those of the incident chapter. */
export type PageSeverity = "P1" | "P2" | "P3" | "P4";

/**
 * How a page stands. `paging`: people are told one after the other. `acknowledged`: somebody has it, and it is quiet.
 * `unanswered`: everybody was told, several times, and nobody answered. `resolved`: what it was about is over.
 */
export type PageState = "paging" | "acknowledged" | "unanswered" | "resolved";

/** What a page is about, by the id it has in its own chapter. */
export type PageSubject = {
  kind: "alert" | "incident" | "release" | "maintenance" | "drill" | "person";
  id: string;
};

/** What somebody is paged for. */
export type PageOrder = {
  /** Stable: a page that is ordered again under its id is the same page. Small letters, digits, `_`, `-`, `:`, `.` */
  id: string;
  service: string;
  environment: string;
  severity: PageSeverity;
  /** One line: what is wrong. */
  title: string;
  /** A few sentences: what was seen, and where to look. */
  details?: string;
  about: PageSubject;
  actor: Actor;
  /** When it was ordered, in milliseconds since the epoch. */
  at: number;
  /** The playbook as it was then; the file as it is now is preferred while it can be read. */
  playbook: { path: string; text: string; platform: PlatformName };
};

/** One time that somebody was told, or could not be. */
export type Told = {
  /** Counts every step of every round from 0. */
  turn: number;
  /** The step of the escalation, e.g. "oncall_primary". */
  step: string;
  /** Undefined when nobody is on call there. */
  person?: string;
  /** Where the page went; empty when the person could not be reached or had been told already. */
  channels: string[];
  /** Milliseconds since the epoch. */
  at: number;
  /** Why nobody was told. */
  because?: string;
};

/** A page and how it stands. */
export type Page = PageOrder & {
  state: PageState;
  told: Told[];
  /** When the next one is told, in milliseconds since the epoch; while it is paging. */
  nextAt?: number;
  acknowledgedAt?: number;
  acknowledgedBy?: Actor;
  resolvedAt?: number;
  resolvedBy?: Actor;
};

/** Somebody stands in for whoever is on call by the schedule. */
export type Override = {
  id: string;
  service: string;
  environment: string;
  /** The schedule or the step of the escalation it is for. */
  step: string;
  person: string;
  /** Milliseconds since the epoch; `until` is no longer part of it. */
  from: number;
  until: number;
  addedBy: Actor;
  addedAt: number;
};

/** A way to reach a person that a configured channel serves. */
export type Way = {
  kind: "pagerduty" | "slack" | "email";
  /** As a notice names it: "pagerduty", "#incidents", "ana@example.com". */
  channel: string;
};

/** A person on call. */
export type Person = {
  name: string;
  /** For people to call: Atoms itself calls nobody. */
  phone?: string;
  /** Every way that a configured channel serves; empty when Atoms cannot reach them. */
  ways: Way[];
};

/** A rotation: who is on call, from handover to handover, by the clocks of one zone. */
export type Schedule = {
  name: string;
  people: readonly string[];
  timeZone: string;
  /** Days from one handover to the next: 1 or 7 times `every`. */
  days: number;
  /** First handover as a wall time, in the form of `asUtc`. */
  firstHandover: number;
};

/** Who is told, in which order, and how long each has: the playbook's words, made ready to use. */
export type OnCallPlan = {
  people: Readonly<Record<string, Person>>;
  schedules: Readonly<Record<string, Schedule>>;
  steps: readonly string[];
  /** Milliseconds that each step has to answer. */
  respondWithin: Readonly<Record<PageSeverity, number>>;
  /** How often the steps are gone through. */
  rounds: number;
  /** Where it is said when nobody answered; the Slack channel of incidents where one is named. */
  lastResort: string;
};

/** Somebody's time on call. */
export type Shift = {
  person: string;
  /** Milliseconds since the epoch; `until` is no longer part of it. */
  from: number;
  until: number;
  /** Stands in by an override. */
  override?: string;
};
