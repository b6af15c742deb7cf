import { z } from "zod";
import { attemptOfService, defineChannel, deliveryTimeoutMs, type Outgoing } from "../channel.js";

const colours = { open: "attention", acknowledged: "warning", resolved: "good" } as const;

/**
 * Posts an adaptive card to a Microsoft Teams workflow ("Post to a channel when a webhook request is received"). The text
 * is put in runs, which Teams does not read for markup.
 */
export const teams = defineChannel({
  kind: "teams",
  settings: z.strictObject({ webhookUrl: z.url() }),
  everyMs: 1_000,
  open: ({ webhookUrl }) => ({
    async deliver(notice, { http, clock }, signal) {
      const result = await http.send(
        {
          url: webhookUrl,
          method: "POST",
          headers: { "content-type": "application/json; charset=utf-8" },
          body: JSON.stringify({
            type: "message",
            attachments: [
              {
                contentType: "application/vnd.microsoft.card.adaptive",
                contentUrl: null,
                content: cardOf(notice),
              },
            ],
          }),
          timeoutMs: deliveryTimeoutMs,
        },
        signal,
      );
      const attempt = attemptOfService(result, "Teams", clock.now());
      // A connector that Teams did not take the message from answers 200 and says so in words.
      const lies = attempt.sent && result.answered && /\bdelivery failed\b/i.test(result.body);
      return lies
        ? { ...attempt, sent: false, retry: true, because: "Teams did not take it, and answered 200" }
        : attempt;
    },
  }),
});

function cardOf({ channel, text, title, status, link }: Outgoing) {
  const run = (words: string, more: object = {}) => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text: words, ...more }],
  });
  const colour = status === undefined ? {} : { color: colours[status] };
  return {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: [
      ...(title === undefined ? [] : [run(title, { weight: "bolder", ...colour })]),
      run(text),
      run(channel, { isSubtle: true, size: "small" }),
    ],
    ...(link === undefined ? {} : { actions: [{ type: "Action.OpenUrl", title: "Acknowledge", url: link }] }),
  };
}
