import type { PublicIncident, PublicStatus } from "@atoms/playbook";

const iso = (at: number) => new Date(at).toISOString();

/** The page for programs: the same, with moments by ISO 8601. */
export function statusData(status: PublicStatus, late: boolean) {
  const { title, about, support, at, state, components, incidents, maintenance, past } = status;
  return {
    title,
    about: about ?? null,
    support: support ?? null,
    as_of: iso(at),
    late,
    state,
    components: components.map(({ name, about: what, state: is, share, days }) => ({
      name,
      about: what ?? null,
      state: is,
      up_share: share ?? null,
      days: days.map(({ day, share: of }) => ({ day, up_share: of ?? null })),
    })),
    incidents: incidents.map(incidentData),
    maintenance: maintenance.map(({ state: is, startsAt, endsAt, text }) => ({
      state: is,
      starts_at: iso(startsAt),
      ends_at: iso(endsAt),
      text,
    })),
    past_incidents: past.map(incidentData),
  };
}

const incidentData = ({ key, title, state, startedAt, resolvedAt, updates }: PublicIncident) => ({
  id: key,
  title,
  state,
  started_at: iso(startedAt),
  resolved_at: resolvedAt === undefined ? null : iso(resolvedAt),
  updates: updates.map(({ at, state: was, text }) => ({ at: iso(at), state: was, text })),
});
