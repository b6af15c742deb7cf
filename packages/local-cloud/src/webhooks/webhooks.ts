import { setTimeout as wait } from "node:timers/promises";
import { deliver } from "../delivery.js";
import type { Seal } from "../folder/seal.js";
import type { State } from "../folder/state.js";
import type { Announcement, Happenings } from "../happenings.js";
import { newId, type Random } from "../ids.js";
import type { WebhookDelivery } from "../model.js";

const TIMEOUT_MS = 30_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60 * 60_000;
const GIVE_UP_MS = 24 * 60 * 60_000;
const MAX_WAITING = 1_000;

/**
 * Sends announcements to webhooks, signed, each until it is taken or a day has passed. A delivery is kept in the same
 * transaction as the change it tells of: after a kill there is either both or neither, and the sending goes on.
 */
export class Webhooks {
  readonly #stop = new AbortController();
  readonly #sending = new Set<Promise<void>>();

  constructor(
    private readonly state: State,
    private readonly seal: Seal,
    private readonly clock: () => number,
    private readonly random: Random,
    happenings: Happenings,
  ) {
    happenings.on("announcement", (announcement) => this.#announce(announcement));
  }

  /** Goes on with what waited when the last cloud ended. */
  takeUp(): void {
    for (const delivery of this.state.webhookDeliveries.all()) this.#begin(delivery);
  }

  /** Ends the sending. What was not taken yet is kept for the next cloud in this folder. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#sending);
  }

  #announce({ type, projectId, payload }: Announcement): void {
    const wanting = this.state.webhooks.filter(
      (webhook) =>
        webhook.events.includes(type) &&
        (webhook.projectIds.length === 0 || (projectId !== null && webhook.projectIds.includes(projectId))),
    );
    if (wanting.length === 0) return;
    const createdAt = this.clock();
    const body = JSON.stringify({ id: newId("evt", this.random), type, createdAt, region: null, payload });
    for (const webhook of wanting) {
      if (this.state.webhookDeliveries.size >= MAX_WAITING) {
        console.error(`Too many events wait for webhooks; ${type} for ${webhook.url} is dropped.`);
        continue;
      }
      const id = newId("whd", this.random);
      this.#keeping(`${type} for ${webhook.url}`, () =>
        this.#begin(this.state.webhookDeliveries.put({ id, webhookId: webhook.id, body, createdAt })),
      );
    }
  }

  /** The change that is told of must not fail because the disk has no room for telling of it. */
  #keeping(what: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      console.error(`The delivery of ${what} could not be noted: ${(error as Error).message}`);
    }
  }

  #begin(delivery: WebhookDelivery): void {
    const sending = this.#send(delivery).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #send(delivery: WebhookDelivery): Promise<void> {
    const { signal } = this.#stop;
    // The announcement may be part of a transaction that is not through yet, and that may still fail.
    await Promise.resolve();
    let delay = RETRY_FIRST_MS;
    while (!signal.aborted && this.state.webhookDeliveries.get(delivery.id)) {
      const webhook = this.state.webhooks.get(delivery.webhookId);
      const isOver = !webhook || this.clock() - delivery.createdAt > GIVE_UP_MS;
      const failure = isOver
        ? null
        : await deliver({
            url: webhook.url,
            body: delivery.body,
            contentType: "application/json",
            headers: {},
            secret: this.seal.reveal(webhook.sealedSecret),
            gzip: false,
            timeoutMs: TIMEOUT_MS,
            signal,
          });
      if (failure === null) {
        this.#keeping(delivery.id, () => this.state.webhookDeliveries.delete(delivery.id));
        return;
      }
      await wait(delay, undefined, { signal, ref: false }).catch(() => undefined);
      delay = Math.min(RETRY_MAX_MS, delay * 2);
    }
  }
}
