/** Releases, the rule that an environment has one running at most, and the deployments proven good. */
export const releases = `
create table atoms.release (
  id text primary key,
  service text not null,
  environment text not null,
  state text not null,
  started_at double precision not null,
  body text not null,
  activity text
);
create unique index release_one_running on atoms.release (service, environment) where state = 'running';
create index release_newest on atoms.release (started_at desc, id desc);

create table atoms.proven (
  service text not null,
  environment text not null,
  deployment text not null,
  at double precision not null,
  place bigint generated always as identity,
  body text not null,
  primary key (service, environment, deployment)
);
`;
