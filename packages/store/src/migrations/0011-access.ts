/** Who may ask: tokens, sign-in links and sessions of browsers. Only digests of their secrets are kept. */
export const access = `
create table atoms.credential (
  id text primary key,
  kind text not null,
  name text not null,
  digest text not null unique,
  role text not null,
  environments text[] not null,
  created_at double precision not null,
  created_by text not null,
  expires_at double precision,
  ended_at double precision
);
create unique index credential_token_name on atoms.credential (name) where kind = 'token' and ended_at is null;
create index credential_newest on atoms.credential (kind, created_at desc);
`;
