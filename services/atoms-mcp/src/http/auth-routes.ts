import { deriveLocalKey } from "../auth/keys.js";
import { createLocalIssuer } from "../auth/local-issuer.js";
import { createLogin, type Problem } from "../auth/login.js";
import { ensureUser } from "../domain/users.js";
import type { Services } from "../services.js";
import { problem } from "./answers.js";
import type { Exchange } from "./exchange.js";

/** The routes under `/auth`, `/oauth2` and `/.well-known`. */
export interface AuthRoutes {
  /** Answers `/auth/*`. */
  auth(request: Request, exchange: Exchange): Promise<Response>;
  /** Answers the routes of the local identity; undefined in other modes. */
  local(request: Request): Promise<Response | undefined>;
  protectedResource(): Response;
  authorizationServer(request: Request): Promise<Response | undefined>;
}

export function createAuthRoutes(services: Services): AuthRoutes {
  const { config, runtime, database } = services;
  const { issuer } = config.auth;
  const localIssuer =
    config.auth.mode === "local"
      ? createLocalIssuer({
          issuer,
          resource: config.resourceUrl,
          secret: config.auth.localSecret,
          key: deriveLocalKey(config.auth.localSecret),
          loginClient: { id: config.auth.clientId ?? "", redirectUri: `${config.publicUrl}/auth/callback` },
          redeem: (id, expiresAt) => redeemCode(services, id, expiresAt),
          runtime,
        })
      : undefined;
  // The local identity lives in this process: asking it over the network would only add a way to fail.
  const send: typeof fetch = localIssuer
    ? async (input, init) =>
        (await localIssuer(new Request(input as string, init))) ?? new Response(null, { status: 404 })
    : runtime.fetch;
  const profileId = async (identity: Parameters<typeof ensureUser>[1]) =>
    (await ensureUser(database, identity, () => runtime.uuid())).id;
  const login = createLogin(config, services.keys, runtime, send, profileId);

  return {
    async auth(request, exchange) {
      const url = new URL(request.url);
      const fail: Problem = (status, error, message) =>
        problem(
          status,
          error,
          message,
          exchange.requestId,
          status === 503 ? { headers: { "retry-after": "5" } } : {},
        );
      if (url.pathname === "/auth/logout") return login.logout();
      if (url.pathname === "/auth/callback")
        return login.finish(url, request.headers.get("cookie") ?? undefined, fail);
      if (services.faults.fire("login")) {
        return problem(500, "internal_error", "Something went wrong on our side.", exchange.requestId);
      }
      return login.start(url, fail);
    },
    local: async (request) => localIssuer?.(request),
    protectedResource: () =>
      Response.json({
        resource: config.resourceUrl,
        authorization_servers: issuer === "" ? [] : [issuer],
        bearer_methods_supported: ["header"],
        scopes_supported: ["openid", "profile", "email"],
        resource_name: "Atoms MCP",
      }),
    async authorizationServer(request) {
      if (localIssuer) return localIssuer(request);
      if (config.auth.mode !== "authkit") return undefined;
      return Response.redirect(`${issuer}/.well-known/oauth-authorization-server`, 307);
    },
  };
}

/** Marks an authorization code of the local identity as used; false when it already was. */
async function redeemCode(services: Services, id: string, expiresAt: Date): Promise<boolean> {
  return services.database.asService("codes", async (sql) => {
    await sql.query("delete from redeemed_codes where expires_at < $1", [new Date(services.runtime.now())]);
    const inserted = await sql.query(
      "insert into redeemed_codes (id, expires_at) values ($1, $2) on conflict (id) do nothing returning id",
      [id, expiresAt],
    );
    return inserted.length > 0;
  });
}
