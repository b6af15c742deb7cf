import { z } from "zod";
import { Duration, PositiveDuration } from "../terms/index.js";
import { type IncidentRules, type IncidentSeverity, incidentSeverities } from "./model.js";

export type { IncidentRules };

const hour = 3_600_000;
const severity = z.enum(incidentSeverities);
const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\s\p{Cc}][^\p{Cc}]*$/u, { error: "expected one line of text" });

/** "best effort" is no number. */
const effort = z.literal("best effort");

const targetsOf = (response: number, resolution: number | undefined) =>
  z
    .strictObject({
      respond_within: PositiveDuration.default(response).describe("How soon somebody has to have it."),
      resolve_within: z
        .union([PositiveDuration, effort])
        .default(resolution ?? "best effort")
        .describe("How soon it has to be over; `best effort` has no time."),
    })
    .prefault({});

/** The seed's response checklist. */
export const seedChecklist = [
  "Acknowledge alert/incident",
  "Assess severity and impact",
  "Create incident channel",
  "Assign incident commander",
  "Notify stakeholders",
  "Begin troubleshooting",
  "Document timeline",
  "Implement fix/workaround",
  "Verify resolution",
  "Close incident",
  "Schedule post-mortem",
] as const;

/** How incidents are run. */
export const IncidentSettings = z.strictObject({
  targets: z
    .strictObject({
      P1: targetsOf(5 * 60_000, hour).describe("Complete outage, or data lost."),
      P2: targetsOf(15 * 60_000, 4 * hour).describe("Major functions broken, or far too slow."),
      P3: targetsOf(hour, 24 * hour).describe("Minor functions affected; there is a way around."),
      P4: targetsOf(24 * hour, undefined).describe("Cosmetic."),
    })
    .prefault({})
    .describe("What is promised for each severity. Who is on call is paged when a promise is not kept."),
  page: z
    .array(severity)
    .default(["P1", "P2"])
    .describe("Severities for which whoever is on call is paged as soon as it is opened."),
  roles: z
    .array(z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, { error: "expected a name such as commander" }))
    .min(1)
    .max(20)
    .default(["commander", "communications", "operations", "scribe"])
    .describe("Who may be needed; the first one leads."),
  checklist: z
    .array(line(120))
    .max(50)
    .default([...seedChecklist])
    .describe("What must not be forgotten. Items of the default list tick themselves when it is done."),
  stakeholders: z
    .array(z.string().regex(/^[^\s\p{Cc}]{1,200}$/u, { error: "expected a channel, without spaces" }))
    .max(20)
    .optional()
    .describe(
      "Channels that hear of an incident's opening, updates and end. Left out: `slack_channels.incidents`, else #incidents.",
    ),
  slack_channel: z
    .boolean()
    .default(true)
    .describe(
      "Whether each incident gets a Slack channel of its own, #incident-YYYYMMDD-description; needs a Slack app (`notification_channels.slack.token`).",
    ),
  on_rollback: z
    .union([severity, z.literal("never")])
    .default("never")
    .describe(
      "Severity of the incident that is opened when a release, or a person, took production back; never opens none. It is P1 when it is not proven what production serves.",
    ),
  review: z
    .strictObject({
      within: Duration.default(120 * hour).describe("When the post-mortem has to be drafted, after the end."),
      for: z.array(severity).default(["P1", "P2"]).describe("Severities that get one."),
    })
    .prefault({})
    .describe("The post-mortem."),
});
export type IncidentSettings = z.output<typeof IncidentSettings>;

/** Makes the playbook's words ready to use. @param more.incidents Where incidents are talked about. @param more.slackApp Whether a Slack app is set up. */
export function incidentRules(
  settings: IncidentSettings,
  more: { incidents: string | undefined; slackApp: boolean },
): IncidentRules {
  const targetOf = (name: IncidentSeverity) => {
    const { respond_within: response, resolve_within: resolution } = settings.targets[name];
    return { response, ...(resolution === "best effort" ? {} : { resolution }) };
  };
  return {
    targets: { P1: targetOf("P1"), P2: targetOf("P2"), P3: targetOf("P3"), P4: targetOf("P4") },
    pages: settings.page,
    roles: settings.roles,
    checklist: settings.checklist,
    stakeholders: settings.stakeholders ?? [more.incidents ?? "#incidents"],
    ownChannel: settings.slack_channel && more.slackApp,
    reviewWithin: settings.review.within,
    reviews: settings.review.for,
  };
}
