/** Which channels of a notice were reached, what it is about, and what channels remember. */
export const delivery = `
alter table atoms.notice
  add column thread text,
  add column channel text,
  add column since double precision,
  add column reached text;
create index notice_thread on atoms.notice (thread, channel, due_at) where thread is not null;
create index notice_dead on atoms.notice (due_at desc) where state = 'dead';

create table atoms.channel_memory (
  key text primary key,
  value text not null,
  at timestamptz not null default clock_timestamp()
);
create index channel_memory_oldest on atoms.channel_memory (at);
`;
