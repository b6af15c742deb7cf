import { timingSafeEqual } from "node:crypto";
import type { Server } from "node:http";
import { type Actor, isProblem } from "@atoms/playbook";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { ControlPlane } from "../control-plane.js";
import { internalFailure, notAsked, tokenRefused } from "../problems.js";
import { verbs } from "../verbs/index.js";

/** Statuses of the API by how a problem ends a command. */
const statusOf = {
  usage: 400,
  refused: 409,
  failed: 500,
  "rolled back": 500,
  inconclusive: 500,
  done: 200,
} as const;

/**
 * The HTTP API: every verb under `/api/v1`, with a bearer token, and `/healthz` without.
 * @param input.token The token that callers must bear.
 */
export function apiApp(plane: ControlPlane, input: { token: string }): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ status: "ok", pid: process.pid }));
  // Drains bear no token: each delivery is signed, and the ingest checks that.
  app.post("/ingest/:drain", (c) => plane.ingest.handle(c.req.raw));
  app.use("/api/*", async (c, next) => {
    // A page in a browser must not reach an API on loopback: it would send its own Origin.
    if (c.req.header("origin") !== undefined) return c.json(tokenRefused().toJSON(), 403);
    if (!bears(c.req.header("authorization"), input.token)) return c.json(tokenRefused().toJSON(), 401);
    await next();
    return undefined;
  });
  app.use("/api/*", bodyLimit({ maxSize: 1_048_576 }));
  for (const verb of verbs) {
    app.on(verb.method, `/api/v1${verb.path}`, async (c) => {
      try {
        const given =
          verb.method === "GET" ? fromQuery(c.req.query("input")) : await c.req.json().catch(() => ({}));
        const parsed = verb.input.safeParse(given);
        if (!parsed.success) {
          return c.json(notAsked({ verb: verb.name, mistakes: z.prettifyError(parsed.error) }).toJSON(), 400);
        }
        const answer: unknown = await verb.run(
          plane,
          parsed.data as never,
          actorFrom(c.req.header("x-atoms-actor")),
        );
        return c.json({ ok: true, answer: answer ?? null });
      } catch (error) {
        if (isProblem(error)) return c.json(error.toJSON(), statusOf[error.ending]);
        plane.reportBug(`verb ${verb.name}`, error);
        return c.json(internalFailure({ what: verb.name }).toJSON(), 500);
      }
    });
  }
  app.notFound((c) =>
    c.json(notAsked({ verb: c.req.path, mistakes: "there is no such path" }).toJSON(), 404),
  );
  return app;
}

/** Serves the API on loopback. @returns its address and how to stop it. */
export async function serveApi(app: Hono, port: number): Promise<{ url: string; close(): Promise<void> }> {
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

function bears(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function fromQuery(input: string | undefined): unknown {
  if (input === undefined) return {};
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

// The caller names the person at the terminal; the token is what is trusted, the name is for the record.
function actorFrom(header: string | undefined): Actor {
  const name = header === undefined ? "" : decodeURIComponent(header).slice(0, 100);
  return { kind: name === "" ? "token" : "person", name: name === "" ? "local token" : name, via: "api" };
}
