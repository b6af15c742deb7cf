/** How a component is, in the words of the page. `unknown`: nobody has looked lately. */
export type ComponentState = "up" | "degraded" | "down" | "maintenance" | "unknown";

/** How all is together: `partly down` when some components are down, `incident` when all look well and people say otherwise. */
export type OverallState = ComponentState | "partly down" | "incident";

/** A day of a component; it begins and ends by UTC. */
export type PublicDay = {
  /** Such as 2026-11-28. */
  day: string;
  /** Share of looks that found it up, of the monitor that saw the worst; undefined when nobody looked. */
  share?: number;
};

/** A component as everybody may see it. */
export type PublicComponent = {
  name: string;
  about?: string;
  state: ComponentState;
  /** Oldest first, today last. */
  days: PublicDay[];
  /** The mean of the days on which somebody looked. */
  share?: number;
};

/** How far an incident is, for everybody. */
export type PublicIncidentState = "investigating" | "identified" | "monitoring" | "resolved";

/** An update that people marked as public. `at` in milliseconds since the epoch. */
export type PublicUpdate = { at: number; state: PublicIncidentState; text: string };

/** An incident as everybody may see it. Times in milliseconds since the epoch. */
export type PublicIncident = {
  /** Names it without its id. */
  key: string;
  title: string;
  state: PublicIncidentState;
  startedAt: number;
  resolvedAt?: number;
  /** Newest first. */
  updates: PublicUpdate[];
};

/** A maintenance as everybody may see it. Times in milliseconds since the epoch. */
export type PublicMaintenance = {
  state: "planned" | "under way";
  startsAt: number;
  /** When it is over at the latest. */
  endsAt: number;
  text: string;
};

/** All that the page tells. */
export type PublicStatus = {
  title: string;
  about?: string;
  support?: string;
  /** When it was so, in milliseconds since the epoch. */
  at: number;
  state: OverallState;
  components: PublicComponent[];
  /** Those under way, newest first. */
  incidents: PublicIncident[];
  maintenance: PublicMaintenance[];
  /** Those that are over, newest first. */
  past: PublicIncident[];
};

/** What the page is made of, as others know it. Times in milliseconds since the epoch. */
export type StatusFacts = {
  now: number;
  monitors: readonly { name: string; standing: "pending" | "up" | "down"; stale: boolean }[];
  /** Of each monitor the share of looks that found it up, by the day's begin. */
  days: readonly { monitor: string; days: readonly { at: number; share: number }[] }[];
  /** Incidents of which something was made public. */
  incidents: readonly {
    key: string;
    state: string;
    startedAt: number;
    resolvedAt?: number | undefined;
    title?: string | undefined;
    updates: readonly { at: number; state: string; text: string }[];
  }[];
  /** The maintenance under way. `text` is what its window says for everybody. */
  maintenance?: { startedAt: number; until: number; text?: string | undefined } | undefined;
  /** The next time of each window. `announcedAt`: when channels hear of it first; undefined when they never do. */
  windows: readonly {
    startsAt: number;
    endsAt: number;
    announcedAt?: number | undefined;
    text?: string | undefined;
  }[];
};
