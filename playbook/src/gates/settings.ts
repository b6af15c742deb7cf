import { z } from "zod";
import { Duration, isTimeZone, PositiveDuration } from "../terms/index.js";
import { gatePoints } from "./model.js";
import { readTime } from "./windows.js";

const word = z.string().regex(/^[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?$/, {
  error: "expected a name of small letters, digits and dashes, such as change-board",
});
const channel = z.string().regex(/^[^\s\p{Cc}]{1,200}$/u, {
  error: 'expected a channel such as "#deployments" or an e-mail address, without spaces',
});
const otherwise = z.enum(["refuse", "open"]);

const Approval = z
  .strictObject({
    before_shift: z
      .boolean()
      .default(false)
      .describe("A person approves before any traffic moves, whatever the strategy."),
    people: z
      .int()
      .min(1)
      .max(5)
      .default(1)
      .describe("How many different people have to approve; counts for the steps of a canary too."),
    self_approval: z
      .boolean()
      .optional()
      .describe(
        "Whether whoever started the release may approve it. Left out: yes where one approval is enough, no where several people have to.",
      ),
    approvers: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[^\s\p{Cc}][^\p{Cc}]{0,78}$/u, { error: "expected a name on one line" })
            .describe("As the ledger names this person: the login, for the command line."),
          channel: channel
            .optional()
            .describe(
              "Where this person gets a link that only counts for them: an e-mail address or a channel.",
            ),
        }),
      )
      .min(1)
      .max(50)
      .optional()
      .describe("Who may approve. Left out: anybody who may use Atoms here."),
    expires: PositiveDuration.prefault("30m").describe(
      "How long an approval before the shift is waited for; a canary's step waits for `canary.hold`.",
    ),
    on_expiry: otherwise
      .default("refuse")
      .describe(
        "What becomes of it when nobody answered in time: refuse ends the release, and brings a canary back; open lets it go on.",
      ),
  })
  .superRefine(({ people, approvers }, context) => {
    if (approvers === undefined) return;
    const names = new Set(approvers.map(({ name }) => name));
    if (names.size < approvers.length)
      context.addIssue({ code: "custom", path: ["approvers"], message: "expected every name once" });
    if (names.size < people)
      context.addIssue({
        code: "custom",
        path: ["approvers"],
        message: `expected at least ${people} approvers, because ${people} people have to approve`,
      });
  });

const Webhook = z.strictObject({
  name: word.describe("How it is called in `atoms status` and the ledger."),
  url: z
    .string()
    .regex(/^https?:\/\/[^\s/\p{Cc}]+[^\s\p{Cc}]*$/u, {
      error: "expected an address that begins with https:// or http://",
      abort: true,
    })
    .refine((text) => URL.canParse(text), { error: "expected an address on the web" })
    .describe("Where it is asked, by POST."),
  secret: z
    .string()
    .min(16, "expected a secret of at least 16 characters")
    .describe("Key of the signature in x-atoms-signature; name a variable."),
  at: z
    .array(z.enum(gatePoints))
    .min(1)
    .default(["shift"])
    .describe("When it is asked: start, before anything is done; shift; step, before each step of a canary."),
  every: PositiveDuration.prefault("15s").describe("Time between two questions while it holds or is silent."),
  timeout: PositiveDuration.prefault("10s").describe("How long one answer may take."),
  deadline: PositiveDuration.prefault("10m").describe(
    "How long it may hold or be silent. One that still holds then has refused.",
  ),
  no_answer: otherwise
    .default("refuse")
    .describe("What it means when the deadline comes and it has given no answer that can be read."),
});
export type WebhookSettings = z.output<typeof Webhook>;

const time = z.string().refine((text) => readTime(text) !== undefined, {
  error: 'expected a time such as "18:00", "Friday 16:00" or "2026-12-20 18:00"',
});

const Window = z
  .strictObject({
    name: word.describe("How it is called in messages."),
    from: time.describe(
      'When it begins: "18:00" every day, "Friday 16:00" every week, "2026-12-20 18:00" once.',
    ),
    to: time.describe("When it ends, in the same form."),
    time_zone: z
      .string()
      .refine(isTimeZone, { error: "expected the IANA name of a time zone, such as Europe/Berlin or UTC" })
      .optional()
      .describe("By whose clocks. Left out: `gates.freeze.time_zone`."),
    reason: z.string().min(1).max(200).optional().describe("Shown to whoever is refused."),
  })
  .superRefine((window, context) => {
    const [from, to] = [readTime(window.from), readTime(window.to)];
    if (from === undefined || to === undefined) return;
    const wrong = (message: string) => context.addIssue({ code: "custom", path: ["to"], message });
    if (from.form !== to.form) wrong(`expected the same form as "from": ${window.from}`);
    else if (from.form === "once" && to.at <= from.at) wrong("expected an end after the beginning");
    else if (from.at === to.at) wrong("expected a window that ends: it would be shut for ever");
  });

const hold = (what: string) =>
  Duration.prefault("0s").describe(
    `How long a release waits for ${what} before it is refused; 0s refuses at once.`,
  );

/** What has to be open before a release may go on. */
export const GateSettings = z.strictObject({
  channel: channel
    .optional()
    .describe(
      "Where it is said that a release waits, with the link to approve. Left out: `slack_channels.deployments`, else the first channel of `deployment_communication`.",
    ),
  approval: Approval.prefault({}).describe("People who approve."),
  webhooks: z
    .array(Webhook)
    .max(10)
    .default([])
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: "expected every name once",
    })
    .describe("Other systems that are asked, by a signed request whose answer opens, holds or refuses."),
  freeze: z
    .strictObject({
      time_zone: z
        .string()
        .refine(isTimeZone, { error: "expected the IANA name of a time zone, such as Europe/Berlin or UTC" })
        .default("UTC")
        .describe("By whose clocks the windows are meant, summer and winter."),
      windows: z.array(Window).max(100).default([]).describe("When no release may start or shift traffic."),
      hold: hold("the end of a freeze"),
    })
    .prefault({})
    .describe("Times without releases. A rollback is never kept back."),
  incident: z
    .strictObject({
      severities: z
        .array(z.enum(["P1", "P2", "P3", "P4"]))
        .default(["P1", "P2"])
        .describe(
          "No release may start or shift traffic while an incident of one of these is open; [] for never.",
        ),
      hold: hold("the end of the incident"),
    })
    .prefault({})
    .describe("Incidents of this service and environment. A rollback is never kept back."),
  pin: z
    .strictObject({
      respect: z
        .boolean()
        .default(true)
        .describe(
          "Whether a rollback that somebody else made is respected: through the platform, or by hand through Atoms.",
        ),
      hold: hold("the pin to be taken away"),
    })
    .prefault({})
    .describe("A rollback pins production: the platform gives no new build traffic until the next promote."),
});
export type GateSettings = z.output<typeof GateSettings>;
