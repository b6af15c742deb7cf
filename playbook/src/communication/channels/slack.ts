import { z } from "zod";
import { attemptOfService, defineChannel, deliveryTimeoutMs, wordsOf } from "../channel.js";

/**
 * Posts to a Slack incoming webhook. `channel` is obeyed by webhooks made before Slack apps; an app's webhook always
 * posts to the channel it was made for.
 */
export const slack = defineChannel({
  kind: "slack",
  settings: z.strictObject({ webhookUrl: z.url() }),
  // Slack takes about one message a second in a channel.
  everyMs: 1_100,
  open: ({ webhookUrl }) => ({
    async deliver(notice, { http, clock }, signal) {
      const named = /^[#@]/.test(notice.channel) ? { channel: notice.channel } : {};
      const result = await http.send(
        {
          url: webhookUrl,
          method: "POST",
          headers: { "content-type": "application/json; charset=utf-8" },
          body: JSON.stringify({ ...named, text: plain(wordsOf(notice)) }),
          timeoutMs: deliveryTimeoutMs,
        },
        signal,
      );
      return attemptOfService(result, "Slack", clock.now());
    },
  }),
});

/** Slack reads &, < and > as markup: a reason that quotes an answer could call a whole channel with <!channel>. */
export function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
