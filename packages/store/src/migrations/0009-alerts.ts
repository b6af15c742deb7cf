/** Alerts by episode, and silences. An episode is one row however long it lasts. */
export const alerts = `
create table atoms.alert (
  id text primary key,
  service text not null,
  environment text not null,
  rule text not null,
  series text not null,
  state text not null,
  open boolean not null,
  active_at double precision not null,
  version integer not null,
  body text not null
);
create unique index alert_one_episode on atoms.alert (service, environment, rule, series)
  where state in ('pending', 'firing');
create index alert_open on atoms.alert (service, environment) where open;
create index alert_newest on atoms.alert (active_at desc, id desc);

-- place grows with every change, so that who keeps silences at hand can ask whether they are still the same.
create sequence atoms.silence_change;
create table atoms.silence (
  id text primary key,
  service text not null,
  environment text not null,
  ends_at double precision not null,
  ended boolean not null,
  place bigint not null,
  body text not null
);
create index silence_standing on atoms.silence (service, environment, ends_at) where not ended;
create index silence_place on atoms.silence (place desc);

create table atoms.evaluation (
  service text not null,
  environment text not null,
  at double precision not null,
  primary key (service, environment)
);
`;
