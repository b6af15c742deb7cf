import type { Config } from "../config/index.js";
import type { Faults } from "../faults/index.js";
import { errorFields, type Log } from "../observe/log.js";
import type { Metrics } from "../observe/metrics.js";
import type { Runtime } from "../runtime.js";
import type { Bucket, RateLimitStore, Taken } from "./rate-limit.js";

/** The names of the buckets. */
export type BucketName = "health" | "auth" | "anon" | "mcp" | "search" | "create" | "update" | "delete";

/** Takes from buckets, lets requests pass when the store of buckets fails, and counts refusals. */
export class Limiter {
  readonly #buckets: Record<BucketName, Bucket>;
  #works = true;

  constructor(
    readonly config: Config,
    readonly store: RateLimitStore,
    readonly faults: Faults,
    readonly metrics: Metrics,
    readonly runtime: Runtime,
    readonly log: Log,
  ) {
    const { mcpPerMinute, healthPerMinute, healthBurst } = config.rates;
    const even = (name: BucketName, perMinute: number): Bucket => ({ name, perMinute, burst: perMinute });
    this.#buckets = {
      health: { name: "health", perMinute: healthPerMinute, burst: healthBurst },
      auth: even("auth", 10),
      anon: even("anon", 60),
      mcp: even("mcp", mcpPerMinute),
      search: even("search", 30),
      create: even("create", 50),
      update: even("update", 50),
      delete: even("delete", 20),
    };
  }

  /** Whether the store of buckets answered last time. */
  get works(): boolean {
    return this.#works;
  }

  /**
   * @returns what was taken, or undefined when nothing is limited now
   */
  async take(name: BucketName, key: string, cost = 1): Promise<Taken | undefined> {
    if (!this.config.rates.enabled || this.faults.fire("ratelimit")) return undefined;
    try {
      const taken = await this.store.take(this.#buckets[name], key, cost, this.runtime.elapsed());
      this.#works = true;
      if (!taken.allowed) this.metrics.rateLimited.add({ bucket: name });
      return taken;
    } catch (error) {
      this.#works = false;
      this.log("warn", "rate_limit_store_failed", errorFields(error));
      return undefined;
    }
  }
}
