import { z } from "zod";
import { epochMs } from "./common.js";

/** One line a build wrote, in the flat form of `GET /v3/…/events?format=lines`. */
export const buildEvent = z.object({
  type: z.string(),
  created: epochMs,
  date: epochMs.optional(),
  text: z.string().optional(),
  deploymentId: z.string().optional(),
  id: z.string().optional(),
  serial: z.string().optional(),
  level: z.string().optional(),
  info: z
    .object({ type: z.string().optional(), name: z.string().optional(), entrypoint: z.string().optional() })
    .optional(),
});
export type BuildEvent = z.infer<typeof buildEvent>;

/** The same line as written: what the CLI reads is not optional. */
export const fullBuildEvent = z.object({
  type: z.enum(["stdout", "stderr", "command", "deployment-state", "delimiter", "exit"]),
  created: epochMs,
  date: epochMs,
  text: z.string(),
  deploymentId: z.string(),
  id: z.string(),
  serial: z.string(),
  level: z.enum(["error", "warning"]).optional(),
  info: z.object({ type: z.string(), name: z.string(), entrypoint: z.string() }),
});
export type FullBuildEvent = z.infer<typeof fullBuildEvent>;

/** The older form, which `builds=1` and the SDK also accept. */
export const nestedBuildEvent = z.object({
  type: z.string(),
  created: epochMs,
  payload: z.object({
    date: epochMs.optional(),
    text: z.string().optional(),
    deploymentId: z.string().optional(),
    id: z.string().optional(),
    serial: z.string().optional(),
  }),
});
export type NestedBuildEvent = z.infer<typeof nestedBuildEvent>;

/** The line that tells a following client that all hosts are assigned; every member is required. */
export const aliasAssignedEvent = z.object({
  type: z.literal("alias-assigned"),
  deploymentId: z.string(),
  date: epochMs,
  alias: z.array(z.string()),
  aliasError: z.object({ code: z.string(), message: z.string() }).nullable(),
  aliasWarning: z.null(),
});
export type AliasAssignedEvent = z.infer<typeof aliasAssignedEvent>;

/** Query of the event calls. `follow=1` keeps the stream open until the build has ended. */
export const eventsQuery = z.object({
  direction: z.string().optional(),
  follow: z.string().optional(),
  format: z.string().optional(),
  builds: z.string().optional(),
  limit: z.coerce.number().optional(),
  since: z.coerce.number().optional(),
  until: z.coerce.number().optional(),
});
export type EventsQuery = z.infer<typeof eventsQuery>;
