import { type Answer, askHeader } from "./names.js";
import type { Weights } from "./weights.js";

/** How long it is believed that the candidate can be reached, in milliseconds. */
const believedWell = 10_000;
/** How long it is left alone when it can not. */
const believedDead = 5_000;
/** The longest that a request waits to hear whether it can: a cold start included. */
const longestWait = 3_000;

type Candidate = Weights["candidate"];

/**
 * Knows whether the candidate can be reached: whether the helper in it answers by its name. What is not sure to reach it is
 * not sent to it, for a request that was sent can not always be taken back. A login page of the platform, a deployment that
 * was removed and an address that leads nowhere are no candidate; one that answers badly is.
 */
export class CandidateHealth {
  private known: { id: string; well: boolean; until: number } | undefined;
  private asking: { id: string; answer: Promise<boolean> } | undefined;

  /**
   * @param get Asks an address.
   * @param headers What a request must carry to pass the platform's protection.
   * @param now A clock in milliseconds since the epoch.
   */
  constructor(
    private readonly get: Get,
    private readonly headers: Record<string, string>,
    private readonly now: () => number,
  ) {}

  async reachable(candidate: Candidate): Promise<boolean> {
    const { id } = candidate;
    const left = this.known?.id === id ? this.known.until - this.now() : 0;
    if (left > 0 && left <= believedWell) return this.known?.well === true;
    if (this.asking?.id !== id) {
      const answer = this.ask(candidate).then((well) => {
        this.believe(id, well);
        if (this.asking?.answer === answer) this.asking = undefined;
        return well;
      });
      this.asking = { id, answer };
    }
    return this.asking.answer;
  }

  /** It was seen not to answer as itself. */
  lost(id: string): void {
    this.believe(id, false);
  }

  private believe(id: string, well: boolean): void {
    this.known = { id, well, until: this.now() + (well ? believedWell : believedDead) };
  }

  private async ask({ id, address }: Candidate): Promise<boolean> {
    try {
      const headers = { ...this.headers, [askHeader]: "1" };
      const { named, text } = await this.get(`${address}/`, headers, longestWait);
      const said = named === id ? (JSON.parse(text) as Partial<Answer>) : {};
      return said.atomsSplit === 1 && said.deployment === id;
    } catch {
      return false;
    }
  }
}

/**
 * Asks an address for its helper.
 * @returns The deployment that the answer names in its header, if it does, and the body.
 */
export type Get = (
  url: string,
  headers: Record<string, string>,
  timeoutMs: number,
) => Promise<{ named: string | undefined; text: string }>;
