import { z } from "zod";
import { isTimeZone, PositiveDuration, weekdays } from "../terms/index.js";

const name = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, {
  error: "expected a name of small letters, digits and underscores, such as oncall_primary",
});

const Person = z.strictObject({
  phone: z
    .string()
    .regex(/^\+?\d[\d ().-]{2,30}$/, { error: "expected a telephone number" })
    .optional()
    .describe("For people to call, and shown in pages; Atoms itself calls nobody."),
  email: z.email({ error: "expected an e-mail address" }).optional().describe("Paged by e-mail."),
  slack: z
    .string()
    .regex(/^(?:#\S{1,80}|@?[UW][A-Z0-9]{5,20})$/, {
      error: 'expected a Slack channel such as "#incidents" or the id of a member such as "@U0123ABCD"',
    })
    .optional()
    .describe("Paged in this Slack channel, or directly by the member's id (with a Slack app)."),
  pagerduty: z
    .boolean()
    .default(false)
    .describe(
      "Paged through PagerDuty, which calls and texts whoever is on call on the service of its integration key.",
    ),
});

const handoverPattern = new RegExp(`^(?:(${weekdays.join("|")}) )?([01]\\d|2[0-3]):([0-5]\\d)$`);

const Schedule = z
  .strictObject({
    people: z.array(name).min(1).max(50).describe("Who takes turns, in this order."),
    time_zone: z
      .string()
      .refine(isTimeZone, { error: "expected the IANA name of a time zone, such as Europe/Berlin or UTC" })
      .describe("The handover is at the same time by the clocks of this zone, summer and winter."),
    rotation: z.enum(["daily", "weekly"]).default("weekly").describe("How long a turn is."),
    every: z.int().min(1).max(52).default(1).describe("Days, or weeks, of one turn."),
    handover: z
      .string()
      .regex(handoverPattern, { error: 'expected a time such as "09:00" or "Monday 09:00"' })
      .default("Monday 09:00")
      .describe('When the next one takes over: "Monday 09:00"; of a daily rotation "09:00".'),
    starts: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, { error: "expected a date such as 2026-01-05" })
      .refine((text) => new Date(`${text}T00:00Z`).toString() !== "Invalid Date", {
        error: "expected a date that exists",
      })
      .default("2026-01-01")
      .describe("The first one of the list takes over at the first handover on or after this day."),
  })
  .superRefine(({ rotation, handover }, context) => {
    const named = /^[A-Z]/.test(handover);
    if (rotation === "daily" && named)
      context.addIssue({
        code: "custom",
        path: ["handover"],
        message: 'expected a time alone, such as "09:00": a daily rotation hands over every day',
      });
    if (rotation === "weekly" && !named)
      context.addIssue({
        code: "custom",
        path: ["handover"],
        message: 'expected a day and a time, such as "Monday 09:00": a weekly rotation hands over on one day',
      });
  });
export type ScheduleSettings = z.output<typeof Schedule>;

const within = (fallback: number) => PositiveDuration.default(fallback);

/** Who is on call, and who is told next when they do not answer. */
export const OnCallSettings = z.strictObject({
  people: z
    .record(name, Person)
    .default({})
    .describe(
      "Everybody who may be on call, and how they are reached. A contact of the same name adds its number or address.",
    ),
  schedules: z.record(name, Schedule).default({}).describe("Rotations, by name."),
  escalation: z
    .strictObject({
      steps: z
        .array(name)
        .min(1)
        .max(20)
        .default(["oncall_primary", "oncall_secondary", "engineering_lead", "cto"])
        .describe("Who is told, one after the other, until somebody acknowledges: people or schedules."),
      respond_within: z
        .strictObject({
          P1: within(5 * 60_000).describe("For P1 and critical alerts."),
          P2: within(15 * 60_000).describe("For P2 and high alerts."),
          P3: within(3_600_000).describe("For P3 and medium alerts."),
          P4: within(86_400_000).describe("For P4 and low alerts."),
        })
        .prefault({})
        .describe("How long each has to acknowledge before the next one is told."),
      rounds: z
        .int()
        .min(1)
        .max(5)
        .default(3)
        .describe("How often the steps are gone through before a page is given up as unanswered."),
    })
    .prefault({})
    .describe("The order in which people are told."),
});
export type OnCallSettings = z.output<typeof OnCallSettings>;

/** The wall time of the first handover, in the form of `asUtc`. */
export function firstHandover({ starts, handover }: ScheduleSettings): number {
  const [, day, hour, minute] = handoverPattern.exec(handover) ?? [];
  const [year = 1970, month = 1, date = 1] = starts.split("-").map(Number);
  const midnight = Date.UTC(year, month - 1, date);
  const wanted = weekdays.indexOf(day ?? "");
  const ahead = wanted === -1 ? 0 : (wanted - new Date(midnight).getUTCDay() + 7) % 7;
  return midnight + ahead * 86_400_000 + (Number(hour) * 60 + Number(minute)) * 60_000;
}
