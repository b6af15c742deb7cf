import { timingSafeEqual } from "node:crypto";
import type { Context, Hono } from "hono";
import * as z from "zod";
import { hostWord, newId } from "../ids.js";
import type { GlobalConfig, GlobalConfigItem } from "../model.js";
import type { World } from "../world.js";
import { ApiError, badRequest, notFound, readBody } from "./api-error.js";
import { configOf, digestOf, sizeOf } from "./global-config-shape.js";
import { backupsOf, checkSchema, globalConfigVersionRoutes, keepVersion } from "./global-config-versions.js";

const KEY = /^[\w-]{1,256}$/;
const SIZE_MAX = 512 * 1024;

const createBody = z.looseObject({
  slug: z.string().min(1),
  items: z.record(z.string(), z.unknown()).default({}),
});
const itemsBody = z.looseObject({
  items: z.array(
    z.looseObject({
      operation: z.enum(["create", "update", "upsert", "delete"]),
      key: z.string(),
      value: z.unknown().optional(),
    }),
  ),
});
type Operation = z.infer<typeof itemsBody>["items"][number];

/** Global Config (formerly Edge Config), under both of its names. */
export function globalConfigRoutes(app: Hono, world: World): void {
  for (const base of ["/global-config", "/edge-config"]) managing(app, world, base);
}

function managing(app: Hono, world: World, base: string): void {
  const { state } = world;
  const one = (c: Context) => configOf(world, c.req.param("id") ?? "");

  app.get(base, (c) => c.json(state.globalConfigs.all().map((config) => configJson(world, config))));

  app.post(base, async (c) => {
    const body = await readBody(c, createBody);
    checkSlugFree(world, body.slug);
    const now = world.clock();
    const operations = Object.entries(body.items).map(
      ([key, value]): Operation => ({ operation: "create", key, value }),
    );
    const empty: GlobalConfig = {
      id: `ecfg_${hostWord(24, world.random)}`,
      slug: body.slug,
      createdAt: now,
      updatedAt: now,
      items: [],
      tokens: [],
    };
    return c.json(configJson(world, keepVersion(world, applied(empty, operations, now))), 201);
  });

  app.get(`${base}/:id`, (c) => c.json(configJson(world, one(c))));

  app.put(`${base}/:id`, async (c) => {
    const { slug } = await readBody(c, createBody.pick({ slug: true }));
    const config = one(c);
    checkSlugFree(world, slug, config.id);
    return c.json(configJson(world, state.globalConfigs.put({ ...config, slug, updatedAt: world.clock() })));
  });

  app.delete(`${base}/:id`, (c) => {
    const config = one(c);
    state.transaction(() => {
      for (const { id } of backupsOf(world, config)) state.globalConfigBackups.delete(id);
      state.globalConfigs.delete(config.id);
    });
    return c.body(null, 204);
  });

  app.get(`${base}/:id/items`, (c) => {
    const config = one(c);
    return c.json(config.items.map((item) => ({ ...item, edgeConfigId: config.id })));
  });

  app.get(`${base}/:id/item/:key`, (c) => {
    const config = one(c);
    return c.json({ ...itemOf(config, c.req.param("key")), edgeConfigId: config.id });
  });

  app.patch(`${base}/:id/items`, async (c) => {
    const { items } = await readBody(c, itemsBody);
    keepVersion(world, applied(one(c), items, world.clock()));
    return c.json({ status: "ok" });
  });

  app.post(`${base}/:id/token`, async (c) => {
    const { label } = await readBody(c, z.looseObject({ label: z.string().default("token") }));
    const config = one(c);
    const token = hostWord(36, world.random);
    const made = {
      id: newId("ect", world.random),
      label,
      sealedToken: world.seal.close(token),
      createdAt: world.clock(),
    };
    state.globalConfigs.put({ ...config, tokens: [...config.tokens, made] });
    // The address is an addition of this cloud: what `EDGE_CONFIG` must hold for the official reader.
    const connectionString = `${new URL(c.req.url).origin}/${config.id}?token=${token}`;
    return c.json({ id: made.id, token, connectionString }, 201);
  });

  app.get(`${base}/:id/tokens`, (c) => {
    const config = one(c);
    return c.json(config.tokens.map((token) => tokenJson(world, config, token)));
  });

  app.get(`${base}/:id/token/:token`, (c) => {
    const config = one(c);
    const found = config.tokens.find(({ sealedToken }) =>
      equal(world.seal.reveal(sealedToken), c.req.param("token")),
    );
    if (!found) throw notFound("The token");
    return c.json({ ...tokenJson(world, config, found), token: c.req.param("token") });
  });

  app.delete(`${base}/:id/tokens`, async (c) => {
    const { tokens } = await readBody(c, z.looseObject({ tokens: z.array(z.string()) }));
    const config = one(c);
    const kept = config.tokens.filter(
      ({ id, sealedToken }) => !tokens.includes(id) && !tokens.includes(world.seal.reveal(sealedToken)),
    );
    state.globalConfigs.put({ ...config, tokens: kept });
    return c.body(null, 204);
  });

  globalConfigVersionRoutes(app, world, base);
}

