import type { Runtime } from "./runtime.js";
import type { Database } from "./storage/database.js";

const READ_EVERY_MS = 5000;
const WAIT_MS = 150;

/**
 * Whether the door is closed: by the variable (from this deployment on) or by the `maintenance` row of
 * `service_flags` (at once, for every instance). The row is read at most every 5 s; when it cannot be read, the last
 * known answer stands.
 */
export class Maintenance {
  #known = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(
    readonly byVariable: boolean,
    readonly database: Database,
    readonly runtime: Runtime,
  ) {}

  async on(): Promise<boolean> {
    if (this.byVariable) return true;
    const now = this.runtime.elapsed();
    if (!this.#reading && now - this.#readAt >= READ_EVERY_MS) {
      this.#readAt = now;
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
    }
    // A slow store must not hold up requests that need no store: all of them together wait once, and briefly.
    const patience = this.#readAt + WAIT_MS - now;
    if (this.#reading && patience > 0) {
      const late = new AbortController();
      await Promise.race([this.#reading, this.runtime.sleep(patience, late.signal)]);
      late.abort();
    }
    return this.#known;
  }

  /** The last known answer, without looking. */
  get lastKnown(): boolean {
    return this.byVariable || this.#known;
  }

  async #read(): Promise<void> {
    try {
      const rows = await this.database.asService("flags", (sql) =>
        sql.query<{ value: unknown }>("select value from service_flags where name = 'maintenance'"),
      );
      this.#known = isOn(rows[0]?.value);
    } catch {
      // The last known answer stands; health reports the store.
    }
  }
}

/** A flag row's value: `true`, or an object whose `on` or `enabled` is true. */
function isOn(value: unknown): boolean {
  if (typeof value === "object" && value !== null) {
    const { on, enabled } = value as { on?: unknown; enabled?: unknown };
    return on === true || enabled === true;
  }
  return value === true;
}
