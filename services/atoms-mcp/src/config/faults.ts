/** The routes a fault applies to. */
export type FaultScope = "mcp" | "auth" | "health" | "all";

/** One clause of `ATOMS_FAULT`, read and checked. Times are milliseconds, shares are millionths. */
export type Fault = { scope: FaultScope; clause: string } & (
  | { kind: "error_rate"; share: number }
  | { kind: "tool_error_rate"; share: number }
  | { kind: "hang"; share: number }
  | { kind: "latency"; ms: number; share: number }
  | { kind: "crash"; after: { requests: number } | { ms: number } | "start" }
  | { kind: "slow_start"; ms: number }
  | { kind: "health"; as: "unhealthy" | "degraded" | "error" }
  | { kind: "db"; down: true }
  | { kind: "db"; down: false; ms: number }
  | { kind: "auth"; as: "open" | "closed" }
  | { kind: "login" | "cors" | "ratelimit" }
  | { kind: "version"; stale: string }
  | { kind: "tools"; missing: string }
  | { kind: "memory"; bytes: number }
  | { kind: "cpu"; share: number }
);

/** Thrown for a clause that cannot be read; the message never quotes more than the clause's kind. */
export class FaultSyntaxError extends Error {}

const SCOPES = ["mcp", "auth", "health", "all"];
const MAX_MEMORY = 1024 * 1024 * 1024;

/**
 * Reads a duration such as `300ms`, `8s` or `2m`.
 * @returns milliseconds, or undefined when the text is not a duration
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (!match) return undefined;
  const unit = match[2] === "ms" ? 1 : match[2] === "s" ? 1000 : 60_000;
  const ms = Number(match[1]) * unit;
  return ms <= 3_600_000 ? ms : undefined;
}

/**
 * Reads `ATOMS_FAULT`: clauses `kind[:value][@scope]` separated by commas.
 * @throws FaultSyntaxError naming the clause's kind
 */
export function parseFaults(text: string): Fault[] {
  return text
    .split(",")
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "")
    .map(parseClause);
}

function parseClause(clause: string): Fault {
  const at = clause.lastIndexOf("@");
  const scope = at < 0 ? "mcp" : clause.slice(at + 1);
  const body = at < 0 ? clause : clause.slice(0, at);
  const colon = body.indexOf(":");
  const kind = colon < 0 ? body : body.slice(0, colon);
  const value = colon < 0 ? undefined : body.slice(colon + 1);
  const fault = SCOPES.includes(scope) ? parseKind(kind, value) : undefined;
  if (!fault) throw new FaultSyntaxError(`cannot read the clause for ${JSON.stringify(kind.slice(0, 20))}`);
  return { ...fault, scope: scope as FaultScope, clause } as Fault;
}

type Bare = Fault extends infer F ? (F extends Fault ? Omit<F, "scope" | "clause"> : never) : never;

function parseKind(kind: string, value: string | undefined): Bare | undefined {
  switch (kind) {
    case "error_rate":
    case "tool_error_rate":
    case "hang":
      return withShare(value, (share) => ({ kind, share }));
    case "cpu":
      return withShare(value, (share) => ({ kind, share }));
    case "latency": {
      const [delay = "", part] = (value ?? "").split("~");
      const ms = plusDuration(delay);
      return ms === undefined ? undefined : withShare(part ?? "1", (share) => ({ kind, ms, share }));
    }
    case "crash":
      return parseCrash(value);
    case "slow_start": {
      const ms = value === undefined ? undefined : parseDuration(value);
      return ms === undefined ? undefined : { kind, ms };
    }
    case "health":
      return value === "unhealthy" || value === "degraded" || value === "error"
        ? { kind, as: value }
        : undefined;
    case "db": {
      if (value === "down") return { kind, down: true };
      const ms = plusDuration(value ?? "");
      return ms === undefined ? undefined : { kind, down: false, ms };
    }
    case "auth":
      return value === "open" || value === "closed" ? { kind, as: value } : undefined;
    case "login":
      return value === "500" ? { kind } : undefined;
    case "cors":
    case "ratelimit":
      return value === "off" ? { kind } : undefined;
    case "version":
      return withName(value, "stale", (stale) => ({ kind, stale }));
    case "tools":
      return withName(value, "missing", (missing) => ({ kind, missing }));
    case "memory": {
      const match = /^\+(\d+)MB$/.exec(value ?? "");
      const bytes = match ? Number(match[1]) * 1024 * 1024 : 0;
      return bytes > 0 && bytes <= MAX_MEMORY ? { kind, bytes } : undefined;
    }
    default:
      return undefined;
  }
}

function parseCrash(value: string | undefined): Bare | undefined {
  if (value === undefined) return { kind: "crash", after: "start" };
  const requests = /^after=(\d+)req$/.exec(value);
  if (requests && Number(requests[1]) > 0) return { kind: "crash", after: { requests: Number(requests[1]) } };
  const ms = value.startsWith("after=") ? parseDuration(value.slice(6)) : undefined;
  return ms === undefined ? undefined : { kind: "crash", after: { ms } };
}

function plusDuration(text: string): number | undefined {
  return text.startsWith("+") ? parseDuration(text.slice(1)) : undefined;
}

function withShare(text: string | undefined, build: (millionths: number) => Bare): Bare | undefined {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text)) return undefined;
  const share = Number(text);
  return share > 0 && share <= 1 ? build(Math.round(share * 1_000_000)) : undefined;
}

function withName(value: string | undefined, key: string, build: (name: string) => Bare): Bare | undefined {
  const match = new RegExp(`^${key}=([A-Za-z0-9_.-]{1,64})$`).exec(value ?? "");
  return match?.[1] === undefined ? undefined : build(match[1]);
}
