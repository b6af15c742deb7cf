import { noWebhook, noWebhookAddress } from "@atoms/playbook";
import type { Webhook } from "@atoms/vercel";
import { z } from "zod";
import { forgetWebhook, keepWebhook, keptWebhook, takenEvents, webhookPath } from "../builds/index.js";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** A webhook of the project on the platform. */
export type WebhookRow = {
  id: string;
  url: string;
  events: string[];
  /** This folder's Atoms made it, and knows its secret. */
  ours: boolean;
};

/** The project's webhooks. */
export const listWebhooks = defineVerb({
  name: "list webhooks",
  method: "GET",
  role: "operator",
  path: "/webhooks",
  summary: "List the platform's webhooks of the project",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<WebhookRow[]> {
    const open = await plane.open(input);
    const platform = await open.platform({ start: false });
    const kept = await keptWebhook(plane.places, open.platformName);
    return (await platform.webhooks.list(AbortSignal.timeout(20_000))).map((one) => rowOf(one, kept?.id));
  },
});

/** Has the platform tell this control plane of the project's deployments. Safe to repeat: one that is right is kept. */
export const addWebhook = defineVerb({
  name: "add webhook",
  method: "POST",
  role: "admin",
  path: "/webhooks",
  summary: "Have the platform tell of deployments by a webhook",
  input: z.strictObject({
    ...playbookRef,
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Address of the control plane as the platform reaches it; its public one when left out."),
  }),
  async run(plane, input): Promise<WebhookRow> {
    const open = await plane.open(input);
    const url = addressFor(plane, open, input.url);
    const platform = await open.platform({ start: false });
    const signal = AbortSignal.timeout(30_000);
    const kept = await keptWebhook(plane.places, open.platformName);
    const standing = await platform.webhooks.list(signal);
    const right = standing.find((one) => one.id === kept?.id && one.url === url && tellsAll(one));
    if (right !== undefined) return rowOf(right, kept?.id);
    const made = await platform.webhooks.make({ url, events: [...takenEvents] }, signal);
    // Kept before the old one goes: at no time is nobody told.
    await keepWebhook(plane.places, open.platformName, { id: made.id, url, secret: made.secret });
    // One to the same address was made by an earlier try that died before its secret was kept: it can not be used.
    for (const one of standing)
      if (one.id === kept?.id || one.url === url) await platform.webhooks.remove(one.id, signal);
    return rowOf(made, made.id);
  },
});

/** Takes the webhook away that Atoms made. What the platform still sends is refused. */
export const removeWebhook = defineVerb({
  name: "remove webhook",
  method: "POST",
  role: "admin",
  path: "/webhooks/remove",
  summary: "Take the webhook away that Atoms made",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<{ id: string }> {
    const open = await plane.open(input);
    const kept = await keptWebhook(plane.places, open.platformName);
    if (kept === undefined) throw noWebhook({ platform: open.platformName });
    const platform = await open.platform({ start: false });
    await platform.webhooks.remove(kept.id, AbortSignal.timeout(20_000));
    await forgetWebhook(plane.places, open.platformName);
    return { id: kept.id };
  },
});

/** @throws ATM-965 */
function addressFor(plane: ControlPlane, { platformName }: OpenPlaybook, given: string | undefined): string {
  const base = given ?? plane.publicUrl();
  if (base === undefined)
    throw noWebhookAddress({ because: "no control plane runs that could take them, and no address is set" });
  const url = new URL(base);
  if (platformName === "vercel" && /^(localhost|127\.|\[::1\]|.*\.localhost$)/.test(url.hostname))
    throw noWebhookAddress({ because: `${url.host} is an address of this machine alone` });
  return url.pathname.endsWith(webhookPath) ? url.href : new URL(webhookPath, url).href;
}

const tellsAll = ({ events }: Webhook) => takenEvents.every((event) => events.includes(event));

const rowOf = ({ id, url, events }: Webhook, ours: string | undefined): WebhookRow => ({
  id,
  url,
  events,
  ours: id === ours,
});
