import { Refusal } from "./refusal.js";

/** What one delivery holds of the backlog. */
export interface Backlog {
  /** Takes up so many bytes more. @throws Refusal when there is no room. */
  hold(bytes: number): void;
  release(): void;
}

/** Deliveries that were begun and are not yet counted, bounded by their bytes. */
export class Backlogs {
  #bytes = 0;
  #deliveries = 0;
  #most = 0;

  constructor(private readonly limit: number) {}

  /** Makes room for a delivery. @throws Refusal when there is none. */
  open(): Backlog {
    if (this.#bytes >= this.limit) throw full();
    this.#deliveries++;
    let own = 0;
    return {
      hold: (bytes) => {
        if (this.#bytes + bytes > this.limit) throw full();
        own += bytes;
        this.#bytes += bytes;
        this.#most = Math.max(this.#most, this.#bytes);
      },
      release: () => {
        this.#bytes -= own;
        own = 0;
        this.#deliveries--;
      },
    };
  }

  /** Deliveries and bytes in hand, and the most bytes there ever were. */
  report(): { deliveries: number; bytes: number; mostBytes: number; limitBytes: number } {
    return {
      deliveries: this.#deliveries,
      bytes: this.#bytes,
      mostBytes: this.#most,
      limitBytes: this.limit,
    };
  }
}

const full = () =>
  new Refusal(503, "backlog", "Too much is waiting to be counted; send it again in a moment.", {
    "retry-after": "1",
  });
