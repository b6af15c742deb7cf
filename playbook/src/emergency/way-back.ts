import { wayBack } from "../rollback/index.js";
import type { Proven } from "../terms/index.js";
import { type EmergencySight, type EmergencyWayBack, seenOf } from "./model.js";

/** How many deployments are named to choose from. */
const named = 3;

/**
 * Where an immediate rollback leads: to the deployment that was proven good last and is still ready. While the store is
 * away the records beside the playbook say what has passed. A deployment that nobody has proven is never chosen for people,
 * but those that could take traffic are named.
 */
export function wayBackFrom(
  sight: Pick<EmergencySight, "production" | "deployments" | "proven" | "records" | "releases">,
): EmergencyWayBack {
  const deployments = seenOf(sight.deployments) ?? [];
  const serving = seenOf(sight.production)?.deployment?.id;
  const known = new Map(deployments.map((one) => [one.id, one]));
  const byStore = sight.proven.is === "seen";
  const proven = seenOf(sight.proven) ?? seenOf(sight.records) ?? [];
  const ready = deployments
    .filter((one) => one.production && one.state === "ready" && one.id !== serving)
    .map(({ id }) => id);
  const before = known.get(seenOf(sight.releases)?.running?.previous?.id ?? "");
  if (sight.deployments.is === "dead") return unlisted(proven, serving, byStore);
  const way = wayBack({ serving, before: before?.id === serving ? undefined : before, proven, known });
  if ("none" in way) return { none: way.none, ready: ready.slice(0, named) };
  return told(way.to.id, proven, byStore, way.to.version);
}

/** The platform did not list its deployments: what was proven last may be gone, which only trying will show. */
function unlisted(
  proven: readonly Proven[],
  serving: string | undefined,
  byStore: boolean,
): EmergencyWayBack {
  const last = proven.find(({ deployment }) => deployment !== serving);
  if (serving === undefined || last === undefined)
    return { none: "the platform does not say what it serves, nor which deployments it has", ready: [] };
  return told(last.deployment, proven, byStore);
}

function told(id: string, proven: readonly Proven[], byStore: boolean, made?: string): EmergencyWayBack {
  const proof = proven.find(({ deployment }) => deployment === id);
  const version = proof?.version ?? made;
  return {
    to: id,
    ...(version === undefined ? {} : { version }),
    ...(proof === undefined ? {} : { provenAt: proof.at }),
    known: byStore ? "by the store" : "by the records",
  };
}
