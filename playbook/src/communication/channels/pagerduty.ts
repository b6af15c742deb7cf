import { z } from "zod";
import {
  type Attempt,
  atMost,
  attemptOfService,
  defineChannel,
  deliveryTimeoutMs,
  groupIn,
} from "../channel.js";
import type { Notice } from "../ports.js";

/** The words of PagerDuty's Events API v2. */
const actions = { open: "trigger", acknowledged: "acknowledge", resolved: "resolve" } as const;
const severities = { critical: "critical", high: "error", medium: "warning", low: "info" } as const;

/** Its limits: a summary of 1,024 characters, a key of 255. */
const longestSummary = 1_024;
const longestKey = 255;

/**
 * Sends an event to PagerDuty. All notices of a thread share one `dedup_key`, so that an alert is triggered, acknowledged
 * and resolved as one; repeating a notice changes nothing there.
 */
export const pagerduty = defineChannel({
  kind: "pagerduty",
  settings: z.strictObject({ url: z.url(), routingKey: z.string().min(1) }),
  // Under the 120 events a minute that a key may send.
  everyMs: 600,
  open: ({ url, routingKey }) => ({
    async deliver(notice, { http, clock }, signal) {
      const { key, service, environment, text, link, status = "open", severity } = notice;
      const about = {
        summary: atMost(notice.title ?? text, longestSummary),
        source: `${service}/${environment}`,
        severity: severities[severity ?? "medium"],
        component: service,
        group: environment,
        custom_details: { text, notice: key },
      };
      const result = await http.send(
        {
          url,
          method: "POST",
          headers: { "content-type": "application/json; charset=utf-8" },
          body: JSON.stringify({
            routing_key: routingKey,
            event_action: actions[status],
            dedup_key: dedupKeyOf(notice),
            // Only a trigger may say more than its key.
            ...(status === "open"
              ? {
                  payload: about,
                  client: "Atoms",
                  ...(link === undefined ? {} : { links: [{ href: link, text: "Acknowledge in Atoms" }] }),
                }
              : {}),
          }),
          timeoutMs: deliveryTimeoutMs,
        },
        signal,
      );
      return explained(
        attemptOfService(result, "PagerDuty", clock.now()),
        result.answered ? result.body : "",
        routingKey,
      );
    },
  }),
});

/** The key under which PagerDuty keeps a thread together; its webhooks name it as `incident_key`. */
export const dedupKeyOf = ({ thread, key }: Pick<Notice, "thread" | "key">) =>
  atMost(thread ?? key, longestKey);

/** What PagerDuty says of an event it does not take names the mistake; the key is taken out if it is quoted. */
function explained(attempt: Attempt, body: string, secret: string): Attempt {
  if (attempt.sent || attempt.retry) return attempt;
  const errors = groupIn(body)?.["errors"];
  if (!Array.isArray(errors)) return attempt;
  const told = errors.filter((one): one is string => typeof one === "string").join("; ");
  const safe = atMost(told.replaceAll(secret, "***").replace(/\p{Cc}+/gu, " "), 200);
  // An answer that looks like an address or quotes one is not told.
  return safe === "" || /:\/\//.test(safe) ? attempt : { ...attempt, because: `${attempt.because}: ${safe}` };
}
