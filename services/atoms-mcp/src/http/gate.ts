import { type Identity, KeysUnavailable, TokenRefused } from "../auth/identity.js";
import { localSubject } from "../auth/local-token.js";
import { bearerToken, type TokenRules, verifyToken } from "../auth/verify.js";
import type { Services } from "../services.js";
import { problem, rateLimited, withHeaders } from "./answers.js";
import type { Exchange } from "./exchange.js";
import { rateHeaders, type Taken } from "./rate-limit.js";

/**
 * The door of `/api/mcp` and `/api/mcp/tools`: before any body is parsed and before any use of the store.
 * @param authorization the Authorization header
 * @returns undefined when the caller may pass (the exchange then knows who it is), else the answer
 */
export async function authenticate(
  authorization: string | undefined,
  exchange: Exchange,
  services: Services,
): Promise<Response | undefined> {
  const { config, faults, keys } = services;
  if (!keys) {
    exchange.identity = standIn(localSubject("dev"), "dev");
    return undefined;
  }
  if (authorization === undefined && faults.fire("auth", (fault) => fault.as === "open")) {
    exchange.identity = standIn("user_anonymous", "anonymous");
    return undefined;
  }
  const rules: TokenRules = {
    issuer: config.auth.issuer,
    audience: config.resourceUrl,
    notBefore: config.auth.tokensNotBefore,
    requiredScopes: config.auth.requiredScopes,
  };
  try {
    const identity = await verifyToken(bearerToken(authorization), keys, rules, services.runtime.now());
    if (faults.fire("auth", (fault) => fault.as === "closed")) {
      throw new TokenRefused("signature", "The access token's signature is not valid");
    }
    exchange.identity = identity;
    return undefined;
  } catch (error) {
    if (error instanceof KeysUnavailable) {
      services.metrics.authFailures.add({ reason: "keys_unavailable" });
      return problem(503, "auth_unavailable", "Tokens cannot be checked at the moment.", exchange.requestId, {
        headers: { "retry-after": "5" },
      });
    }
    if (!(error instanceof TokenRefused)) throw error;
    services.metrics.authFailures.add({ reason: error.reason });
    return refusal(error, exchange, services);
  }
}

async function refusal(error: TokenRefused, exchange: Exchange, services: Services): Promise<Response> {
  const { config, limiter } = services;
  const scope = error.reason === "insufficient_scope";
  // Refused requests are limited by address; good tokens are never held up by somebody else's bad ones.
  const taken = scope || exchange.probe ? undefined : await limiter.take("anon", exchange.clientIp);
  if (taken && !taken.allowed) return rateLimited(taken, exchange.requestId);
  const name = scope ? "insufficient_scope" : "invalid_token";
  const parts = [
    `error="${name}"`,
    `error_description="${error.message}"`,
    ...(scope ? [`scope="${config.auth.requiredScopes.join(" ")}"`] : []),
    `resource_metadata="${new URL(config.resourceUrl).origin}/.well-known/oauth-protected-resource/api/mcp"`,
  ];
  return Response.json(
    { error: name, error_description: error.message },
    {
      status: scope ? 403 : 401,
      headers: { "www-authenticate": `Bearer ${parts.join(", ")}`, ...(taken ? rateHeaders(taken) : {}) },
    },
  );
}

/**
 * Takes from the caller's own bucket.
 * @returns undefined when the caller may pass (`carry` then adds the headers), else the 429
 */
export async function spendMcp(
  cost: number,
  exchange: Exchange,
  services: Services,
): Promise<{ refused: Response } | { refused: undefined; carry: (answer: Response) => Response }> {
  const key = exchange.identity?.sub ?? exchange.clientIp;
  const taken: Taken | undefined = exchange.probe ? undefined : await services.limiter.take("mcp", key, cost);
  if (taken && !taken.allowed) return { refused: rateLimited(taken, exchange.requestId) };
  return {
    refused: undefined,
    carry: (answer) => (taken ? withHeaders(answer, rateHeaders(taken)) : answer),
  };
}

function standIn(sub: string, name: string): Identity {
  return {
    sub,
    email: `${name}@local.test`,
    name,
    clientId: "none",
    scopes: ["openid", "profile", "email"],
    expiresAt: Number.MAX_SAFE_INTEGER,
  };
}
