/** Pages and who stands in for whom. */
export const onCall = `
create table atoms.page (
  id text primary key,
  state text not null,
  opened_at double precision not null,
  body text not null
);
create index page_newest on atoms.page (opened_at desc, id desc);
create index page_open on atoms.page (opened_at) where state = 'paging';

create table atoms.on_call_override (
  id text primary key,
  service text not null,
  environment text not null,
  from_at double precision not null,
  until_at double precision not null,
  body text not null
);
create index override_open on atoms.on_call_override (service, environment, until_at);
`;
