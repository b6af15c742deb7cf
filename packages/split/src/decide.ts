import { bucketOf } from "./bucket.js";
import { shareAt, type Weights } from "./weights.js";

/** The arms of a split. */
export type Arm = "canary" | "stable";

/** What is known of a request when it is decided who answers it. */
export type Visit = {
  /** Host that was asked, in lower case and without a port. */
  host: string | undefined;
  /** What the client's cookie of this helper holds. */
  cookie: string | undefined;
  /** The arm that the client asks for by name. */
  forced: Arm | undefined;
  /** What tells the client apart where it keeps no cookies. */
  key: string | undefined;
  /** Another deployment has forwarded it here. */
  forwarded: boolean;
};

/** Who is asked: the deployment in which this helper runs. */
export type Self = {
  deployment: string | undefined;
  /** The host that leads to this deployment alone, whatever production serves; in lower case and without a port. */
  ownHost: string | undefined;
};

/** Who answers. `self` is the deployment that was asked. */
export type Choice = {
  by: "self" | "candidate";
  because: string;
  /** A value for the client's cookie; left out when it has the right one, or none is needed. */
  cookie?: string;
};

/**
 * Says who answers a request; asks and sends nothing. In doubt it is the deployment that was asked, which is what would
 * happen without weights. Only the deployment that the weights call stable ever forwards: once production serves another,
 * they mean nothing, and there is no way in which a request could go round in circles.
 * @param now In milliseconds since the epoch.
 * @param draw A number from 0 up to 1, for a client that nothing tells apart.
 */
export function choose(
  weights: Weights | undefined,
  visit: Visit,
  self: Self,
  now: number,
  draw: () => number,
): Choice {
  const stays = (because: string): Choice => ({ by: "self", because });
  if (weights === undefined) return stays("there are no weights");
  if (weights.state !== "active") return stays(`the shift is ${weights.state}`);
  if (now >= weights.until) return stays("the weights were not renewed");
  if (self.deployment !== weights.stable) return stays("the weights are of another deployment");
  if (visit.forwarded) return stays("it was forwarded already");
  if (visit.host !== undefined && visit.host === self.ownHost) return stays("it asked for this deployment");

  const known = bucketIn(visit.cookie, weights.candidate.id);
  const drawn =
    forcedBucket(visit.forced) ??
    known ??
    (visit.key === undefined ? draw() : bucketOf(visit.key, weights.release));
  const cookie = drawn === known ? {} : { cookie: `${weights.candidate.id}.${drawn}` };
  const by = drawn < shareAt(weights, now) ? "candidate" : "self";
  return { by, because: "its share", ...cookie };
}

/** Who forces an arm comes before or after all others from then on, as far as this shift goes; also at a share of 0. */
function forcedBucket(arm: Arm | undefined): number | undefined {
  if (arm === undefined) return undefined;
  return arm === "canary" ? -1 : 1;
}

/** The client's place, when its cookie is of this shift. */
function bucketIn(cookie: string | undefined, candidate: string): number | undefined {
  if (cookie === undefined || !cookie.startsWith(`${candidate}.`)) return undefined;
  const text = cookie.slice(candidate.length + 1);
  const bucket = Number(text);
  return /^[\d.e-]+$/.test(text) && bucket >= -1 && bucket <= 1 ? bucket : undefined;
}
