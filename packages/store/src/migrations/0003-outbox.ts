/** Notices that wait to be sent, and what became of them. */
export const outbox = `
create table atoms.notice (
  key text primary key,
  place bigint generated always as identity,
  release text,
  state text not null,
  tries integer not null default 0,
  due_at double precision not null,
  next_at double precision not null,
  leased_until double precision not null default 0,
  sent_at double precision,
  because text,
  body text not null
);
create index notice_waiting on atoms.notice (due_at, place) where state = 'waiting';
create index notice_release on atoms.notice (release) where release is not null;
`;
