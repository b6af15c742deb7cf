import { z } from "zod";
import { epochMs, pagination } from "./common.js";

/** Kinds of a variable: a `sensitive` one is never shown again. */
export const envType = z.enum(["plain", "encrypted", "sensitive", "system", "secret"]);
export type EnvType = z.infer<typeof envType>;

const targets = z.union([z.array(z.string()), z.string()]);

/** A variable as read. */
export const envItem = z.object({
  id: z.string().optional(),
  key: z.string(),
  value: z.string().optional(),
  type: z.string(),
  target: targets.nullish(),
  gitBranch: z.string().nullish(),
  customEnvironmentIds: z.array(z.string()).nullish(),
  /** Whether `value` is plain text here, and not the platform's cipher text. */
  decrypted: z.boolean().optional(),
  updatedAt: epochMs.nullish(),
});
export type EnvItem = z.infer<typeof envItem>;

/** A variable as written. */
export const fullEnvItem = z.object({
  id: z.string(),
  key: z.string(),
  value: z.string(),
  type: envType,
  target: z.array(z.enum(["production", "preview", "development"])),
  gitBranch: z.string().optional(),
  customEnvironmentIds: z.array(z.string()).optional(),
  decrypted: z.boolean().optional(),
  createdAt: epochMs,
  updatedAt: epochMs,
  securityIssues: z.array(z.enum(["flags-secret-needs-split", "readable-secret"])),
  visibility: z.enum(["secret", "config"]).optional(),
});
export type FullEnvItem = z.infer<typeof fullEnvItem>;

/** Query of `GET /v10/projects/{p}/env`. */
export const envQuery = z.object({
  target: z.string().optional(),
  gitBranch: z.string().optional(),
  decrypt: z.string().optional(),
  source: z.string().optional(),
});
export type EnvQuery = z.infer<typeof envQuery>;

export const envsAnswer = z.object({ envs: z.array(envItem), pagination: pagination.optional() });
export type EnvsAnswer = z.infer<typeof envsAnswer>;

export const fullEnvsAnswer = z.object({ envs: z.array(fullEnvItem), pagination: pagination.optional() });
export type FullEnvsAnswer = z.infer<typeof fullEnvsAnswer>;

/** One variable of `POST /v10/projects/{p}/env[?upsert=true]`. */
export const createEnvItem = z.object({
  key: z.string(),
  value: z.string(),
  type: envType,
  target: z.array(z.string()),
  gitBranch: z.string().nullable().optional(),
  customEnvironmentIds: z.array(z.string()).optional(),
  visibility: z.string().optional(),
  comment: z.string().optional(),
});
export type CreateEnvItem = z.infer<typeof createEnvItem>;

/** Its body: one or several. */
export const createEnvBody = z.union([createEnvItem, z.array(createEnvItem)]);
export type CreateEnvBody = z.infer<typeof createEnvBody>;

/** Why one variable of several was not taken. */
export const envFailure = z.object({
  error: z.object({ code: z.string(), message: z.string(), key: z.string().optional() }),
});
export type EnvFailure = z.infer<typeof envFailure>;

/** Its answer, 201; `created` mirrors the body. Read and written form differ only in the item. */
export const createEnvAnswer = z.object({
  created: z.union([envItem, z.array(envItem)]),
  failed: z.array(envFailure),
});
export type CreateEnvAnswer = z.infer<typeof createEnvAnswer>;
export const fullCreateEnvAnswer = z.object({
  created: z.union([fullEnvItem, z.array(fullEnvItem)]),
  failed: z.array(envFailure),
});
export type FullCreateEnvAnswer = z.infer<typeof fullCreateEnvAnswer>;

/** Body of `PATCH /v10/projects/{p}/env/{id}`; answered by the item. */
export const updateEnvBody = createEnvItem.partial();
export type UpdateEnvBody = z.infer<typeof updateEnvBody>;

/** Answer of `GET /v3/env/pull/{projectOrDeployment}/{target}`. */
export const pulledEnvAnswer = z.object({
  env: z.record(z.string(), z.string()),
  buildEnv: z.record(z.string(), z.string()),
});
export type PulledEnvAnswer = z.infer<typeof pulledEnvAnswer>;
