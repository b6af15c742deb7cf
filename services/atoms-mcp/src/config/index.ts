import { type Fault, FaultSyntaxError, parseDuration, parseFaults } from "./faults.js";
import { isLoopback } from "./loopback.js";
import { Variables } from "./variables.js";

export type Environment = "local" | "preview" | "production";
export type AuthMode = "authkit" | "local" | "none";

/** The settings of one process: read once, then frozen. */
export interface Config {
  readonly env: Environment;
  readonly onVercel: boolean;
  readonly publicUrl: string;
  readonly resourceUrl: string;
  readonly version: string;
  readonly commit: string;
  readonly deploymentId: string;
  readonly region: string;
  readonly auth: {
    readonly mode: AuthMode;
    readonly issuer: string;
    readonly clientId: string | undefined;
    readonly requiredScopes: readonly string[];
    /** Unix seconds; tokens issued earlier are refused. */
    readonly tokensNotBefore: number;
    readonly localSecret: string;
    /** Seed of the key that seals the login cookie; equal on every instance where a shared secret exists. */
    readonly cookieSecret: string | undefined;
  };
  readonly database: {
    readonly url: string | undefined;
    readonly dataDir: string | undefined;
    /** Who sends it may take out the whole embedded database, and exchange it. */
    readonly dumpToken: string | undefined;
  };
  readonly migrate: "auto" | "check" | "off";
  /** Origins, `*`, or the word `loopback` for every origin of this machine. */
  readonly allowedOrigins: readonly string[];
  /** Host names without ports, or the word `loopback`. */
  readonly allowedHosts: readonly string[];
  readonly trustProxy: boolean;
  readonly probeToken: string | undefined;
  readonly rates: {
    readonly enabled: boolean;
    readonly mcpPerMinute: number;
    readonly healthPerMinute: number;
    readonly healthBurst: number;
  };
  readonly maintenance: { readonly on: boolean; readonly retryAfter: number };
  readonly faults: readonly Fault[];
  /** Milliseconds before the faults (but `crash` and `slow_start`) begin. */
  readonly faultDelayMs: number;
  readonly requestTimeoutMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** What the surroundings know that variables do not say. */
export interface Surroundings {
  /** The host the listener binds; loopback unless said otherwise. */
  readonly host: string;
  /** Where the listener can be reached; used when PUBLIC_URL is not set. */
  readonly listenerUrl: string;
  /** The version of the package, used when ATOMS_VERSION is not set. */
  readonly packageVersion: string;
}

/** The variables are wrong: names them, never their values. The process exits with 78. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`bad configuration: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/** Known to everybody, so accepted on loopback only. */
export const DEVELOPMENT_SECRET = "atoms-development-secret-not-for-production";

/** The port of `serve`: `PORT`, or 50002. */
export function readPort(env: NodeJS.ProcessEnv): number {
  return readVariables(env).PORT;
}

/**
 * Reads and checks every variable.
 * @param env the process environment; an empty value means unset
 * @returns the frozen settings
 * @throws ConfigError naming every variable at fault
 */
export function readConfig(env: NodeJS.ProcessEnv, around: Surroundings): Config {
  const v = readVariables(env);
  const problems: string[] = [];
  const environment = v.ATOMS_ENV ?? vercelEnvironment(v.VERCEL_ENV);
  const deployed = environment !== "local";
  const mode = v.ATOMS_AUTH_MODE ?? (deployed ? "authkit" : "local");
  const publicUrl = new URL(v.PUBLIC_URL ?? around.listenerUrl).origin;
  const resourceUrl = v.ATOMS_RESOURCE_URL ?? `${publicUrl}/api/mcp`;
  const resourceIsLocal = isLoopback(new URL(resourceUrl).hostname);

  if (deployed) {
    for (const name of required(mode))
      if (v[name] === undefined) problems.push(`${name} is required in ${environment}`);
  }
  if (mode === "authkit" && !deployed && v.AUTHKIT_DOMAIN === undefined)
    problems.push("AUTHKIT_DOMAIN is required");
  if (mode === "none" && (deployed || !isLoopback(around.host) || !resourceIsLocal)) {
    problems.push("ATOMS_AUTH_MODE none is for local use on a loopback host only");
  }
  if (
    mode === "local" &&
    !localSecretFits(v.ATOMS_LOCAL_AUTH_SECRET, deployed, resourceIsLocal, around.host)
  ) {
    problems.push(
      "ATOMS_LOCAL_AUTH_SECRET (at least 32 characters) is required for ATOMS_AUTH_MODE local here",
    );
  }
  if (environment === "production" && v.ATOMS_FAULT !== undefined && !v.ATOMS_FAULT_ALLOW) {
    problems.push("ATOMS_FAULT needs ATOMS_FAULT_ALLOW=1 in production");
  }
  const faults = attempt(problems, "ATOMS_FAULT", () => parseFaults(v.ATOMS_FAULT ?? ""), []);
  const faultDelayMs = v.ATOMS_FAULT_DELAY === undefined ? 0 : parseDuration(v.ATOMS_FAULT_DELAY);
  if (faultDelayMs === undefined) problems.push("ATOMS_FAULT_DELAY is not a duration such as 30s");
  const allowedOrigins = v.ATOMS_ALLOWED_ORIGINS ?? [publicUrl, "loopback"];
  if (problems.length > 0) throw new ConfigError(problems);

  return deepFreeze<Config>({
    env: environment,
    onVercel: v.VERCEL !== undefined,
    publicUrl,
    resourceUrl,
    version: v.ATOMS_VERSION ?? around.packageVersion,
    commit: v.ATOMS_COMMIT ?? v.VERCEL_GIT_COMMIT_SHA ?? "unknown",
    deploymentId: v.ATOMS_DEPLOYMENT_ID ?? v.VERCEL_DEPLOYMENT_ID ?? "local",
    region: v.ATOMS_REGION ?? v.VERCEL_REGION ?? "local",
    auth: {
      mode,
      issuer:
        mode === "authkit" ? (v.AUTHKIT_DOMAIN ?? "") : (v.ATOMS_LOCAL_ISSUER ?? new URL(resourceUrl).origin),
      clientId: mode === "authkit" ? v.WORKOS_CLIENT_ID : (v.WORKOS_CLIENT_ID ?? "atoms-login"),
      requiredScopes: v.ATOMS_REQUIRED_SCOPES.split(/\s+/).filter((scope) => scope !== ""),
      tokensNotBefore: v.ATOMS_TOKENS_NOT_BEFORE,
      localSecret: v.ATOMS_LOCAL_AUTH_SECRET ?? DEVELOPMENT_SECRET,
      cookieSecret: mode === "authkit" ? v.DATABASE_URL : (v.ATOMS_LOCAL_AUTH_SECRET ?? DEVELOPMENT_SECRET),
    },
    database: { url: v.DATABASE_URL, dataDir: v.ATOMS_DATA_DIR, dumpToken: v.ATOMS_DATABASE_DUMP_TOKEN },
    migrate: v.ATOMS_MIGRATE ?? (deployed ? "check" : "auto"),
    allowedOrigins,
    allowedHosts: v.ATOMS_ALLOWED_HOSTS?.map((host) => host.toLowerCase()) ?? [
      new URL(publicUrl).hostname,
      ...(v.VERCEL_URL === undefined ? [] : [hostOf(v.VERCEL_URL)]),
      "loopback",
    ],
    trustProxy: v.ATOMS_TRUST_PROXY ?? v.VERCEL !== undefined,
    probeToken: v.ATOMS_PROBE_TOKEN,
    rates: {
      enabled: v.RATE_LIMIT_ENABLED,
      mcpPerMinute: v.MCP_RATE_LIMIT_RPM,
      healthPerMinute: v.ATOMS_HEALTH_RATE_RPM,
      healthBurst: v.ATOMS_HEALTH_BURST,
    },
    maintenance: { on: v.MAINTENANCE_MODE, retryAfter: v.ATOMS_MAINTENANCE_RETRY_AFTER },
    faults,
    faultDelayMs: faultDelayMs ?? 0,
    requestTimeoutMs: v.ATOMS_REQUEST_TIMEOUT_MS,
    logLevel: v.LOG_LEVEL,
  });
}

/** Names beginning with `ATOMS_` that nothing reads: most likely a slip of the pen. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter((name) => name.startsWith("ATOMS_") && !(name in Variables.shape));
}

function readVariables(env: NodeJS.ProcessEnv): Variables {
  const set = Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => name in Variables.shape && value !== undefined && value !== "",
    ),
  );
  const read = Variables.safeParse(set);
  if (read.success) return read.data;
  throw new ConfigError(
    read.error.issues.map((issue) => `${issue.path.join(".")}: ${describe(issue.code, issue.message)}`),
  );
}

/** zod's own texts name what was expected; they never quote the value for the forms used here. */
function describe(code: string | undefined, message: string): string {
  return code === "invalid_value" ? message.replace(/^Invalid option: /, "") : message;
}

function vercelEnvironment(name: string | undefined): Environment {
  return name === "production" || name === "preview" ? name : "local";
}

function required(mode: AuthMode) {
  const names = [
    "WORKOS_API_KEY",
    "WORKOS_CLIENT_ID",
    "SUPABASE_SERVICE_ROLE_KEY",
    "NEXT_PUBLIC_SUPABASE_URL",
    "DATABASE_URL",
  ] as const;
  return mode === "authkit" ? ([...names, "AUTHKIT_DOMAIN"] as const) : names;
}

function localSecretFits(
  secret: string | undefined,
  deployed: boolean,
  resourceIsLocal: boolean,
  host: string,
): boolean {
  if (secret !== undefined && secret.length >= 32) return true;
  if (secret === undefined) return resourceIsLocal && isLoopback(host);
  return resourceIsLocal || !deployed;
}

function attempt<T>(problems: string[], name: string, read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FaultSyntaxError)) throw error;
    problems.push(`${name}: ${error.message}`);
    return otherwise;
  }
}

function hostOf(address: string): string {
  return address
    .replace(/^https?:\/\//, "")
    .replace(/[:/].*$/, "")
    .toLowerCase();
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
