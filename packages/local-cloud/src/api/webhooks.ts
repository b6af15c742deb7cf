import type { Hono } from "hono";
import * as z from "zod";
import { hostWord, newId } from "../ids.js";
import type { Webhook } from "../model.js";
import type { World } from "../world.js";
import { notFound, readBody } from "./api-error.js";

const webhookBody = z.looseObject({
  url: z.url({ protocol: /^https?$/ }),
  events: z.array(z.string()).min(1),
  projectIds: z.array(z.string()).default([]),
});

/** Webhooks: who is told of what. The secret is shown once, when the webhook is made. */
export function webhookRoutes(app: Hono, world: World): void {
  app.get("/webhooks", (c) =>
    c.json(world.state.webhooks.all().map((webhook) => webhookJson(world, webhook))),
  );

  app.post("/webhooks", async (c) => {
    const body = await readBody(c, webhookBody);
    const secret = hostWord(32, world.random);
    const now = world.clock();
    const webhook = world.state.webhooks.put({
      id: newId("hook", world.random),
      url: body.url,
      events: body.events,
      projectIds: body.projectIds,
      createdAt: now,
      updatedAt: now,
      sealedSecret: world.seal.close(secret),
    });
    return c.json({ ...webhookJson(world, webhook), secret });
  });

  app.get("/webhooks/:id", (c) => c.json(webhookJson(world, webhookOf(world, c.req.param("id")))));

  app.delete("/webhooks/:id", (c) => {
    const { id } = webhookOf(world, c.req.param("id"));
    world.state.transaction(() => {
      world.state.webhooks.delete(id);
      for (const delivery of world.state.webhookDeliveries.filter((one) => one.webhookId === id))
        world.state.webhookDeliveries.delete(delivery.id);
    });
    return c.body(null, 204);
  });
}

function webhookOf(world: World, id: string): Webhook {
  const webhook = world.state.webhooks.get(id);
  if (!webhook) throw notFound(`The webhook "${id}"`);
  return webhook;
}

function webhookJson(world: World, webhook: Webhook) {
  const { sealedSecret: _, projectIds, ...shown } = webhook;
  return { ...shown, ...(projectIds.length > 0 ? { projectIds } : {}), ownerId: world.identity.team.id };
}
