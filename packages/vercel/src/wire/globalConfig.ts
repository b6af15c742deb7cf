import { z } from "zod";
import { epochMs } from "./common.js";

/** A Global Config (formerly Edge Config): small values that running deployments read at once. */
export const globalConfig = z.object({
  id: z.string(),
  slug: z.string(),
  ownerId: z.string().optional(),
  createdAt: epochMs.optional(),
  updatedAt: epochMs.optional(),
  digest: z.string().optional(),
  itemCount: z.number().optional(),
  sizeInBytes: z.number().optional(),
});
export type GlobalConfig = z.infer<typeof globalConfig>;

/** Body of `POST /v1/global-config`. */
export const createGlobalConfigBody = z.object({
  slug: z.string(),
  items: z.record(z.string(), z.unknown()).optional(),
});
export type CreateGlobalConfigBody = z.infer<typeof createGlobalConfigBody>;

/** Answer of `GET /v1/global-config`: a bare array. */
export const globalConfigsAnswer = z.array(globalConfig);
export type GlobalConfigsAnswer = z.infer<typeof globalConfigsAnswer>;

export const globalConfigItem = z.object({
  key: z.string(),
  value: z.unknown(),
  edgeConfigId: z.string().optional(),
  createdAt: epochMs.optional(),
  updatedAt: epochMs.optional(),
});
export type GlobalConfigItem = z.infer<typeof globalConfigItem>;

/** Answer of `GET /v1/global-config/{id}/items`: a bare array. */
export const globalConfigItemsAnswer = z.array(globalConfigItem);
export type GlobalConfigItemsAnswer = z.infer<typeof globalConfigItemsAnswer>;

/** Body of `PATCH /v1/global-config/{id}/items`. */
export const updateGlobalConfigItemsBody = z.object({
  items: z.array(
    z.object({
      operation: z.enum(["create", "update", "upsert", "delete"]),
      key: z.string(),
      value: z.unknown().optional(),
    }),
  ),
});
export type UpdateGlobalConfigItemsBody = z.infer<typeof updateGlobalConfigItemsBody>;

/** Its answer. */
export const updatedGlobalConfigAnswer = z.object({ status: z.string().optional() });
export type UpdatedGlobalConfigAnswer = z.infer<typeof updatedGlobalConfigAnswer>;

/** Answer of `POST /v1/global-config/{id}/token`. The local cloud adds the address, which Vercel's clients know. */
export const globalConfigTokenAnswer = z.object({
  id: z.string().optional(),
  token: z.string(),
  connectionString: z.string().optional(),
});
export type GlobalConfigTokenAnswer = z.infer<typeof globalConfigTokenAnswer>;
