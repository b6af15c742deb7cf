import { z } from "zod";
import { Duration, Moment, type Moment as MomentValue, PositiveDuration } from "../terms/index.js";
import { namesIn, type Placeholder, placeholders } from "./placeholders.js";

const day = 86_400_000;
const atStart: readonly Placeholder[] = ["service", "version", "environment", "release", "address"];
const atEnd: readonly Placeholder[] = [...atStart, "because"];

const message = (known: readonly Placeholder[]) =>
  z
    .string()
    .min(1)
    .max(2_000)
    .superRefine((text, context) => {
      for (const name of namesIn(text)) {
        if ((known as readonly string[]).includes(name)) continue;
        const why = Object.hasOwn(placeholders, name) ? "is not known yet at this point" : "is not known";
        const list = known.map((one) => `{${one}}`).join(", ");
        context.addIssue({
          code: "custom",
          message: `{${name}} ${why}; a message here may name ${list}`,
          params: { word: name, known },
        });
      }
    })
    .describe(`What is sent. May name ${known.map((one) => `{${one}}`).join(", ")}.`);

const timing = (fits: (moment: MomentValue) => boolean, wanted: string) =>
  Moment.refine(fits, { error: `expected ${wanted}` }).describe(`When: ${wanted}.`);

const entries = (known: readonly Placeholder[], when: ReturnType<typeof timing>) =>
  z
    .array(
      z.strictObject({
        channel: z
          .string()
          .regex(/^[^\s\p{Cc}]{1,200}$/u, {
            error: 'expected a channel such as "#deployments", without spaces',
          })
          .describe(
            'Where it goes: a Slack channel such as "#deployments", an e-mail address, or the name of a channel that is set up: "pagerduty", "email", "teams", "discord", "webhook".',
          ),
        message: message(known),
        timing: when,
      }),
    )
    .default([]);

const between = (from: number, to: number) => (moment: MomentValue) =>
  moment === "immediate" || (moment >= from && moment <= to);

/** Who is told what, and when, around a release. T-0 is the moment the traffic moves. */
export const CommunicationPlan = z.strictObject({
  pre_deployment: entries(
    atStart,
    timing(between(-day, 0), '"T-15 minutes", "T-0" or "Immediate", at most a day before'),
  ).describe(
    "Before the traffic moves. A release waits until the first of these is as old as its timing says.",
  ),
  during_deployment: entries(
    atStart,
    timing(between(0, day), '"T-0", "T+2 minutes" or "Immediate", at most a day after'),
  ).describe("While it moves; what is still unsent when the release ends is cancelled."),
  post_deployment: entries(
    atEnd,
    timing(between(0, day), '"T+5 minutes", "T-0" or "Immediate", at most a day after'),
  ).describe("After a release that passed its watch, and never before it has."),
  rollback: entries(atEnd, timing(between(0, 0), '"Immediate": a rollback is announced at once')).describe(
    "When traffic is brought back.",
  ),
});
export type CommunicationPlan = z.output<typeof CommunicationPlan>;
/** One line of the plan. */
export type PlannedMessage = CommunicationPlan["pre_deployment"][number];

const value = z.string().regex(/^[^\p{Cc}]+$/u, { error: "expected one line of text" });
const webAddress = z
  .string()
  .regex(/^https?:\/\/[^\s/\p{Cc}]+[^\s\p{Cc}]*$/u, {
    error: "expected an address that begins with https:// or http://",
    abort: true,
  })
  .refine((text) => URL.canParse(text), { error: "expected an address on the web" });
