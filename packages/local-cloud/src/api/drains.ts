import type { Hono } from "hono";
import * as z from "zod";
import { newId } from "../ids.js";
import type { Drain } from "../model.js";
import type { World } from "../world.js";
import { notFound, readBody } from "./api-error.js";

const url = z.url({ protocol: /^https?$/ });
const delivery = z.looseObject({
  type: z.enum(["http", "otlphttp"]).default("http"),
  endpoint: z.union([url, z.looseObject({ traces: url }).transform((endpoint) => endpoint.traces)]),
  encoding: z.enum(["json", "ndjson"]).default("json"),
  compression: z.enum(["gzip", "none"]).default("none"),
  headers: z.record(z.string(), z.string()).default({}),
  secret: z.string().optional(),
});
const filter = z.looseObject({
  filter: z.looseObject({
    project: z.looseObject({ ids: z.array(z.string()).default([]) }).optional(),
    log: z.looseObject({ sources: z.array(z.string()).default([]) }).optional(),
    deployment: z.looseObject({ environments: z.array(z.string()).default([]) }).optional(),
  }),
});
const drainBody = z.looseObject({
  name: z.string().min(1),
  projects: z.enum(["some", "all"]).default("all"),
  projectIds: z.array(z.string()).default([]),
  schemas: z
    .record(z.string(), z.unknown())
    .refine((schemas) => "log" in schemas || "trace" in schemas, "must name `log` or `trace`"),
  delivery,
  filter: filter.nullish(),
  sampling: z
    .array(
      z.looseObject({
        rate: z.number().min(0).max(1),
        env: z.string().optional(),
        requestPath: z.string().optional(),
      }),
    )
    .default([]),
});
type DrainBody = z.infer<typeof drainBody>;

/** Drains: where logs and spans are delivered. */
export function drainRoutes(app: Hono, world: World): void {
  app.get("/drains", (c) =>
    c.json({ drains: world.state.drains.all().map((drain) => drainJson(world, drain)) }),
  );

  app.post("/drains", async (c) => {
    const body = await readBody(c, drainBody);
    const now = world.clock();
    const drain = world.state.drains.put({
      id: newId("drn", world.random),
      createdAt: now,
      updatedAt: now,
      ...content(world, body, null),
    });
    return c.json(drainJson(world, drain));
  });

  app.post("/drains/test", async (c) => {
    const body = await readBody(
      c,
      drainBody.partial({ name: true }).extend({ name: z.string().default("test") }),
    );
    const drain: Drain = { id: "drn_test", createdAt: 0, updatedAt: 0, ...content(world, body, null) };
    const { failure, verified } = await world.drains.test(drain);
    const verification = { code: world.drains.verifyCode, verified };
    if (failure === null) return c.json({ status: "success", verification });
    return c.json({ status: "failure", endpoint: drain.delivery.endpoint, error: failure, verification });
  });

  app.get("/drains/:id", (c) => c.json(drainJson(world, drainOf(world, c.req.param("id")))));

  app.patch("/drains/:id", async (c) => {
    const known = drainOf(world, c.req.param("id"));
    const part = await readBody(c, z.looseObject({}));
    const { sealedSecret, ...shown } = known.delivery;
    const body = drainBody.parse({ ...known, filter: known.shownFilter, delivery: shown, ...part });
    const changed = world.state.drains.put({
      ...known,
      updatedAt: world.clock(),
      ...content(world, body, sealedSecret),
    });
    return c.json(drainJson(world, changed));
  });

  app.delete("/drains/:id", async (c) => {
    const { id } = drainOf(world, c.req.param("id"));
    world.state.drains.delete(id);
    await world.drains.remove(id);
    return c.body(null, 204);
  });
}

function content(
  world: World,
  body: DrainBody,
  secret: string | null,
): Omit<Drain, "id" | "createdAt" | "updatedAt"> {
  const { type, endpoint, encoding, compression, headers } = body.delivery;
  const inner = body.filter?.filter;
  return {
    name: body.name,
    projects: body.projects,
    projectIds: body.projectIds,
    schemas: body.schemas,
    delivery: {
      type,
      endpoint,
      encoding,
      compression,
      headers,
      sealedSecret: body.delivery.secret === undefined ? secret : world.seal.close(body.delivery.secret),
    },
    filter: {
      projectIds: inner?.project?.ids ?? [],
      sources: inner?.log?.sources ?? [],
      environments: inner?.deployment?.environments ?? [],
    },
    shownFilter: body.filter ?? null,
    sampling: body.sampling,
  };
}

function drainOf(world: World, id: string): Drain {
  const drain = world.state.drains.get(id);
  if (!drain) throw notFound(`The drain "${id}"`);
  return drain;
}

/** The secret is not shown again. `health` and `verification` are additions of this cloud. */
function drainJson(world: World, drain: Drain) {
  const { verified, ...health } = world.drains.health(drain.id);
  const { filter: _, shownFilter, delivery: where, ...shown } = drain;
  const { sealedSecret: __, ...delivery } = where;
  return {
    ...shown,
    ownerId: world.identity.team.id,
    delivery,
    ...(shownFilter === null ? {} : { filter: shownFilter }),
    source: { kind: "self-served" },
    status: "enabled",
    health,
    verification: { code: world.drains.verifyCode, verified },
  };
}
