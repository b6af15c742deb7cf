import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Config } from "./config/index.js";
import { closedForMaintenance, problem, rateLimited, withHeaders } from "./http/answers.js";
import { createAuthRoutes } from "./http/auth-routes.js";
import { clientIp } from "./http/client-ip.js";
import { corsHeaders, preflightHeaders } from "./http/cors.js";
import { databaseAnswer } from "./http/database-routes.js";
import type { Exchange } from "./http/exchange.js";
import { healthAnswer, readyAnswer } from "./http/health-routes.js";
import { createMcpRoutes } from "./http/mcp-routes.js";
import { mayMonitor, metricsAnswer, snapshotAnswer } from "./http/monitor-routes.js";
import { observe } from "./http/observe.js";
import { rateHeaders } from "./http/rate-limit.js";
import { answersPreflight, areaOf, givesDatabase, knownRoutes } from "./http/routes.js";
import { sameSecret } from "./http/same-secret.js";
import { errorFields } from "./observe/log.js";
import { createServices, type Deps, type Services } from "./services.js";
import { StoreUnavailable } from "./storage/database.js";

type Env = { Bindings: Partial<HttpBindings>; Variables: { exchange: Exchange } };
type Ctx = Context<Env>;

/** The whole service as one function from Request to Response, with the handles a process needs around it. */
export interface AtomsApp {
  readonly hono: Hono<Env>;
  readonly fetch: (request: Request, env?: Partial<HttpBindings>) => Response | Promise<Response>;
  readonly services: Services;
  /** From now on `/health/ready` is 503. */
  drain(): void;
  /** Ends open subscriptions and gives the store back. */
  close(): Promise<void>;
}

/**
 * Builds the service. Nothing listens, and nothing is opened before it is needed.
 * @param config settings from `readConfig`
 * @param deps parts to use instead of the real world
 */
export function createApp(config: Config, deps: Deps = {}): AtomsApp {
  const services = createServices(config, deps);
  const routes = knownRoutes(config);
  const mcp = createMcpRoutes(services);
  const auth = createAuthRoutes(services);
  const app = new Hono<Env>();

  app.use("*", async (c, next) => {
    const exchange = newExchange(c, routes, services);
    c.set("exchange", exchange);
    services.faults.countTowardsCrash(areaOf(c.req.path));
    const early = await screen(c, exchange);
    if (early) c.res = early;
    else await next();
    const finished = withHeaders(c.res, headersOf(c, exchange, services));
    c.res = undefined;
    c.res = observe(finished, c.req.method, c.req.path, exchange, services);
  });

  /** What is decided before any route: preflights, Host and Origin, maintenance, address limits, injected faults. */
  async function screen(c: Ctx, exchange: Exchange): Promise<Response | undefined> {
    const { path, method } = c.req;
    const area = areaOf(path);
    if (
      method === "OPTIONS" &&
      answersPreflight(path) &&
      (routes.has(path) || path.startsWith("/.well-known/"))
    ) {
      if (services.faults.fire("cors")) return notFound(exchange);
      return new Response(null, { status: 204, headers: preflightHeaders(c.req.header("origin"), config) });
    }
    if (area === "mcp") {
      const refused = mcp.screen(c.req.raw);
      if (refused) return refused;
    }
    if ((area === "mcp" || area === "auth") && !exchange.probe && (await services.maintenance.on())) {
      exchange.maintenance = true;
      return closedForMaintenance(config.maintenance.retryAfter, exchange.requestId);
    }
    // The other areas apply faults themselves, after authentication and rate limiting.
    return area === "other" ? injected(c, exchange) : undefined;
  }

  async function injected(c: Ctx, exchange: Exchange): Promise<Response | undefined> {
    const injection = await services.faults.onRequest(areaOf(c.req.path), c.req.raw.signal);
    if (injection === undefined) return undefined;
    return injection.do === "fail"
      ? problem(500, "internal_error", "Something went wrong on our side.", exchange.requestId)
      : problem(504, "timeout", "The request was given up.", exchange.requestId);
  }

  /** Takes from the address's bucket, then lets injected faults act, then answers. */
  async function limited(
    c: Ctx,
    bucket: "health" | "auth",
    answer: () => Promise<Response>,
  ): Promise<Response> {
    const exchange = c.get("exchange");
    const taken = exchange.probe ? undefined : await services.limiter.take(bucket, exchange.clientIp);
    if (taken && !taken.allowed) return rateLimited(taken, exchange.requestId);
    const response = (await injected(c, exchange)) ?? (await answer());
    return taken ? withHeaders(response, rateHeaders(taken)) : response;
  }

  app.get("/", async () => Response.json(await welcome(services)));
  app.get("/health", (c) => limited(c, "health", () => healthAnswer(c.get("exchange"), services)));
  app.get("/health/live", async (c) => (await injected(c, c.get("exchange"))) ?? c.json({ status: "alive" }));
  app.get(
    "/health/ready",
    async (c) => (await injected(c, c.get("exchange"))) ?? (await readyAnswer(services)),
  );
  for (const path of ["/auth/login", "/auth/callback"]) {
    app.get(path, (c) => limited(c, "auth", () => auth.auth(c.req.raw, c.get("exchange"))));
  }
  app.post("/auth/logout", (c) => limited(c, "auth", () => auth.auth(c.req.raw, c.get("exchange"))));
  app.get("/api/mcp/tools", (c) => mcp.tools(c.req.raw, c.get("exchange")));
  app.on(["GET", "POST", "DELETE"], "/api/mcp", (c) => mcp.mcp(c.req.raw, c.get("exchange")));
  app.get("/.well-known/oauth-protected-resource", () => auth.protectedResource());
  app.get("/.well-known/oauth-protected-resource/api/mcp", () => auth.protectedResource());
  app.get("/.well-known/oauth-authorization-server", async (c) => {
    return (await auth.authorizationServer(c.req.raw)) ?? notFound(c.get("exchange"));
  });
  app.all("/oauth2/*", async (c) => (await auth.local(c.req.raw)) ?? unrouted(c));
  app.get("/metrics", (c) => {
    return mayMonitor(c.get("exchange"), services) ? metricsAnswer(services) : notFound(c.get("exchange"));
  });
  app.get("/api/observability/snapshot", (c) => {
    const exchange = c.get("exchange");
    return mayMonitor(exchange, services)
      ? snapshotAnswer(new URL(c.req.url), exchange, services)
      : notFound(exchange);
  });
  if (givesDatabase(config.database))
    app.on(["GET", "PUT"], "/database", (c) => databaseAnswer(c.req.raw, c.get("exchange"), services));
  app.all("*", unrouted);

  /** 405 where the path exists with other methods, else 404. */
  function unrouted(c: Ctx): Response {
    const exchange = c.get("exchange");
    const methods = routes.get(c.req.path);
    if (methods === undefined) return notFound(exchange);
    const allow = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    return problem(405, "method_not_allowed", "This path does not answer that method.", exchange.requestId, {
      headers: { allow },
    });
  }

  app.onError((error, c) => {
    const requestId = c.get("exchange")?.requestId ?? services.runtime.uuid();
    if (error instanceof StoreUnavailable) {
      return problem(503, "unavailable", "The store cannot be reached; try again shortly.", requestId, {
        headers: { "retry-after": "5" },
      });
    }
    services.log("error", "request_failed", { request_id: requestId, ...errorFields(error) });
    return problem(500, "internal_error", "Something went wrong on our side.", requestId);
  });

  return {
    hono: app,
    fetch: (request, env) => app.fetch(request, env ?? {}),
    services,
    drain: () => services.health.drain(),
    close: async () => {
      await mcp.close();
      await services.database.close();
    },
  };
}

