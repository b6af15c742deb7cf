import { changesOf } from "./changes.js";
import { choicesFor, type EmergencyMeans } from "./choices.js";
import { likelyCulprit } from "./culprit.js";
import type { EmergencyAssessment, EmergencySight, Part } from "./model.js";
import { wayBackFrom } from "./way-back.js";

/** The parts of a look, and how they are called when one of them is dead. */
const parts = {
  hosts: "health of the hosts",
  production: "what production serves",
  deployments: "last deployments",
  variables: "variables",
  errors: "recent errors",
  releases: "releases",
  proven: "deployments proven good",
  incidents: "incidents",
  alerts: "alerts",
  changed: "what changed",
  freeze: "freeze",
  door: "flag of maintenance",
  records: "records of releases",
  journal: "journal",
} as const satisfies Partial<Record<keyof EmergencySight, string>>;

/**
 * Makes of a look what people need to decide: what changed, what most likely did it, where to go back to, and what can be
 * done. Pure: the same sight gives the same assessment.
 * @param ms How long the look took.
 */
export function assessEmergency(
  sight: EmergencySight,
  ms: number,
  means: EmergencyMeans,
): EmergencyAssessment {
  const store = [sight.releases, sight.proven, sight.changed].every(({ is }) => is === "dead")
    ? "away"
    : "reached";
  const changes = changesOf(sight);
  const culprit = likelyCulprit(sight, changes);
  const wayBack = wayBackFrom(sight);
  return {
    ...sight,
    ms,
    store,
    changes,
    culprit,
    wayBack,
    choices: choicesFor(sight, { culprit, wayBack, store }, means),
    unseen: Object.entries(parts).flatMap(([name, part]) => {
      const seen = sight[name as keyof typeof parts] as Part<unknown>;
      // The records only matter while the store is away.
      if (seen.is === "seen" || (name === "records" && store === "reached")) return [];
      return [{ part, because: seen.because }];
    }),
  };
}
