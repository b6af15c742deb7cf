import { createHash } from "node:crypto";
import type { KeySource } from "./auth/keys.js";
import type { AuthMode } from "./config/index.js";
import type { Faults } from "./faults/index.js";
import type { Runtime } from "./runtime.js";
import type { Database } from "./storage/database.js";
import { type SchemaState, schemaState } from "./storage/migrate.js";

/** The state of the service in one word; gates read this, not the status code. */
export type HealthStatus = "healthy" | "degraded" | "maintenance" | "unhealthy";
type CheckStatus = "healthy" | "degraded" | "unhealthy";

/** What the checks found. */
export interface Findings {
  database: { status: CheckStatus; latency_ms: number; target: string; schema?: SchemaState };
  auth: { status: CheckStatus; mode: AuthMode; keys_age_seconds?: number };
  rate_limiter: { status: CheckStatus };
}

const DATABASE_DEADLINE_MS = 2000;
const SHARED_FOR_MS = 1000;
const KEYS_OLD_SECONDS = 86_400;

/** Checks the parts the service stands on. */
export class Health {
  #shared: { at: number; result: Promise<Findings["database"]> } | undefined;
  #checkedOnce = false;
  #draining = false;

  constructor(
    readonly database: Database,
    readonly keys: KeySource | undefined,
    readonly mode: AuthMode,
    readonly faults: Faults,
    readonly runtime: Runtime,
    readonly limiterWorks: () => boolean,
  ) {}

  /** From now on the service is not ready. */
  drain(): void {
    this.#draining = true;
  }

  async findings(): Promise<Findings> {
    const [database, auth] = await Promise.all([this.#database(), this.#auth()]);
    return { database, auth, rate_limiter: { status: this.limiterWorks() ? "healthy" : "degraded" } };
  }

  /** Why the service should get no traffic; empty when it should. */
  async notReadyBecause(maintenance: boolean): Promise<string[]> {
    const reasons: string[] = [];
    if (this.#draining) return ["draining"];
    if (maintenance) reasons.push("maintenance");
    const first = !this.#checkedOnce;
    const findings = await this.findings();
    if (first && findings.database.status === "unhealthy") reasons.push("database_not_checked");
    else if (findings.database.status === "unhealthy") reasons.push("database");
    if (findings.auth.status === "unhealthy") reasons.push("auth");
    if (this.faults.find("health")?.as === "unhealthy") reasons.push("database");
    return reasons;
  }

  /** Concurrent callers share one check, and nobody checks more than once a second. */
  #database(): Promise<Findings["database"]> {
    const now = this.runtime.elapsed();
    if (this.#shared && now - this.#shared.at < SHARED_FOR_MS) return this.#shared.result;
    const result = this.#checkDatabase();
    this.#shared = { at: now, result };
    return result;
  }

  async #checkDatabase(): Promise<Findings["database"]> {
    const started = this.runtime.elapsed();
    const late = new AbortController();
    try {
      const work = this.database.asService("health", schemaState);
      const schema = await Promise.race([
        work,
        this.runtime.sleep(DATABASE_DEADLINE_MS, late.signal).then(() => undefined),
      ]);
      work.catch(() => undefined);
      const latency = Math.round((this.runtime.elapsed() - started) * 10) / 10;
      if (!schema) return { status: "unhealthy", latency_ms: latency, target: this.#target() };
      const status =
        schema.current < schema.expected
          ? "unhealthy"
          : schema.current > schema.expected
            ? "degraded"
            : "healthy";
      return { status, latency_ms: latency, target: this.#target(), schema };
    } catch {
      const latency = Math.round((this.runtime.elapsed() - started) * 10) / 10;
      return { status: "unhealthy", latency_ms: latency, target: this.#target() };
    } finally {
      late.abort();
      this.#checkedOnce = true;
    }
  }

  async #auth(): Promise<Findings["auth"]> {
    if (!this.keys) return { status: "healthy", mode: this.mode };
    const age = await this.keys.ageSeconds();
    if (age === undefined) return { status: "unhealthy", mode: this.mode };
    return {
      status: age > KEYS_OLD_SECONDS ? "degraded" : "healthy",
      mode: this.mode,
      keys_age_seconds: age,
    };
  }

  /** A switch to a backup database shows here without exposing its address. */
  #target(): string {
    return createHash("sha256").update(this.database.target).digest("hex").slice(0, 8);
  }
}

/** One word for all checks; maintenance wins over degraded, not over unhealthy. */
export function overall(findings: Findings, maintenance: boolean): HealthStatus {
  const all = [findings.database.status, findings.auth.status];
  if (all.includes("unhealthy")) return "unhealthy";
  if (maintenance) return "maintenance";
  return [...all, findings.rate_limiter.status].includes("degraded") ? "degraded" : "healthy";
}
