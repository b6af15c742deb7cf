import type { Hono } from "hono";
import * as z from "zod";
import { hostWord } from "../ids.js";
import type { BypassSecret, Project } from "../model.js";
import type { World } from "../world.js";
import { badRequest, notFound, readBody } from "./api-error.js";
import { projectOf } from "./lookups.js";

const bypassBody = z.looseObject({
  generate: z
    .looseObject({
      secret: z
        .string()
        .regex(/^[A-Za-z0-9]{32}$/, "must be 32 letters and digits")
        .optional(),
      note: z.string().optional(),
    })
    .optional(),
  revoke: z.looseObject({ secret: z.string(), regenerate: z.boolean().default(false) }).optional(),
  update: z
    .looseObject({ secret: z.string(), isEnvVar: z.boolean().optional(), note: z.string().optional() })
    .optional(),
});

/** Secrets that let automation pass a project's protection. */
export function protectionBypassRoutes(app: Hono, world: World): void {
  app.patch("/projects/:project/protection-bypass", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { generate, revoke, update } = await readBody(c, bypassBody);
    const known = project.bypass ?? [];
    const find = (secret: string): BypassSecret => {
      const found = known.find(({ sealedSecret }) => world.seal.reveal(sealedSecret) === secret);
      if (!found) throw notFound("The bypass secret");
      return found;
    };
    let next: readonly BypassSecret[];
    if (revoke) {
      const gone = find(revoke.secret);
      next = known.filter((one) => one !== gone);
      if (revoke.regenerate) next = [...next, fresh(world, undefined, gone.note)];
    } else if (update) {
      const old = find(update.secret);
      const changed = { ...old, isEnvVar: update.isEnvVar ?? old.isEnvVar, note: update.note ?? old.note };
      next = known.map((one) =>
        one === old ? changed : update.isEnvVar ? { ...one, isEnvVar: false } : one,
      );
    } else {
      if (
        generate?.secret !== undefined &&
        known.some((one) => world.seal.reveal(one.sealedSecret) === generate.secret)
      ) {
        throw badRequest("This bypass secret is there already.");
      }
      next = [
        ...known,
        { ...fresh(world, generate?.secret, generate?.note ?? null), isEnvVar: known.length === 0 },
      ];
    }
    const changed = world.state.projects.put({ ...project, bypass: next, updatedAt: world.clock() });
    return c.json({ protectionBypass: bypassJson(world, changed) });
  });
}

function fresh(world: World, secret: string | undefined, note: string | null): BypassSecret {
  const text = secret ?? hostWord(32, world.random);
  return { sealedSecret: world.seal.close(text), createdAt: world.clock(), isEnvVar: false, note };
}

/** The secrets of a project by their text, as the API shows them. */
export function bypassJson(world: World, project: Project) {
  return Object.fromEntries(
    (project.bypass ?? []).map(({ sealedSecret, createdAt, isEnvVar, note }) => [
      world.seal.reveal(sealedSecret),
      {
        createdAt,
        createdBy: world.identity.user.id,
        scope: "automation-bypass",
        isEnvVar,
        ...(note === null ? {} : { note }),
      },
    ]),
  );
}
