import type { VercelClient } from "../client.js";
import { isAbsent } from "../vercel-error.js";
import type { Webhook } from "../wire/index.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";

/** Webhooks of the project. */
export interface Webhooks {
  /** Those that tell of the project. */
  list(signal?: AbortSignal): Promise<Webhook[]>;
  /** Makes one; its secret is told this once. Made anew when it is asked for twice. */
  make(to: { url: string; events: string[] }, signal?: AbortSignal): Promise<Webhook & { secret: string }>;
  /** Gone already: nothing. */
  remove(id: string, signal?: AbortSignal): Promise<void>;
}

export function webhooks(client: VercelClient, project: Project, explain: Explain): Webhooks {
  return {
    list: (signal) =>
      explain({ asked: "list the webhooks" }, async () => {
        const id = await project.idIfThere(signal);
        if (id === undefined) return [];
        return (await client.deliveries.webhooks(signal)).filter(({ projectIds }) =>
          projectIds?.includes(id),
        );
      }),
    make: ({ url, events }, signal) =>
      explain({ asked: `make a webhook to ${new URL(url).host}`, act: true }, async () => {
        const { id } = await project.ensure(signal);
        const made = await client.deliveries.createWebhook({ url, events, projectIds: [id] }, signal);
        const { secret } = made;
        if (secret === undefined) throw new Error(`the platform told no secret of the webhook ${made.id}`);
        return { ...made, secret };
      }),
    remove: (id, signal) =>
      explain({ asked: `remove the webhook ${id}`, act: true }, async () => {
        try {
          await client.deliveries.removeWebhook(id, signal);
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
      }),
  };
}
