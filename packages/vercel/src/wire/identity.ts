import { z } from "zod";
import { pagination } from "./common.js";

/** The owner of the token. */
export const user = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string(),
  name: z.string().nullable(),
});
export type User = z.infer<typeof user>;

/** Answer of `GET /v2/user`, as read: the name is all that is needed. */
export const userAnswer = z.object({
  user: z.object({
    id: z.string().optional(),
    username: z.string(),
    email: z.string().nullish(),
    name: z.string().nullish(),
  }),
});
export type UserAnswer = z.infer<typeof userAnswer>;

/** Answer of `GET /v2/user`, as written. */
export const fullUserAnswer = z.object({ user });
export type FullUserAnswer = z.infer<typeof fullUserAnswer>;

/** Answer of `GET /teams/{idOrSlug}`. */
export const teamAnswer = z.object({ id: z.string(), slug: z.string(), name: z.string().nullable() });
export type TeamAnswer = z.infer<typeof teamAnswer>;

/** Answer of `GET /v1/teams` and `GET /v2/teams`. */
export const teamsAnswer = z.object({ teams: z.array(teamAnswer), pagination });
export type TeamsAnswer = z.infer<typeof teamsAnswer>;
