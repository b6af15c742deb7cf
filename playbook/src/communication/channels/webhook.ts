import { z } from "zod";
import { attemptOf, defineChannel, deliveryTimeoutMs } from "../channel.js";

/**
 * Posts the notice as JSON. With a secret, `x-atoms-signature` is `sha256=` and the HMAC of
 * `<x-atoms-timestamp>.<body>`, so that neither can be changed nor an old call replayed. `idempotency-key` is the same
 * on every try of one notice.
 */
export const webhook = defineChannel({
  kind: "webhook",
  settings: z.strictObject({ url: z.url(), secret: z.string().min(1).optional() }),
  open: ({ url, secret }) => ({
    async deliver(notice, { http, clock, sign }, signal) {
      const { key, service, environment, release, channel, text, dueAt } = notice;
      const { thread, status, severity, title, page } = notice;
      const about = { thread, status, severity, title, page };
      const body = JSON.stringify({ key, service, environment, release, channel, text, dueAt, ...about });
      const timestamp = String(Math.floor(clock.now() / 1_000));
      const signed =
        secret === undefined ? {} : { "x-atoms-signature": `sha256=${sign(secret, `${timestamp}.${body}`)}` };
      const result = await http.send(
        {
          url,
          method: "POST",
          headers: {
            "content-type": "application/json; charset=utf-8",
            "idempotency-key": key,
            "x-atoms-timestamp": timestamp,
            ...signed,
          },
          body,
          timeoutMs: deliveryTimeoutMs,
        },
        signal,
      );
      return attemptOf(result, "the webhook", clock.now());
    },
  }),
});
