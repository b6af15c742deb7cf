/** The newest sign of life of each monitor that waits for one, and since when somebody listens. */
export const heartbeats = `
create table atoms.heartbeat (
  service text not null,
  environment text not null,
  monitor text not null,
  beat_at double precision,
  ok boolean not null default true,
  message text,
  listening_since double precision,
  looked_at double precision,
  primary key (service, environment, monitor)
);
`;
