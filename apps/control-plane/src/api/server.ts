import type { Server } from "node:http";
import { isProblem, type Problem } from "@atoms/playbook";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { rateLimit } from "../access/index.js";
import { agentRoutes } from "../agents/index.js";
import { approvalRoutes } from "../approvals/index.js";
import { webhookRoutes } from "../builds/index.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { dashboardRoutes } from "../dashboard/index.js";
import { heartbeatRoutes } from "../monitoring/index.js";
import { onCallRoutes } from "../on-call/index.js";
import { internalFailure, notAsked, requestTooLarge, tooManyRequests } from "../problems.js";
import { oidcRoutes } from "../sign-in/index.js";
import { statusPageRoutes } from "../status-page/index.js";
import { verbs } from "../verbs/index.js";
import { askVerb } from "./ask-verb.js";
import { authenticate } from "./authenticate.js";
import { eventRoutes } from "./event-routes.js";
import type { Known } from "./known.js";
import { openApi } from "./openapi.js";
import { inputFromQuery } from "./read-input.js";
import { problemAnswer } from "./respond.js";
import { sessionRoutes, signInRoute } from "./session-routes.js";

/** What a request may have, in bytes. */
const largest = 1_048_576;
/** How often a caller may ask; the owner of the folder is not counted. */
const pace = { burst: 200, perSecond: 50 };
/** How often anybody may ask who is not let in. */
const strangersPace = { burst: 30, perSecond: 2 };

/** How a control plane is served. */
export type Serving = {
  /** The token of the folder: its bearer is the owner. */
  token: string;
  /** The playbook that is meant where a request names none, and the only one that others than the owner reach. */
  own: PlaybookRef;
};

/**
 * The HTTP API: every verb under `/api/v1`, for callers with a role that allows it, the ledger as a stream, the dashboard that
 * asks all this, and `/healthz` for everybody.
 */
export function apiApp(plane: ControlPlane, serving: Serving): Hono<Known> {
  const app = new Hono<Known>();
  const ask = rateLimit(plane.clock, pace);
  const knock = rateLimit(plane.clock, strangersPace);
  const tooSoon = (c: Context, waitMs: number) => {
    const seconds = Math.ceil(waitMs / 1_000);
    c.header("retry-after", String(seconds));
    return problemAnswer(c, tooManyRequests({ seconds }));
  };
  const knocks = (c: Context) => {
    const waitMs = knock("stranger");
    return waitMs > 0 ? tooSoon(c, waitMs) : undefined;
  };

  app.get("/healthz", (c) => c.json({ status: "ok", pid: process.pid }));
  // Drains bear no token: each delivery is signed, and the ingest checks that.
  app.post("/ingest/:drain", (c) => plane.ingest.handle(c.req.raw));
  app.route("/", dashboardRoutes());
  app.route("/", onCallRoutes(plane));
  app.route("/", approvalRoutes(plane));
  app.route("/", heartbeatRoutes(plane));
  app.route("/", webhookRoutes(plane, serving.own, knocks));
  app.route("/", statusPageRoutes(plane, serving.own));
  const guarded = ["/api/*", "/mcp"];
  app.on("ALL", guarded, async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  app.on(
    "ALL",
    guarded,
    bodyLimit({ maxSize: largest, onError: (c) => problemAnswer(c, requestTooLarge({ bytes: largest })) }),
  );
  app.route("/", oidcRoutes(plane, serving.own, knocks));
  app.route("/", signInRoute(plane, serving.own, knocks));
  app.on("ALL", guarded, async (c, next) => {
    const found = await authenticate(plane, c, serving.token);
    if ("refused" in found) {
      if (found.status === 401) c.header("www-authenticate", "Bearer");
      return knocks(c) ?? problemAnswer(c, found.refused, found.status);
    }
    if (found.kind !== "owner") {
      const waitMs = ask(found.id ?? "");
      if (waitMs > 0) return tooSoon(c, waitMs);
    }
    c.set("caller", found);
    await next();
    return undefined;
  });
  const document = openApi("v1");
  app.get("/api/v1/openapi.json", (c) => c.json(document));
  app.route("/", agentRoutes(plane, serving.own, largest));
  app.route("/", eventRoutes(plane));
  app.route("/", sessionRoutes(plane, serving.own));
  for (const verb of verbs)
    app.on(verb.method, `/api/v1${verb.path}`, (c) => answerOf(plane, serving, verb, c));
  app.notFound((c) =>
    c.json(notAsked({ verb: c.req.path, mistakes: "there is no such path" }).toJSON(), 404),
  );
  app.onError((error, c) => {
    if (isProblem(error)) return problemAnswer(c, error);
    // Middleware that refuses by itself, such as the body limit of a link's page, brings its answer along.
    if (error instanceof HTTPException) return error.getResponse();
    plane.reportBug(`${c.req.method} ${c.req.path}`, error);
    return problemAnswer(c, internalFailure({ what: `${c.req.method} ${c.req.path}` }));
  });
  return app;
}

/** Answers a verb. */
async function answerOf(
  plane: ControlPlane,
  serving: Serving,
  verb: (typeof verbs)[number],
  c: Context<Known>,
): Promise<Response> {
  const asked = () =>
    verb.method === "GET"
      ? inputFromQuery(c.req.query(), verb.input)
      : c.req.json().catch(() => ({}) as unknown);
  try {
    const answer = await askVerb(plane, serving.own, c.get("caller"), verb, asked);
    return c.json({ ok: true, answer: answer ?? null });
  } catch (error) {
    return problemAnswer(c, error as Problem);
  }
}

/** Serves the API on loopback. @returns its address and how to stop it. */
export async function serveApi(
  app: Pick<Hono, "fetch">,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () =>
      resolve(listening as Server),
    );
    (listening as Server).once("error", reject);
  });
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
