import { z } from "zod";
import type { Api } from "../api.js";
import { path } from "../path.js";
import {
  type CreateDrainBody,
  type CreateWebhookBody,
  type Drain,
  drain,
  drainsAnswer,
  type Webhook,
  webhook,
  webhooksAnswer,
} from "../wire/index.js";

/** Where the platform sends log records and events. */
export interface DeliveryCalls {
  drains(signal?: AbortSignal): Promise<Drain[]>;
  /** Not repeated by itself: look through `drains` first, by name. */
  createDrain(body: CreateDrainBody, signal?: AbortSignal): Promise<Drain>;
  removeDrain(id: string, signal?: AbortSignal): Promise<void>;
  webhooks(signal?: AbortSignal): Promise<Webhook[]>;
  /** The answer is the only time that the secret is told. */
  createWebhook(body: CreateWebhookBody, signal?: AbortSignal): Promise<Webhook>;
  removeWebhook(id: string, signal?: AbortSignal): Promise<void>;
}

export function deliveryCalls(api: Api): DeliveryCalls {
  const remove = async (at: string, signal: AbortSignal | undefined) => {
    await api.ask(z.object({}), { method: "DELETE", path: at, repeatable: true, signal });
  };
  return {
    drains: async (signal) => (await api.ask(drainsAnswer, { path: "/v1/drains", signal })).drains,
    createDrain: (body, signal) => api.ask(drain, { method: "POST", path: "/v1/drains", body, signal }),
    removeDrain: (id, signal) => remove(path`/v1/drains/${id}`, signal),
    async webhooks(signal) {
      const answer = await api.ask(webhooksAnswer, { path: "/v1/webhooks", signal });
      return Array.isArray(answer) ? answer : answer.webhooks;
    },
    createWebhook: (body, signal) => api.ask(webhook, { method: "POST", path: "/v1/webhooks", body, signal }),
    removeWebhook: (id, signal) => remove(path`/v1/webhooks/${id}`, signal),
  };
}
