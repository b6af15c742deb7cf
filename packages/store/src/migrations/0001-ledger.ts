/** The chain of events, its head, and what keeps both from being edited. */
export const ledger = `
create table atoms.ledger (
  seq bigint primary key,
  key text not null unique,
  kind text not null,
  at double precision not null,
  actor text not null,
  service text not null,
  environment text not null,
  release text,
  data text not null,
  hash text not null,
  previous text not null
);
create index ledger_release on atoms.ledger (release, seq) where release is not null;
create index ledger_kind on atoms.ledger (kind, seq);

-- One row: the end of the chain. Locked while entries are added, so that seq has no gaps.
create table atoms.ledger_head (
  one boolean primary key default true check (one),
  seq bigint not null,
  hash text not null
);
insert into atoms.ledger_head (seq, hash) values (0, repeat('0', 64));

create function atoms.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: % on % is refused', tg_op, tg_table_name;
end $$;
create trigger ledger_is_append_only before update or delete or truncate on atoms.ledger
  for each statement execute function atoms.refuse_change();
create trigger ledger_head_stays before delete or truncate on atoms.ledger_head
  for each statement execute function atoms.refuse_change();
`;
