import type { Actor, Ledger, LedgerEvent } from "../terms/index.js";

/** A stop on releases that a person put up in an emergency. */
export type EmergencyFreeze = {
  /** `frz_…` */
  id: string;
  by: Actor;
  because: string;
  /** Milliseconds since the epoch. */
  since: number;
  /** When it ends by itself, in milliseconds since the epoch; without it, it stands until somebody lifts it. */
  until?: number;
};

/** The kinds of ledger entries that tell of emergency freezes. */
export const freezeKinds = { began: "freeze.began", lifted: "freeze.lifted" } as const;

/** Freezes and lifts that are looked through: the last word is what counts. */
const looked = 200;

/**
 * Reads off the ledger whether releases are stopped. What was done last counts, by the time it was done: an act that
 * was written to a journal while the store was away joins the ledger behind what others have done since.
 * @param entries Of both kinds, of one environment.
 * @param now Milliseconds since the epoch.
 */
export function standingFreeze(
  entries: readonly (LedgerEvent & { seq: number })[],
  service: string,
  now: number,
): EmergencyFreeze | undefined {
  const [last] = entries
    .filter((one) => one.service === service)
    .toSorted((a, b) => b.at - a.at || b.seq - a.seq);
  if (last === undefined || last.kind !== freezeKinds.began) return undefined;
  const { freeze, because, until } = last.data;
  if (typeof until === "number" && until <= now) return undefined;
  return {
    id: typeof freeze === "string" ? freeze : last.key,
    by: last.actor,
    because: typeof because === "string" ? because : "no reason was given",
    since: last.at,
    ...(typeof until === "number" ? { until } : {}),
  };
}

/** Asks the ledger for the freeze that stands in a place now. */
export async function readStandingFreeze(
  ledger: Ledger,
  { service, environment }: { service: string; environment: string },
  now: number,
): Promise<EmergencyFreeze | undefined> {
  const both = await Promise.all(
    Object.values(freezeKinds).map((kind) => ledger.read({ kind, environment, last: true, limit: looked })),
  );
  return standingFreeze(both.flat(), service, now);
}
