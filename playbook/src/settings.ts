import { z } from "zod";
import { AlertRules } from "./alerts/settings.js";
import { BackupSettings } from "./backup/settings.js";
import {
  CommunicationPlan,
  Contacts,
  NotificationChannels,
  SlackChannels,
  Vendors,
} from "./communication/settings.js";
import { PreflightSettings } from "./preflight/settings.js";
import { RollbackSettings } from "./rollback/settings.js";
import { healthPattern } from "./service-defaults.js";
import {
  BlueGreenSettings,
  CanarySettings,
  DeadlineSettings,
  StandardSettings,
} from "./strategies/settings.js";
import { strategyKinds } from "./strategies/strategy-kind.js";
import {
  formatBytes,
  formatDuration,
  formatMoment,
  formatPercentage,
  type PlatformName,
} from "./terms/index.js";
import { ValidationSettings } from "./validation/settings.js";

const Folder = z
  .string()
  .min(1)
  .meta({ examples: ["services/shop"] });

/** Variables by name; a number or a truth value is written as text, as the platform would keep it. */
const Variables = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: "expected the name of an environment variable, such as API_KEY",
  }),
  z.union([z.string(), z.number(), z.boolean()]).transform(String),
);

const HostName = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, {
    error: "expected a host name in small letters without a scheme, such as shop.example.com",
  });

/** What is shipped. */
export const ServiceSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/, {
      error:
        "expected a name of small letters, digits and dashes, such as atoms-mcp, of at most 52 characters",
    })
    .describe("Name of the service; also its project on the local cloud, and part of its addresses."),
  source: Folder.default(".").describe("Folder that is shipped, relative to this file."),
  kind: z
    .enum(["http", "mcp"])
    .default("http")
    .describe(
      "mcp is a service that speaks the Model Context Protocol: the smoke checks add its handshake and a tool call.",
    ),
  health: z
    .string()
    .regex(healthPattern, { error: "expected a path on the service, such as /health" })
    .default("/health")
    .describe("Path that says how the service is; used by every check that does not name its own."),
});
export type ServiceSettings = z.output<typeof ServiceSettings>;

/** The local cloud, as this service uses it. */
export const LocalSettings = z.strictObject({
  source: Folder.optional().describe("Folder that is shipped here, in place of service.source."),
  variables: Variables.default({}).describe(
    "Variables that Atoms sets on the project before it deploys. Names that look secret are stored as secrets.",
  ),
});
export type LocalSettings = z.output<typeof LocalSettings>;

/** Vercel, as this service uses it. */
export const VercelSettings = z.strictObject({
  token: z.string().min(1).describe(`Access token; write it as a variable, \${VERCEL_TOKEN}.`),
  team: z.string().min(1).optional().describe("Team id (team_…) or slug; left out for a personal account."),
  project: z.string().min(1).describe("Project id (prj_…) or name."),
  domains: z
    .array(HostName)
    .default([])
    .describe("Production hosts that must serve the release. Left out: those the project has."),
  source: Folder.optional().describe("Folder that is shipped here, in place of service.source."),
  variables: Variables.default({}).describe(
    "Variables that Atoms sets on the project before it deploys. Those that are not named here are left as they are.",
  ),
  bypass_secret: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Protection bypass for automation, so that checks reach a protected deployment; write it as a variable.",
    ),
});
export type VercelSettings = z.output<typeof VercelSettings>;

