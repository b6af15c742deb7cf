import { Hono } from "hono";
import { digestOf } from "../access/index.js";
import type { ControlPlane } from "../control-plane.js";
import { notAsked } from "../problems.js";
import type { Known } from "./known.js";
import { ledgerFeed } from "./ledger-feed.js";

/** `GET /api/v1/events`: the ledger as it grows, for every viewer of an environment what is of that environment. */
export function eventRoutes(plane: ControlPlane): Hono<Known> {
  const feed = ledgerFeed(plane);
  return new Hono<Known>().get("/api/v1/events", (c) => {
    const caller = c.get("caller");
    const given = c.req.header("last-event-id") ?? c.req.query("after");
    if (given !== undefined && !/^\d{1,15}$/.test(given))
      throw notAsked({ verb: "events", mistakes: "Last-Event-ID and after are places in the ledger" });
    const everywhere = caller.environments.includes("*");
    const stream = feed.open(
      {
        caller: caller.id ?? digestOf(caller.kind),
        sees: (environment) => everywhere || caller.environments.includes(environment),
        counts: async () =>
          caller.id === undefined ||
          (caller.kind !== "owner" &&
            (await (await plane.store()).access.counts(caller.id, plane.clock.now()))),
      },
      given === undefined ? undefined : Number(given),
    );
    return c.body(stream, 200, {
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
  });
}
