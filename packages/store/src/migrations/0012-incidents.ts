/** Incidents. */
export const incidents = `
create table atoms.incident (
  id text primary key,
  service text not null,
  environment text not null,
  state text not null,
  opened_at double precision not null,
  body text not null
);
create index incident_newest on atoms.incident (opened_at desc, id desc);
create index incident_unclosed on atoms.incident (service, environment, opened_at) where state <> 'closed';
`;
