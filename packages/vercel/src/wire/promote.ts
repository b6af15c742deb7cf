import { z } from "zod";
import { pagination } from "./common.js";

/**
 * Answer of `POST /v10/projects/{p}/promote/{d}` (201 accepted, 202 queued behind a rolling release) and of
 * `POST /v9/projects/{p}/rollback/{d}` (201). Nothing in it is relied on.
 */
export const moveAnswer = z.object({});
export type MoveAnswer = z.infer<typeof moveAnswer>;

/** Query of a rollback: the reason shown with it. */
export const rollbackQuery = z.object({ description: z.string().optional() });
export type RollbackQuery = z.infer<typeof rollbackQuery>;

/** Body of `PATCH /v1/projects/{p}/rollback/{d}/update-description`. */
export const rollbackDescriptionBody = z.object({ description: z.string() });
export type RollbackDescriptionBody = z.infer<typeof rollbackDescriptionBody>;

/** Answer of `GET …/promote/aliases` and `…/rollback/aliases`: how each host fared. */
export const movedAliasesAnswer = z.object({
  aliases: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      alias: z.union([z.string(), z.object({ alias: z.string(), deploymentId: z.string() })]),
    }),
  ),
  pagination,
});
export type MovedAliasesAnswer = z.infer<typeof movedAliasesAnswer>;

/** Query of the same. */
export const movedAliasesQuery = z.object({
  failedOnly: z.string().optional(),
  limit: z.coerce.number().optional(),
  until: z.coerce.number().optional(),
});
export type MovedAliasesQuery = z.infer<typeof movedAliasesQuery>;
