/**
 * Reads an item's value.
 * @returns undefined when it is not in the form of weights: whatever it is, it splits nothing.
 */
export function readWeights(value) {
    if (!isRecord(value) || value["atomsSplit"] !== 1)
        return undefined;
    const { release, epoch, state, stable, candidate, shares, stage, startedAt, until } = value;
    if (!isText(release) || !isText(stable) || !isRecord(candidate))
        return undefined;
    const { id, address } = candidate;
    if (!isText(id) || !isText(address) || !isAddress(address))
        return undefined;
    if (state !== "active" && state !== "complete" && state !== "aborted")
        return undefined;
    if (!isCount(epoch) || !isCount(stage) || !isCount(startedAt) || !isCount(until))
        return undefined;
    if (!Array.isArray(shares) || !shares.every(isShare) || stage >= shares.length)
        return undefined;
    return {
        atomsSplit: 1,
        release,
        epoch,
        state,
        stable,
        candidate: { id, address },
        shares: [...shares],
        stage,
        startedAt,
        until,
    };
}
/** The candidate's share of the clients now, 0 to 1; 0 unless the weights are active and renewed. */
export function shareAt(weights, now) {
    if (weights.state !== "active" || now >= weights.until)
        return 0;
    return weights.shares[weights.stage] ?? 0;
}
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value !== "";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isShare = (value) => typeof value === "number" && value >= 0 && value <= 1;
function isAddress(text) {
    try {
        return ["http:", "https:"].includes(new URL(text).protocol);
    }
    catch {
        return false;
    }
}
