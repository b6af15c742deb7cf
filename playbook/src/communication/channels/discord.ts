import { z } from "zod";
import { atMost, attemptOfService, defineChannel, deliveryTimeoutMs, wordsOf } from "../channel.js";

/** The longest message that Discord takes. */
const longest = 2_000;

/** Posts to a Discord webhook. No text can call a person or a whole channel: mentions are switched off. */
export const discord = defineChannel({
  kind: "discord",
  settings: z.strictObject({ webhookUrl: z.url() }),
  // Thirty messages a minute are taken by one webhook.
  everyMs: 2_000,
  open: ({ webhookUrl }) => ({
    async deliver(notice, { http, clock }, signal) {
      const result = await http.send(
        {
          url: webhookUrl,
          method: "POST",
          headers: { "content-type": "application/json; charset=utf-8" },
          body: JSON.stringify({
            username: "Atoms",
            content: atMost(`${unmarked(notice.channel)}  ${unmarked(wordsOf(notice))}`, longest),
            allowed_mentions: { parse: [] },
          }),
          timeoutMs: deliveryTimeoutMs,
        },
        signal,
      );
      return attemptOfService(result, "Discord", clock.now());
    },
  }),
});

/** Keeps a text that quotes an answer from being read as a link with another name. */
const unmarked = (text: string) => text.replace(/[[\]`*_~|]/g, "\\$&");
