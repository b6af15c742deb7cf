import { isLoopback } from "../config/loopback.js";

/** Which origins and hosts may speak to the server. */
export interface Gatekeepers {
  readonly publicUrl: string;
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
}

const METHODS = "GET, POST, DELETE, OPTIONS";
const REQUEST_HEADERS =
  "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id, x-request-id";
const EXPOSED =
  "www-authenticate, retry-after, x-request-id, x-atoms-version, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset";

/** Whether a request's `Origin` may read answers. An unparsable or `null` origin may not. */
export function originAllowed(origin: string, rules: Gatekeepers): boolean {
  if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase()) return false;
  return rules.allowedOrigins.some((allowed) => {
    if (allowed === "*") return true;
    if (allowed === "loopback") return isLoopback(new URL(origin).hostname);
    return URL.canParse(allowed) && new URL(allowed).origin === origin.toLowerCase();
  });
}

/** Whether the `Host` header (with or without a port) names this server. */
export function hostAllowed(host: string | undefined, rules: Gatekeepers): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname;
  return rules.allowedHosts.some(
    (allowed) => allowed === name || (allowed === "loopback" && isLoopback(name)),
  );
}

/** The CORS headers of an ordinary answer. */
export function corsHeaders(origin: string | undefined, rules: Gatekeepers): Record<string, string> {
  const allowed = allowOrigin(origin, rules);
  return {
    vary: "Origin",
    "access-control-expose-headers": EXPOSED,
    ...(allowed === undefined ? {} : { "access-control-allow-origin": allowed }),
  };
}

/** The headers of a preflight answer. */
export function preflightHeaders(origin: string | undefined, rules: Gatekeepers): Record<string, string> {
  const allowed = allowOrigin(origin, rules);
  return {
    vary: "Origin",
    "access-control-allow-methods": METHODS,
    "access-control-allow-headers": REQUEST_HEADERS,
    "access-control-max-age": "600",
    ...(allowed === undefined ? {} : { "access-control-allow-origin": allowed }),
  };
}

function allowOrigin(origin: string | undefined, rules: Gatekeepers): string | undefined {
  if (origin === undefined) return rules.allowedOrigins.includes("*") ? "*" : new URL(rules.publicUrl).origin;
  return originAllowed(origin, rules) ? origin : undefined;
}
