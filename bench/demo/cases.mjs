// What the demo promises, as cases. Each is run as a real release and as a simulated stream at the same settings.

/** Requests after which the clock of a promise begins, where it does not begin with the first. */
export const first = 50;

/**
 * The demo's step of half a minute is for onlookers: it is over before 5 % at 5 requests a second can be told from 1 %.
 * Where a case is about minutes, it has the step of five minutes that a playbook has when it says nothing.
 *
 * `bad`: share of the canary's requests that fail. `rate`: requests a second to each version; the demo's own when left out.
 * `limit`: most seconds until no traffic is on it, `from` the request of that number. A healthy one has no limit: it must
 * never be taken back.
 */
export const cases = [
  { name: "failing 20 %: to 0 % traffic, from its 50th request on", bad: 0.2, from: first, limit: 10 },
  {
    name: "failing 5 %, at 5 requests a second: to 0 % traffic",
    bad: 0.05,
    rate: 5,
    bake: "5m",
    from: 1,
    limit: 180,
  },
  { name: "healthy: taken back", bad: 0 },
  {
    name: "healthy, with 0.3 % errors on both versions: taken back",
    bad: 0.003,
    base: 0.003,
    simulatedOnly: true,
  },
];
