import type {
  ComponentState,
  OverallState,
  PublicComponent,
  PublicDay,
  PublicIncident,
  PublicIncidentState,
  PublicStatus,
  StatusFacts,
} from "./model.js";
import type { StatusPageSettings } from "./settings.js";

const dayMs = 86_400_000;
/** How many days the page tells of, today among them. */
export const statusDays = 90;
/** What an incident is called when nobody gave it a name for everybody: its own one is for those who work on it. */
const unnamed = "Service disruption";

/** When the first of the page's days begins, in milliseconds since the epoch. */
export const firstStatusDay = (now: number): number =>
  Math.floor(now / dayMs) * dayMs - (statusDays - 1) * dayMs;

/**
 * What everybody may know. Only what is named here gets out: the words of the settings, updates that were marked as public, and
 * times. Names of monitors, what they saw, ids, versions and people stay inside.
 */
export function publicStatus(settings: StatusPageSettings, facts: StatusFacts): PublicStatus {
  const { title, about, support, history } = settings;
  const { now } = facts;
  const components = settings.components.map((one) => componentOf(one, facts));
  const told = facts.incidents
    .filter(({ updates }) => updates.length > 0)
    .map(incidentOf)
    .toSorted((a, b) => b.startedAt - a.startedAt);
  const incidents = told.filter(({ state }) => state !== "resolved");
  return {
    title: readable(title),
    ...(about === undefined ? {} : { about: readable(about) }),
    ...(support === undefined ? {} : { support }),
    at: now,
    state: overall(components, incidents.length > 0),
    components,
    incidents,
    maintenance: maintenanceOf(facts),
    past: told.filter(({ state, resolvedAt }) => state === "resolved" && (resolvedAt ?? 0) > now - history),
  };
}

function componentOf(
  { name, about, monitors, degraded_by }: StatusPageSettings["components"][number],
  facts: StatusFacts,
): PublicComponent {
  const days = daysOf(monitors, facts);
  const looked = days.flatMap(({ share }) => (share === undefined ? [] : [share]));
  return {
    name: readable(name),
    ...(about === undefined ? {} : { about: readable(about) }),
    state: stateOf(monitors, degraded_by, facts),
    days,
    ...(looked.length === 0 ? {} : { share: looked.reduce((sum, share) => sum + share, 0) / looked.length }),
  };
}

function stateOf(monitors: readonly string[], slowed: readonly string[], facts: StatusFacts): ComponentState {
  if (facts.maintenance !== undefined) return "maintenance";
  const known = (names: readonly string[]) =>
    facts.monitors.filter(
      ({ name, standing, stale }) => names.includes(name) && standing !== "pending" && !stale,
    );
  const watched = known(monitors);
  const down = watched.filter(({ standing }) => standing === "down").length;
  // All that can be seen is down: that some cannot be seen makes it no better.
  if (down > 0) return down === watched.length ? "down" : "degraded";
  if (known(slowed).some(({ standing }) => standing === "down")) return "degraded";
  return watched.length < new Set(monitors).size ? "unknown" : "up";
}

function daysOf(monitors: readonly string[], { days, now }: StatusFacts): PublicDay[] {
  const first = firstStatusDay(now);
  const mine = days.filter(({ monitor }) => monitors.includes(monitor));
  return Array.from({ length: statusDays }, (_, i) => {
    const at = first + i * dayMs;
    const shares = mine.flatMap((one) => one.days.filter((day) => day.at === at).map(({ share }) => share));
    const day = new Date(at).toISOString().slice(0, 10);
    return shares.length === 0 ? { day } : { day, share: Math.min(...shares) };
  });
}

function overall(components: readonly PublicComponent[], incident: boolean): OverallState {
  const are = (state: ComponentState) => components.filter((one) => one.state === state).length;
  if (are("down") > 0) return are("down") === components.length ? "down" : "partly down";
  if (are("degraded") > 0) return "degraded";
  if (are("maintenance") > 0) return "maintenance";
  if (incident) return "incident";
  return are("unknown") > 0 ? "unknown" : "up";
}

const publicState = (state: string): PublicIncidentState =>
  state === "closed" || state === "resolved"
    ? "resolved"
    : state === "identified" || state === "monitoring"
      ? state
      : "investigating";

function incidentOf({
  key,
  state,
  startedAt,
  resolvedAt,
  title,
  updates,
}: StatusFacts["incidents"][number]): PublicIncident {
  return {
    key,
    title: readable(title ?? unnamed),
    state: publicState(state),
    startedAt,
    ...(resolvedAt === undefined ? {} : { resolvedAt }),
    updates: updates
      .map(({ at, state: was, text }) => ({ at, state: publicState(was), text: readable(text) }))
      .toSorted((a, b) => b.at - a.at),
  };
}

function maintenanceOf({ maintenance, windows, now }: StatusFacts): PublicStatus["maintenance"] {
  const planned = windows
    .filter(({ announcedAt, startsAt }) => announcedAt !== undefined && announcedAt <= now && startsAt > now)
    .toSorted((a, b) => a.startsAt - b.startsAt)
    .map(({ startsAt, endsAt, text }) => ({
      state: "planned" as const,
      startsAt,
      endsAt,
      text: readable(text ?? "Planned maintenance"),
    }));
  if (maintenance === undefined) return planned;
  const { startedAt, until, text } = maintenance;
  return [
    {
      state: "under way",
      startsAt: startedAt,
      endsAt: until,
      text: readable(text ?? "Maintenance"),
    },
    ...planned,
  ];
}

// Control characters, and the marks that turn the direction of what follows: both make a text look like another.
const unseen = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const readable = (text: string) =>
  text
    .replace(unseen, " ")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .trim();
