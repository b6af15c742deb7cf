import { bucketOf } from "./bucket.js";
import { shareAt } from "./weights.js";
/**
 * Says who answers a request; asks and sends nothing. In doubt it is the deployment that was asked, which is what would
 * happen without weights. Only the deployment that the weights call stable ever forwards: once production serves another,
 * they mean nothing, and there is no way in which a request could go round in circles.
 * @param now In milliseconds since the epoch.
 * @param draw A number from 0 up to 1, for a client that nothing tells apart.
 */
export function choose(weights, visit, self, now, draw) {
    const stays = (because) => ({ by: "self", because });
    if (weights === undefined)
        return stays("there are no weights");
    if (weights.state !== "active")
        return stays(`the shift is ${weights.state}`);
    if (now >= weights.until)
        return stays("the weights were not renewed");
    if (self.deployment !== weights.stable)
        return stays("the weights are of another deployment");
    if (visit.forwarded)
        return stays("it was forwarded already");
    if (visit.host !== undefined && visit.host === self.ownHost)
        return stays("it asked for this deployment");
    const known = bucketIn(visit.cookie, weights.candidate.id);
    const drawn = forcedBucket(visit.forced) ??
        known ??
        (visit.key === undefined ? draw() : bucketOf(visit.key, weights.release));
    const cookie = drawn === known ? {} : { cookie: `${weights.candidate.id}.${drawn}` };
    const by = drawn < shareAt(weights, now) ? "candidate" : "self";
    return { by, because: "its share", ...cookie };
}
/** Who forces an arm comes before or after all others from then on, as far as this shift goes; also at a share of 0. */
function forcedBucket(arm) {
    if (arm === undefined)
        return undefined;
    return arm === "canary" ? -1 : 1;
}
/** The client's place, when its cookie is of this shift. */
function bucketIn(cookie, candidate) {
    if (cookie === undefined || !cookie.startsWith(`${candidate}.`))
        return undefined;
    const text = cookie.slice(candidate.length + 1);
    const bucket = Number(text);
    return /^[\d.e-]+$/.test(text) && bucket >= -1 && bucket <= 1 ? bucket : undefined;
}
