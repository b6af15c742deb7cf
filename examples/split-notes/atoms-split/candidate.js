import { askHeader } from "./names.js";
/** How long it is believed that the candidate can be reached, in milliseconds. */
const believedWell = 10_000;
/** How long it is left alone when it can not. */
const believedDead = 5_000;
/** The longest that a request waits to hear whether it can: a cold start included. */
const longestWait = 3_000;
/**
 * Knows whether the candidate can be reached: whether the helper in it answers by its name. What is not sure to reach it is
 * not sent to it, for a request that was sent can not always be taken back. A login page of the platform, a deployment that
 * was removed and an address that leads nowhere are no candidate; one that answers badly is.
 */
export class CandidateHealth {
    get;
    headers;
    now;
    known;
    asking;
    /**
     * @param get Asks an address.
     * @param headers What a request must carry to pass the platform's protection.
     * @param now A clock in milliseconds since the epoch.
     */
    constructor(get, headers, now) {
        this.get = get;
        this.headers = headers;
        this.now = now;
    }
    async reachable(candidate) {
        const { id } = candidate;
        const left = this.known?.id === id ? this.known.until - this.now() : 0;
        if (left > 0 && left <= believedWell)
            return this.known?.well === true;
        if (this.asking?.id !== id) {
            const answer = this.ask(candidate).then((well) => {
                this.believe(id, well);
                if (this.asking?.answer === answer)
                    this.asking = undefined;
                return well;
            });
            this.asking = { id, answer };
        }
        return this.asking.answer;
    }
    /** It was seen not to answer as itself. */
    lost(id) {
        this.believe(id, false);
    }
    believe(id, well) {
        this.known = { id, well, until: this.now() + (well ? believedWell : believedDead) };
    }
    async ask({ id, address }) {
        try {
            const headers = { ...this.headers, [askHeader]: "1" };
            const { named, text } = await this.get(`${address}/`, headers, longestWait);
            const said = named === id ? JSON.parse(text) : {};
            return said.atomsSplit === 1 && said.deployment === id;
        }
        catch {
            return false;
        }
    }
}
