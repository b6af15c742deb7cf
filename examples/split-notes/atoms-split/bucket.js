/**
 * Where a client falls between 0 and 1: the same place whenever it is asked, evenly spread over clients, and unlike the
 * one of another release, so that it is not the same clients who try every new version.
 * @param key What tells the client apart.
 * @param salt What the draw is for, e.g. the release.
 */
export function bucketOf(key, salt) {
    // FNV-1a in two lanes, each mixed once more at its end: keys that differ in their last letter must not fall together.
    const text = `${salt}\n${key}`;
    let low = 0x811c9dc5;
    let high = 0x9747b28c;
    for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        low = Math.imul(low ^ code, 0x01000193);
        high = Math.imul(high ^ code ^ (low >>> 15), 0x85ebca6b);
    }
    return mixed(low ^ mixed(high)) / 2 ** 32;
}
/** Spreads every bit of a 32-bit number over all of them. */
function mixed(number) {
    let bits = Math.imul(number ^ (number >>> 16), 0x7feb352d);
    bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
    return (bits ^ (bits >>> 16)) >>> 0;
}
