import { z } from "zod";

/**
 * The wire is read loosely and written exactly. `z.object` allows members it does not know and drops them, so a
 * reader accepts whatever the platform adds; the inferred types have no room for a member nobody declared, so a
 * writer cannot send one. Where reading needs less than the official clients demand of a writer, there are two
 * schemas: `somethingAnswer` to read and `fullSomethingAnswer` to write.
 */

/** Milliseconds since the epoch. */
export const epochMs = z.number();

/** The body of every refusal: `{error: {code, message, …}}`. */
export const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    /** With `missing_files`: SHA-1 digests to upload before asking again. */
    missing: z.array(z.string()).optional(),
    /** With a rate limit. */
    limit: z.object({ total: z.number(), remaining: z.number(), reset: z.number() }).partial().optional(),
    /** The token itself is no good, not only for this resource. */
    invalidToken: z.boolean().optional(),
    /** With 409 on an alias that already is where it should be. */
    uid: z.string().optional(),
    alias: z.string().optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;

/** Ends every list; `next` is the `until` of the following page, or null on the last one. */
export const pagination = z.object({
  count: z.number(),
  next: epochMs.nullable(),
  prev: epochMs.nullable(),
});
export type Pagination = z.infer<typeof pagination>;

/** Query members of every list; times in milliseconds since the epoch. Numbers arrive as text. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().positive().optional(),
  until: z.coerce.number().optional(),
  since: z.coerce.number().optional(),
});
export type PageQuery = z.infer<typeof pageQuery>;

/** Scope of a call; without either it is the token's own account. */
export const scopeQuery = z.object({ teamId: z.string().optional(), slug: z.string().optional() });
export type ScopeQuery = z.infer<typeof scopeQuery>;

/** Whom a deployment was made by. */
export const creator = z.object({
  uid: z.string(),
  username: z.string().optional(),
  email: z.string().optional(),
});
export type Creator = z.infer<typeof creator>;
