/** What monitors saw: whole, and thinned out to points. */
export const samples = `
create table atoms.monitor (
  id integer generated always as identity primary key,
  service text not null,
  environment text not null,
  name text not null,
  unique (service, environment, name)
);

create table atoms.sample (
  monitor integer not null,
  at double precision not null,
  vals jsonb not null,
  rest text,
  primary key (monitor, at)
);
create index sample_age on atoms.sample (at);

create table atoms.sample_point (
  monitor integer not null,
  metric text not null,
  every double precision not null,
  at double precision not null,
  count double precision not null,
  sum double precision not null,
  low double precision not null,
  high double precision not null,
  primary key (monitor, metric, every, at)
);
create index sample_point_age on atoms.sample_point (every, at);
`;
