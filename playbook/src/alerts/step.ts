import type { MissingPolicy } from "./model.js";

/** Where one episode stands in time. Milliseconds since the epoch. */
export type Episode = {
  state: "pending" | "firing";
  activeAt: number;
  firedAt?: number;
  /** Since when its condition no longer holds, while it is kept firing. */
  keepingSince?: number;
};

/** What the rule says about time, in milliseconds. */
export type AlertTiming = { duration: number; keepFiringFor: number; missing: MissingPolicy };

/** What the conditions say now; undefined for lack of samples. `clear` is left out by rules that have none. */
export type Facts = { holds: boolean | undefined; clear?: boolean | undefined; hasClear: boolean };

/**
 * One evaluation of one rule on one series, with the meaning that Prometheus gives to `for` and `keep_firing_for`:
 * pending since the first evaluation at which the condition holds, firing once it has held at every evaluation for
 * `duration`, and kept firing until it has not held for `keepFiringFor`.
 * @param standing Undefined while nothing is pending or firing.
 * @returns The same object when nothing changed; undefined when nothing is pending or firing any more.
 */
export function step(
  standing: Episode | undefined,
  facts: Facts,
  timing: AlertTiming,
  now: number,
): Episode | undefined {
  const so = decided(standing, facts, timing.missing);
  if (so === "as it was") return standing;
  if (so) {
    if (standing === undefined)
      return timing.duration === 0
        ? { state: "firing", activeAt: now, firedAt: now }
        : { state: "pending", activeAt: now };
    if (standing.state === "pending")
      return now - standing.activeAt >= timing.duration
        ? { ...standing, state: "firing", firedAt: now }
        : standing;
    if (standing.keepingSince === undefined) return standing;
    const { keepingSince: _over, ...again } = standing;
    return again;
  }
  if (standing?.state !== "firing" || timing.keepFiringFor === 0) return undefined;
  const since = standing.keepingSince ?? now;
  if (now - since >= timing.keepFiringFor) return undefined;
  return standing.keepingSince === undefined ? { ...standing, keepingSince: since } : standing;
}

/** A firing alert with a clear condition stays until that holds; what cannot be told goes by the rule's policy. */
function decided(standing: Episode | undefined, facts: Facts, missing: MissingPolicy): boolean | "as it was" {
  const told = (so: boolean | undefined): boolean | "as it was" =>
    so ?? (missing === "keep" ? "as it was" : missing === "alert");
  const so = told(facts.holds);
  if (so !== false || standing?.state !== "firing" || !facts.hasClear) return so;
  if (facts.clear === undefined) return facts.holds === undefined ? so : missing !== "ok";
  return !facts.clear;
}
