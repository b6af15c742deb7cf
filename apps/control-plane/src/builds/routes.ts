import { deliveryNotSigned, deliveryNotUnderstood } from "@atoms/playbook";
import { isDeliverySigned, webhookDelivery } from "@atoms/vercel";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { problemAnswer } from "../api/respond.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { requestTooLarge } from "../problems.js";
import { webhookSecrets } from "./secret.js";
import { takeDelivery } from "./take.js";

/** Where the platform delivers its webhooks to. */
export const webhookPath = "/hooks/vercel";
/** What a delivery may have, in bytes. */
const largestBytes = 256 * 1024;

/**
 * Takes the platform's webhooks, without a token of the API: each delivery is signed. It is answered well once what it tells is
 * written down; the platform sends again what is not.
 * @param knocks Refuses a stranger who asks too often.
 */
export function webhookRoutes(
  plane: ControlPlane,
  own: PlaybookRef,
  knocks: (c: Context) => Response | undefined,
): Hono {
  const tooLarge = (c: Context) => problemAnswer(c, requestTooLarge({ bytes: largestBytes }));
  return new Hono().post(webhookPath, bodyLimit({ maxSize: largestBytes, onError: tooLarge }), async (c) => {
    c.header("cache-control", "no-store");
    const body = new Uint8Array(await c.req.arrayBuffer());
    const signature = c.req.header("x-vercel-signature");
    const secrets = await webhookSecrets(plane);
    if (!secrets.some((secret) => isDeliverySigned(body, signature, secret)))
      return knocks(c) ?? problemAnswer(c, deliveryNotSigned(), 401);
    const read = webhookDelivery.safeParse(jsonOf(body));
    if (!read.success)
      return problemAnswer(c, deliveryNotUnderstood({ because: "its envelope is not that of a webhook" }));
    return c.json(await takeDelivery(plane, own, read.data));
  });
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
