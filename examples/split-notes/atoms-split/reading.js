import { uncached } from "./names.js";
import { readWeights } from "./weights.js";
/**
 * Reads a connection string: `https://edge-config.vercel.com/ecfg_…?token=…&item=…`.
 * @returns undefined when it is none.
 */
export function sourceIn(connection) {
    if (connection === undefined || connection === "")
        return undefined;
    try {
        const url = new URL(connection);
        const config = url.pathname
            .split("/")
            .filter((part) => part !== "")
            .at(-1);
        const token = url.searchParams.get("token");
        const item = url.searchParams.get("item");
        if (config === undefined || !token || !item)
            return undefined;
        const path = `${url.pathname.replace(/\/+$/, "")}/item/${encodeURIComponent(item)}`;
        return { config, item, token, url: `${url.origin}${path}` };
    }
    catch {
        return undefined;
    }
}
/** How long a reading counts as fresh while traffic is split, in milliseconds: the longest that a rollback waits for a helper. */
const freshWhileSplit = 1_000;
/** The same while there is nothing to split. */
const freshOtherwise = 5_000;
/** How long an old reading is gone by while no new one can be had; then traffic is no longer split. */
const longestBlind = 30_000;
/** The longest that a request waits for a reading. */
const longestWait = 1_000;
/**
 * Keeps the weights at hand. A request waits for a reading at most for a second, and only when the last one is not fresh;
 * requests that wait share one. What can not be read for half a minute splits nothing.
 */
export class WeightsReader {
    source;
    fetch;
    now;
    read;
    tried;
    underWay;
    /** @param now A clock in milliseconds since the epoch. */
    constructor(source, fetch, now) {
        this.source = source;
        this.fetch = fetch;
        this.now = now;
    }
    async current() {
        if (this.source === undefined)
            return { weights: undefined, readable: false };
        const split = this.read?.weights?.state === "active";
        const age = this.now() - (this.tried?.at ?? Number.NEGATIVE_INFINITY);
        // A clock that was set back makes no reading fresh.
        if (age < 0 || age >= (split ? freshWhileSplit : freshOtherwise)) {
            this.underWay ??= this.readAnew(this.source).finally(() => {
                this.underWay = undefined;
            });
            await this.underWay;
        }
        const known = this.read !== undefined && this.now() - this.read.at < longestBlind;
        return { weights: known ? this.read?.weights : undefined, readable: this.tried?.well === true };
    }
    async readAnew({ url, token }) {
        let well = false;
        try {
            const answer = await this.fetch(url, {
                headers: { authorization: `Bearer ${token}`, accept: "application/json" },
                signal: AbortSignal.timeout(longestWait),
                redirect: "error",
                ...uncached,
            });
            if (answer.ok) {
                this.take(readWeights(await answer.json()));
                well = true;
            }
            else {
                await answer.body?.cancel();
                // An item that is not there is an answer too.
                if (answer.status === 404) {
                    this.take(undefined);
                    well = true;
                }
            }
        }
        catch {
            // The last reading stands for as long as it may.
        }
        this.tried = { at: this.now(), well };
    }
    take(weights) {
        const before = this.read?.weights;
        // Copies of a Global Config need not be equally new.
        const older = weights !== undefined && before?.release === weights.release && weights.epoch < before.epoch;
        this.read = { weights: older ? before : weights, at: this.now() };
    }
}
