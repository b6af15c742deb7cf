import { setTimeout as wait } from "node:timers/promises";
import type { Hono } from "hono";
import type { BuildEvent, Deployment } from "../model.js";
import type { World } from "../world.js";
import { deploymentOf } from "./lookups.js";
import { number } from "./paging.js";

const FAILED_OPEN_MS = 300;
const ENDED = new Set(["READY", "ERROR", "CANCELED", "BLOCKED"]);

/** What a build prints: one object per line for the CLI, an array for the SDK. */
export function buildEventRoutes(app: Hono, world: World): void {
  app.get("/deployments/:id/events", async (c) => {
    const deployment = deploymentOf(world, c.req.param("id"));
    const asLines = c.req.query("format") === "lines" || new URL(c.req.url).pathname.includes("/now/");
    const follow = c.req.query("follow") === "1" || c.req.query("follow") === "true";
    const since = number(c, "since") ?? 0;
    const until = number(c, "until") ?? Number.POSITIVE_INFINITY;
    const fits = (event: BuildEvent) => event.created >= since && event.created <= until;
    if (asLines) {
      return new Response(eventLines(world, deployment, follow, fits), {
        headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" },
      });
    }
    if (follow) await ended(world, deployment.id);
    const limit = number(c, "limit") ?? 100;
    const events = (await world.builds.logs.of(deployment.id).read()).filter(fits);
    const kept = limit < 0 ? events : events.slice(-limit);
    return c.json(kept.map((event) => eventJson(deployment, event)));
  });
}

function eventJson(deployment: Deployment, event: BuildEvent) {
  return {
    type: event.type,
    created: event.created,
    date: event.created,
    text: event.text,
    deploymentId: deployment.id,
    id: event.serial,
    serial: event.serial,
    info: { type: "build", name: deployment.id.replace(/^dpl_/, "bld_"), entrypoint: "." },
    ...(event.level ? { level: event.level } : {}),
  };
}

/** Resolves when the build is over. */
function ended(world: World, id: string): Promise<void> {
  const current = world.state.deployments.get(id);
  if (!current || ENDED.has(current.readyState)) return Promise.resolve();
  return new Promise((resolve) => {
    const look = (changed: Deployment) => {
      if (changed.id !== id || !ENDED.has(changed.readyState)) return;
      world.happenings.off("deployment", look);
      resolve();
    };
    world.happenings.on("deployment", look);
  });
}

/** The stored events, then the live ones; closes when the build is over. */
function eventLines(
  world: World,
  deployment: Deployment,
  follow: boolean,
  fits: (event: BuildEvent) => boolean,
): ReadableStream<Uint8Array> {
  const log = world.builds.logs.of(deployment.id);
  const encoder = new TextEncoder();
  let unsubscribe = () => {};
  return new ReadableStream({
    async start(stream) {
      const line = (value: unknown) => stream.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      const sent = new Set<string>();
      let early: BuildEvent[] | null = [];
      const send = (event: BuildEvent) => {
        if (sent.has(event.serial) || !fits(event)) return;
        sent.add(event.serial);
        line(eventJson(deployment, event));
      };
      if (follow) unsubscribe = log.subscribe((event) => (early ? early.push(event) : send(event)));
      try {
        for (const event of await log.read()) send(event);
        for (const event of early) send(event);
        early = null;
        if (follow) {
          await ended(world, deployment.id);
          const now = world.state.deployments.get(deployment.id);
          if (now?.readyState === "READY" && now.aliasAssignedAt !== null) line(aliasLine(world, now));
          // The official CLI hangs up by itself at the line with the reason; it must find the stream still open.
          if (now?.readyState === "ERROR") await wait(FAILED_OPEN_MS);
        }
        stream.close();
      } catch {
        // The reader has left; nobody is waiting for the rest.
      } finally {
        unsubscribe();
      }
    },
    cancel() {
      unsubscribe();
    },
  });
}

/** Saves the CLI one round of polling. */
function aliasLine(world: World, deployment: Deployment) {
  const alias = world.state.aliases
    .filter((one) => one.deploymentId === deployment.id)
    .map((one) => one.alias);
  return {
    type: "alias-assigned",
    deploymentId: deployment.id,
    date: deployment.aliasAssignedAt ?? world.clock(),
    alias,
    aliasError: null,
    aliasWarning: null,
  };
}
