import type { Context, Hono } from "hono";
import * as z from "zod";
import { newId } from "../ids.js";
import type { GlobalConfig, GlobalConfigBackup } from "../model.js";
import type { World } from "../world.js";
import { ApiError, badRequest, notFound, readBody } from "./api-error.js";
import { configOf, digestOf, sizeOf } from "./global-config-shape.js";
import { number } from "./paging.js";

const KEPT = 50;

/** The schema that a Global Config's items must fit, and the versions that they have had. */
export function globalConfigVersionRoutes(app: Hono, world: World, base: string): void {
  const { state } = world;
  const one = (c: Context) => configOf(world, c.req.param("id") ?? "");

  app.get(`${base}/:id/schema`, (c) => {
    const { schema } = one(c);
    if (schema === undefined) throw notFound("A schema of this Global Config");
    return c.json({ definition: schema });
  });

  app.post(`${base}/:id/schema`, async (c) => {
    const { definition } = await readBody(c, z.looseObject({ definition: z.looseObject({}) }));
    const config = { ...one(c), schema: definition };
    checkSchema(config);
    const dryRun = c.req.query("dryRun") ?? "";
    if (dryRun !== "1" && dryRun !== "true") state.globalConfigs.put({ ...config, updatedAt: world.clock() });
    return c.json({ definition });
  });

  app.delete(`${base}/:id/schema`, (c) => {
    const { schema: _, ...rest } = one(c);
    state.globalConfigs.put({ ...rest, updatedAt: world.clock() });
    return c.body(null, 204);
  });

  app.get(`${base}/:id/backups`, (c) => {
    const all = backupsOf(world, one(c)).reverse();
    const next = c.req.query("next");
    const from = next === undefined ? 0 : all.findIndex(({ id }) => id === next);
    if (from < 0) throw badRequest(`"${next}" is no page of the backups.`);
    const limit = Math.min(KEPT, Math.max(1, number(c, "limit") ?? 20));
    const following = all[from + limit];
    return c.json({
      backups: all.slice(from, from + limit).map((backup) => ({
        id: backup.id,
        lastModified: backup.createdAt,
        metadata: metadata(world, backup),
      })),
      pagination: { hasNext: following !== undefined, ...(following ? { next: following.id } : {}) },
    });
  });

  app.get(`${base}/:id/backups/:backup`, (c) => {
    const backup = backupOf(c, world, one(c));
    const { id, email, username, name } = world.identity.user;
    return c.json({
      id: backup.id,
      lastModified: backup.createdAt,
      metadata: metadata(world, backup),
      backup: {
        slug: backup.slug,
        digest: backup.digest,
        updatedAt: backup.createdAt,
        items: Object.fromEntries(backup.items.map(({ key, ...item }) => [key, item])),
      },
      user: { id, email, username, name },
    });
  });

  app.post(`${base}/:id/backups/:backup/restore`, (c) => {
    const config = one(c);
    const backup = backupOf(c, world, config);
    const changed = { ...config, items: backup.items, updatedAt: world.clock() };
    checkSchema(changed);
    keepVersion(world, changed);
    return c.json({
      status: "ok",
      restoredFrom: backup.id,
      previousDigest: digestOf(config),
      digest: digestOf(changed),
    });
  });
}

/** Stores a Global Config whose items have changed, with a backup of them, and tells of it. The oldest backups go. */
export function keepVersion(world: World, config: GlobalConfig): GlobalConfig {
  const { state } = world;
  const digest = digestOf(config);
  const stored = state.transaction(() => {
    const { id: configId, slug, items } = config;
    const known = backupsOf(world, config);
    for (const old of known.slice(0, Math.max(0, known.length + 1 - KEPT)))
      state.globalConfigBackups.delete(old.id);
    state.globalConfigBackups.put({
      id: newId("ecb", world.random),
      configId,
      slug,
      digest,
      createdAt: world.clock(),
      items,
    });
    return state.globalConfigs.put(config);
  });
  world.happenings.announce("edge-config.items.updated", null, {
    edgeConfigId: stored.id,
    digest,
  });
  return stored;
}

/** @throws ApiError 400 when the items do not fit the schema, or it is none */
export function checkSchema({ schema, items }: GlobalConfig): void {
  if (schema === undefined) return;
  let type: z.ZodType;
  try {
    type = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (error) {
    throw badRequest(`The schema cannot be used: ${(error as Error).message}`);
  }
  const found = type.safeParse(Object.fromEntries(items.map(({ key, value }) => [key, value])));
  if (found.success) return;
  const [issue] = found.error.issues;
  const at = issue && issue.path.length > 0 ? `"${issue.path.join(".")}" ` : "";
  throw new ApiError(
    400,
    "edge_config_schema_mismatch",
    `The items do not fit the schema: ${at}${issue?.message}`,
  );
}

/** Oldest first. */
export function backupsOf(world: World, { id }: GlobalConfig): GlobalConfigBackup[] {
  return world.state.globalConfigBackups.filter(({ configId }) => configId === id);
}

function backupOf(c: Context, world: World, config: GlobalConfig): GlobalConfigBackup {
  const id = c.req.param("backup") ?? "";
  const backup = world.state.globalConfigBackups.get(id);
  if (backup?.configId !== config.id) throw notFound(`The backup "${id}"`);
  return backup;
}

function metadata(world: World, backup: GlobalConfigBackup) {
  return {
    itemsCount: backup.items.length,
    itemsBytes: sizeOf(backup),
    updatedAt: new Date(backup.createdAt).toISOString(),
    updatedBy: world.identity.user.id,
  };
}