/** @param own Id of the Global Config that may have the slug. @throws ApiError 409 when another one has it */
function checkSlugFree(world: World, slug: string, own?: string): void {
  if (world.state.globalConfigs.find((config) => config.slug === slug && config.id !== own))
    throw new ApiError(409, "conflict", `A Global Config with the slug "${slug}" already exists.`);
}

/** A token as lists show it: not whole, as it opens the config. */
function tokenJson(world: World, config: GlobalConfig, token: GlobalConfig["tokens"][number]) {
  const { sealedToken, ...shown } = token;
  return {
    ...shown,
    edgeConfigId: config.id,
    partialToken: `${world.seal.reveal(sealedToken).slice(0, 4)}…`,
  };
}

/** Reading with a config's own token, as the official reader does with its connection string. Needs no API token. */
export function globalConfigReading(app: Hono, world: World): void {
  app.get("/:config{ecfg_[a-z0-9]+}/:what/:key?", (c) => {
    const config = world.state.globalConfigs.get(c.req.param("config"));
    const token = c.req.query("token") ?? c.req.header("authorization")?.replace(/^Bearer\s+/i, "") ?? "";
    const known = config?.tokens.some(({ sealedToken }) => equal(world.seal.reveal(sealedToken), token));
    if (!config || !known)
      throw new ApiError(401, "unauthorized", "The token does not open this Global Config.");
    c.header("x-edge-config-digest", digestOf(config));
    const { what, key } = c.req.param();
    if (what === "digest") return c.json(digestOf(config));
    if (what === "items") {
      const wanted = c.req.queries("key");
      const items = wanted ? config.items.filter((item) => wanted.includes(item.key)) : config.items;
      return c.json(Object.fromEntries(items.map((item) => [item.key, item.value])));
    }
    if (what !== "item" || key === undefined) throw notFound(`The path ${c.req.path}`);
    const item = config.items.find((one) => one.key === key);
    if (!item) throw new ApiError(404, "edge_config_item_not_found", `The item "${key}" was not found.`);
    return c.json(item.value);
  });
}

/** Applies all operations, or none of them. @throws ApiError */
function applied(config: GlobalConfig, operations: readonly Operation[], now: number): GlobalConfig {
  const items = new Map(config.items.map((item) => [item.key, item]));
  for (const { operation, key, value } of operations) {
    if (!KEY.test(key)) throw badRequest(`"${key}" is not a key: 1 to 256 letters, digits, '-' and '_'.`);
    const known = items.get(key);
    if (operation === "create" && known)
      throw new ApiError(409, "edge_config_item_exists", `The item "${key}" already exists.`);
    if ((operation === "update" || operation === "delete") && !known) throw notFound(`The item "${key}"`);
    if (operation === "delete") items.delete(key);
    else items.set(key, { key, value: value ?? null, createdAt: known?.createdAt ?? now, updatedAt: now });
  }
  const next = { ...config, items: [...items.values()], updatedAt: now };
  if (sizeOf(next) > SIZE_MAX)
    throw new ApiError(413, "edge_config_too_large", `A Global Config may have at most ${SIZE_MAX} bytes.`);
  checkSchema(next);
  return next;
}

function itemOf(config: GlobalConfig, key: string): GlobalConfigItem {
  const item = config.items.find((one) => one.key === key);
  if (!item) throw notFound(`The item "${key}"`);
  return item;
}

function configJson(world: World, config: GlobalConfig) {
  const { items, tokens: _, schema: __, ...shown } = config;
  return {
    ...shown,
    ownerId: world.identity.team.id,
    digest: digestOf(config),
    itemCount: items.length,
    sizeInBytes: sizeOf(config),
  };
}

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