function notFound(exchange: Exchange): Response {
  return problem(404, "not_found", "There is nothing at this path.", exchange.requestId);
}

function newExchange(c: Ctx, routes: ReadonlyMap<string, unknown>, { config, runtime }: Services): Exchange {
  const given = c.req.header("x-request-id") ?? "";
  return {
    requestId: /^[A-Za-z0-9_-]{1,64}$/.test(given) ? given : runtime.uuid(),
    clientIp: clientIp(c.req.raw.headers, peerOf(c), config.trustProxy),
    probe:
      config.probeToken !== undefined && sameSecret(c.req.header("x-atoms-probe") ?? "", config.probeToken),
    route: routes.has(c.req.path) ? c.req.path : "unmatched",
    startedAt: runtime.elapsed(),
    toolCalls: 0,
    toolErrors: 0,
    maintenance: false,
    endless: false,
  };
}

/** The peer's address, where there is a connection: platforms that call the app directly give no bindings at all. */
function peerOf(c: Ctx): string | undefined {
  return (c.env as Partial<HttpBindings> | undefined)?.incoming?.socket.remoteAddress;
}

/** The headers that attribute and protect an answer, and CORS. */
function headersOf(c: Ctx, exchange: Exchange, services: Services): Record<string, string> {
  const { config, faults } = services;
  const area = areaOf(c.req.path);
  const preflight = c.req.method === "OPTIONS" && c.res.status === 204;
  return {
    "x-request-id": exchange.requestId,
    "x-atoms-version": services.version(),
    "x-atoms-deployment": config.deploymentId,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'",
    ...(config.publicUrl.startsWith("https:")
      ? { "strict-transport-security": "max-age=31536000; includeSubDomains" }
      : {}),
    ...(area === "health" || area === "auth" ? { "cache-control": "no-store" } : {}),
    ...(preflight || faults.find("cors") ? {} : corsHeaders(c.req.header("origin"), config)),
  };
}

async function welcome(services: Services): Promise<Record<string, unknown>> {
  return {
    service: "atoms-mcp-server",
    version: services.version(),
    status: (await services.maintenance.on()) ? "maintenance" : "running",
    endpoints: { health: "/health", mcp: "/api/mcp", tools: "/api/mcp/tools", login: "/auth/login" },
  };
}
