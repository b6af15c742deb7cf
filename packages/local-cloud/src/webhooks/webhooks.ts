import { setTimeout as wait } from "node:timers/promises";
import { deliver } from "../delivery.js";
import type { Seal } from "../folder/seal.js";
import type { State } from "../folder/state.js";
import type { Announcement, Happenings } from "../happenings.js";
import { newId, type Random } from "../ids.js";
import type { Webhook } from "../model.js";

const TIMEOUT_MS = 30_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60 * 60_000;
const GIVE_UP_MS = 24 * 60 * 60_000;
const MAX_WAITING = 1_000;

/** Sends announcements to webhooks, signed, each until it is taken or a day has passed. */
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

  /** Ends the sending. What was not taken yet is given up. */
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
    if (wanting.length === 0 || this.#stop.signal.aborted) return;
    const body = JSON.stringify({
      id: newId("evt", this.random),
      type,
      createdAt: this.clock(),
      region: null,
      payload,
    });
    for (const webhook of wanting) {
      if (this.#sending.size >= MAX_WAITING) {
        console.error(`The webhook ${webhook.url} has too many events waiting; ${type} is dropped.`);
        continue;
      }
      const sending = this.#send(webhook, body).finally(() => this.#sending.delete(sending));
      this.#sending.add(sending);
    }
  }

  async #send(webhook: Webhook, body: string): Promise<void> {
    const { signal } = this.#stop;
    const until = performance.now() + GIVE_UP_MS;
    let delay = RETRY_FIRST_MS;
    while (!signal.aborted && this.state.webhooks.get(webhook.id) && performance.now() < until) {
      const failure = await deliver({
        url: webhook.url,
        body,
        contentType: "application/json",
        headers: {},
        secret: this.seal.reveal(webhook.sealedSecret),
        gzip: false,
        timeoutMs: TIMEOUT_MS,
      });
      if (failure === null) return;
      await wait(delay, undefined, { signal, ref: false }).catch(() => undefined);
      delay = Math.min(RETRY_MAX_MS, delay * 2);
    }
  }
}
