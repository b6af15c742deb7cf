import type { Hono } from "hono";
import * as z from "zod";
import type { Project } from "../model.js";
import type { World } from "../world.js";
import { readBody } from "./api-error.js";
import { projectOf } from "./lookups.js";

const attackModeBody = z.looseObject({
  projectId: z.string().min(1),
  attackModeEnabled: z.boolean(),
  attackModeActiveUntil: z.number().int().nonnegative().nullish(),
});

/** Attack mode: the edge challenges every visitor that does not pass the project's protection. */
export function attackModeRoutes(app: Hono, world: World): void {
  app.post("/security/attack-mode", async (c) => {
    const {
      projectId,
      attackModeEnabled: enabled,
      attackModeActiveUntil,
    } = await readBody(c, attackModeBody);
    const project = projectOf(world, projectId);
    const updatedAt = world.clock();
    const until = enabled ? (attackModeActiveUntil ?? null) : null;
    const changed = { ...project, attackMode: { enabled, until, updatedAt }, updatedAt };
    return c.json(attackModeJson(world.state.projects.put(changed)));
  });
}

/** Attack mode as the API shows it. */
export const attackModeJson = ({ attackMode }: Project) => ({
  attackModeEnabled: attackMode?.enabled ?? false,
  attackModeUpdatedAt: attackMode?.updatedAt ?? 0,
  ...(attackMode?.until == null ? {} : { attackModeActiveUntil: attackMode.until }),
});
