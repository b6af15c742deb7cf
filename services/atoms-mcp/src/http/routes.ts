import type { Config } from "../config/index.js";
import type { FaultArea } from "../faults/index.js";

const ANY_MODE: Record<string, readonly string[]> = {
  "/": ["GET"],
  "/health": ["GET"],
  "/health/live": ["GET"],
  "/health/ready": ["GET"],
  "/auth/login": ["GET"],
  "/auth/callback": ["GET"],
  "/auth/logout": ["POST"],
  "/api/mcp": ["POST"],
  "/api/mcp/tools": ["GET"],
  "/.well-known/oauth-protected-resource": ["GET"],
  "/.well-known/oauth-protected-resource/api/mcp": ["GET"],
  "/.well-known/oauth-authorization-server": ["GET"],
  "/metrics": ["GET"],
  "/api/observability/snapshot": ["GET"],
};
const LOCAL_MODE: Record<string, readonly string[]> = {
  "/oauth2/jwks": ["GET"],
  "/oauth2/authorize": ["GET"],
  "/oauth2/token": ["POST"],
  "/oauth2/register": ["POST"],
};

const WHOLE_DATABASE: Record<string, readonly string[]> = { "/database": ["GET", "PUT"] };

/** The routes of a server, with the methods each answers. */
export function knownRoutes({ auth, database }: Config): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries({
      ...ANY_MODE,
      ...(auth.mode === "local" ? LOCAL_MODE : {}),
      ...(givesDatabase(database) ? WHOLE_DATABASE : {}),
    }),
  );
}

/** Whether the whole database can be taken out and exchanged: an embedded one, with a token in the settings. */
export const givesDatabase = ({ url, dumpToken }: Config["database"]): boolean =>
  url === undefined && dumpToken !== undefined;

/** Whether a path answers preflights. */
export function answersPreflight(path: string): boolean {
  return /^\/(api\/mcp(\/tools)?|health(\/.*)?|auth\/.*|\.well-known\/.*)$/.test(path);
}

/** Which part of the service a path belongs to, as far as faults and guards are concerned. */
export function areaOf(path: string): FaultArea {
  if (path === "/api/mcp" || path === "/api/mcp/tools") return "mcp";
  if (path.startsWith("/auth/")) return "auth";
  if (path === "/health" || path.startsWith("/health/")) return "health";
  return "other";
}

/** Whether requests to a path are in the rolling window: monitors' own requests are not. */
export function inWindow(path: string): boolean {
  return (
    areaOf(path) !== "health" &&
    path !== "/metrics" &&
    path !== "/database" &&
    path !== "/api/observability/snapshot"
  );
}