const slackName = z
  .string()
  .regex(/^[#@][^\s\p{Cc}]{1,80}$/u, { error: 'expected a Slack channel such as "#incidents"' });
const mailAddress = z.email({ error: "expected an e-mail address" });

const slackOf = z
  .strictObject({
    webhook_url: webAddress
      .optional()
      .describe("Address of the Slack incoming webhook; a secret, so name a variable."),
    token: value
      .optional()
      .describe(
        "Token of a Slack app (xoxb-…) in place of a webhook: messages of one thing are a thread, its first message says how it stands, and incidents get a channel. A secret, so name a variable.",
      ),
    api_url: webAddress.default("https://slack.com/api").describe("Where the Web API is; with a token."),
    channels: z
      .strictObject({
        critical: slackName.describe("Channel of critical alerts."),
        high: slackName.describe("Channel of high alerts."),
        medium: slackName.describe("Channel of medium alerts."),
        low: slackName.optional().describe("Channel of low alerts."),
      })
      .optional()
      .describe("Slack channel of each severity."),
  })
  .refine(({ webhook_url, token }) => (webhook_url === undefined) !== (token === undefined), {
    error: "expected either webhook_url or token",
  });

const mailOf = z
  .strictObject({
    smtp_host: value.describe("Mail server."),
    smtp_port: z.int().min(1).max(65_535).default(587).describe("Port of the mail server."),
    tls: z
      .enum(["starttls", "tls", "none"])
      .optional()
      .describe(
        "starttls: nothing is said before the connection is encrypted; tls: encrypted from the start; none: plain text, for a server on this machine. Default: tls on port 465, else starttls.",
      ),
    username: value.optional().describe("Login at the mail server."),
    password: value.optional().describe("Its password; a secret, so name a variable."),
    from: mailAddress.describe("Sender."),
    to: z.array(mailAddress).min(1).describe("Receivers of what names no address of its own."),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    error: "expected username and password, or neither",
  })
  .refine(({ tls, password }) => tls !== "none" || password === undefined, {
    error: "expected tls to be starttls or tls: a password is never sent in plain text",
    path: ["tls"],
  });

const ownWebhook = (where: string) =>
  z.strictObject({
    webhook_url: webAddress.describe(`Address of the ${where}; a secret, so name a variable.`),
  });

const fallOver = ["slack", "teams", "discord", "email", "webhook", "pagerduty"] as const;

/** What becomes of a notice that a channel does not take. */
const DeliverySettings = z.strictObject({
  fall_over: z
    .array(z.enum(fallOver))
    .default(["slack", "teams", "discord", "email", "webhook"])
    .describe(
      "Channels that take over for one that is down, in this order; those that are not set up are left out.",
    ),
  fall_over_after: Duration.default(2 * 60_000).describe(
    "How long a channel that does not answer is waited for before the next one takes over. One that refuses is not waited for.",
  ),
  superseded_after: PositiveDuration.default(10 * 60_000).describe(
    "A notice this late is dropped when a newer one of the same release, page or alert waits for the same channel.",
  ),
  give_up_after: PositiveDuration.default(2 * day).describe(
    "How long a notice is tried. What is given up is told through the channels that are left, and listed by `atoms notices`.",
  ),
});

/** How messages reach people. */
export const NotificationChannels = z.strictObject({
  slack: slackOf.optional().describe("Slack, by an incoming webhook or as an app."),
  pagerduty: z
    .strictObject({
      api_key: value.describe(
        "Integration key of an Events API v2 integration; a secret, so name a variable.",
      ),
      service_id: value.optional().describe("PagerDuty service that is paged; for people to know."),
      url: webAddress
        .default("https://events.pagerduty.com/v2/enqueue")
        .describe("Where events go; accounts in Europe use https://events.eu.pagerduty.com/v2/enqueue."),
      webhook_secret: value
        .optional()
        .describe(
          "Secret of a v3 webhook subscription that posts to `/hooks/pagerduty` of the control plane: acknowledging there then acknowledges here. Name a variable.",
        ),
    })
    .optional()
    .describe("PagerDuty, by events that trigger, acknowledge and resolve."),
  email: mailOf.optional().describe("E-mail over SMTP."),
  teams: ownWebhook("Teams workflow that posts what it is sent")
    .optional()
    .describe("Microsoft Teams. Gets every notice, whatever channel it names."),
  discord: ownWebhook("Discord webhook")
    .optional()
    .describe("Discord. Gets every notice, whatever channel it names."),
  webhook: z
    .strictObject({
      url: webAddress.describe("Every notice is posted here as JSON."),
      secret: value.optional().describe("Key of the signature in x-atoms-signature; name a variable."),
    })
    .optional()
    .describe("Any receiver of JSON, signed."),
  console: z
    .boolean()
    .default(false)
    .describe("Print every notice as well. Printed anyway where no other channel takes it."),
  delivery: DeliverySettings.prefault({}).describe("What becomes of a notice that a channel does not take."),
});
export type NotificationChannels = z.output<typeof NotificationChannels>;

const reachable = z
  .string()
  .regex(/^(?:\+?[\d][\d ().-]{2,30}|[#@]\S{1,80}|https?:\/\/\S+|[^\s@]+@[^\s@]+\.[^\s@]+)$/, {
    error: "expected a telephone number, an e-mail address, a channel or an address on the web",
  });
const role = z.string().regex(/^[a-z][a-z0-9_]*$/, { error: "expected a name such as oncall_primary" });

/** Whom to call, by role. */
export const Contacts = z.record(role, reachable).describe("Whom to call, by role, e.g. oncall_primary.");
export type Contacts = z.output<typeof Contacts>;

/** Slack channels by purpose. */
export const SlackChannels = z
  .strictObject({
    incidents: slackName.optional().describe("Where incidents are talked about."),
    deployments: slackName.optional().describe("Where releases are announced."),
    monitoring: slackName.optional().describe("Where monitors report."),
  })
  .describe("Slack channels by purpose.");
export type SlackChannels = z.output<typeof SlackChannels>;

/** Where to get help from vendors. */
export const Vendors = z.record(role, reachable).describe("Where vendors give support, e.g. vercel_support.");
export type Vendors = z.output<typeof Vendors>;