/** The whole playbook: one section per chapter. Unknown keys are mistakes. */
export const PlaybookSettings = z.strictObject({
  version: z
    .literal(1, { error: "expected version: 1, the only version of the playbook's format so far" })
    .describe("Version of this file's format."),
  service: ServiceSettings.describe("What is shipped."),
  environment: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, {
      error: "expected a name of small letters, digits and dashes, such as production",
    })
    .default("production")
    .describe("Where it is shipped to; there is one release at a time in an environment."),
  platform: z
    .enum(["local", "vercel"])
    .default("local")
    .describe(
      "The platform to use unless --platform says otherwise; local is the local cloud on this machine.",
    ),
  platforms: z
    .strictObject({
      local: LocalSettings.prefault({}).describe("The local cloud."),
      vercel: VercelSettings.optional().describe("Vercel; needed only when it is the platform."),
    })
    .prefault({})
    .describe("How each platform is reached."),
  preflight: PreflightSettings.prefault({}).describe("What is looked at before a release begins."),
  backup: BackupSettings.prefault({}).describe(
    "What is kept of production before it is touched, and for how long.",
  ),
  strategy: z.enum(strategyKinds).default("standard").describe("How traffic moves to the new deployment."),
  standard: StandardSettings.prefault({}).describe(
    "The strategy standard: all traffic at once, then a watch.",
  ),
  "blue-green": BlueGreenSettings.prefault({}).describe(
    "The strategy blue-green: green is validated and warmed while blue serves, then all traffic at once, then a watch.",
  ),
  canary: CanarySettings.prefault({}).describe(
    "The strategy canary: traffic in steps, each watched until there is proof of health or of harm, or its time is up.",
  ),
  deadlines: DeadlineSettings.prefault({}).describe("The longest each phase of a release may take."),
  validation: ValidationSettings.prefault({}).describe("How a deployment is judged before it gets traffic."),
  rollback: RollbackSettings.prefault({}).describe("How Atoms goes back."),
  deployment_communication: CommunicationPlan.optional().describe(
    "Who is told what, and when, around a release. Left out: nobody is.",
  ),
  alerts: AlertRules.default([]).describe(
    "Rules of the alarm. Read and checked today; evaluated by the control plane in a later release.",
  ),
  notification_channels: NotificationChannels.prefault({}).describe(
    "How messages reach people. A channel whose variables are not set is left out and named as not configured; what it would have sent is printed.",
  ),
  contacts: Contacts.default({}),
  slack_channels: SlackChannels.prefault({}),
  vendors: Vendors.default({}),
});
export type PlaybookSettings = z.output<typeof PlaybookSettings>;

/** A rule between settings that no single setting can see. @returns one mistake per breach. */
type Rule = (settings: PlaybookSettings) => { path: (string | number)[]; message: string }[];

const chosenPlatformIsSetUp: Rule = ({ platform, platforms }) =>
  platform === "vercel" && platforms.vercel === undefined
    ? [
        {
          path: ["platforms", "vercel"],
          message: "is missing: expected token and project, because vercel is the platform",
        },
      ]
    : [];

const watchHasTimeForALook: Rule = (settings) =>
  strategyKinds
    .filter((kind) => settings[kind].watch.interval > settings[kind].watch.duration)
    .map((kind) => ({
      path: [kind, "watch", "interval"],
      message: "expected an interval no longer than the watch itself",
    }));

const rules: readonly Rule[] = [chosenPlatformIsSetUp, watchHasTimeForALook];

/** Every breach of the rules between settings, for a playbook whose single settings are right. */
export function breaches(settings: PlaybookSettings): { path: (string | number)[]; message: string }[] {
  return rules.flatMap((rule) => rule(settings));
}

/** The folder that is shipped to a platform, as the playbook writes it. */
export function sourceOf(settings: PlaybookSettings, platform: PlatformName): string {
  return settings.platforms[platform]?.source ?? settings.service.source;
}

const written: Record<string, (value: number) => string> = {
  duration: formatDuration,
  percentage: formatPercentage,
  moment: formatMoment,
  bytes: formatBytes,
};

/** The playbook's format as JSON Schema, for editors and for the reference page; defaults as a person writes them. */
export function playbookJsonSchema(): z.core.JSONSchema.BaseSchema {
  const schema = z.toJSONSchema(PlaybookSettings, {
    io: "input",
    // zod leaves out the default of a setting that is read into something else; its written form is made below.
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === "default") jsonSchema.default ??= def.defaultValue as typeof jsonSchema.default;
    },
  });
  return inWrittenForm(schema) as z.core.JSONSchema.BaseSchema;
}

/** Inside the program a default of five minutes is 300000; in the file, and so in the schema, it is "5m". */
function inWrittenForm(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(inWrittenForm);
  if (typeof schema !== "object" || schema === null) return schema;
  const { unit, ...rest } = schema as { unit?: unknown; default?: unknown };
  const write = typeof unit === "string" ? written[unit] : undefined;
  if (write !== undefined && typeof rest.default === "number") rest.default = write(rest.default);
  return Object.fromEntries(
    Object.entries(write === undefined ? schema : rest).map(([key, inner]) => [key, inWrittenForm(inner)]),
  );
}
