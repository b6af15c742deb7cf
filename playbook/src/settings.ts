import { z } from "zod";
import { AlertingSettings, AlertRules } from "./alerts/settings.js";
import { BackupSettings, embeddedMistakes } from "./backup/settings.js";
import { DeploymentCheckSettings, TriggerSettings } from "./builds/settings.js";
import {
  CommunicationPlan,
  Contacts,
  NotificationChannels,
  SlackChannels,
  Vendors,
} from "./communication/settings.js";
import { GateSettings } from "./gates/settings.js";
import { type IncidentRules, IncidentSettings, incidentRules } from "./incidents/settings.js";
import {
  type MaintenanceRules,
  MaintenanceSettings,
  maintenanceMistakes,
  maintenanceRules,
} from "./maintenance/settings.js";
import { monitorsOf } from "./monitoring/plan.js";
import { MonitorList } from "./monitoring/settings.js";
import { type PlanSource, planMistakes } from "./on-call/plan.js";
import { OnCallSettings } from "./on-call/settings.js";
import { PreflightSettings } from "./preflight/settings.js";
import { breachMistakes, outageMistakes, RecoverySettings } from "./recovery/settings.js";
import { RollbackSettings } from "./rollback/settings.js";
import { healthPattern } from "./service-defaults.js";
import { SignInSettings } from "./sign-in.js";
import { StatusPageSettings, statusPageMistakes } from "./status-page/settings.js";
import {
  BlueGreenSettings,
  behind,
  CanarySettings,
  DeadlineSettings,
  isMeasured,
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
  triggers: TriggerSettings.prefault({}).describe("What begins a release besides people and their tools."),
  deployment_check: DeploymentCheckSettings.optional().describe(
    "Show each release as a check beside its deployment on the platform; `{}` is enough. Told by the control plane that `atoms up` starts. Left out: the platform shows nothing of Atoms.",
  ),
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
  gates: GateSettings.prefault({}).describe(
    "What has to be open before a release may start, shift traffic, or take a canary's next step.",
  ),
  deadlines: DeadlineSettings.prefault({}).describe("The longest each phase of a release may take."),
  validation: ValidationSettings.prefault({}).describe("How a deployment is judged before it gets traffic."),
  rollback: RollbackSettings.prefault({}).describe("How Atoms goes back."),
  deployment_communication: CommunicationPlan.optional().describe(
    "Who is told what, and when, around a release. Left out: nobody is.",
  ),
  monitors: MonitorList.optional().describe(
    "What is looked at again and again by the background control plane (`atoms up`). Left out: health, performance and errors, and mcp for a service of that kind.",
  ),
  alerts: AlertRules.optional().describe(
    "Rules of the alarm, evaluated by the background control plane (`atoms up`). Left out: service_down (health for 2m, critical), monitor_down (another monitor for 2m, high) and limits_passed (performance, resources or errors for 10m, medium), as far as there are monitors for them. [] for none.",
  ),
  alerting: AlertingSettings.prefault({}).describe("How alerts are evaluated, gathered and told."),
  notification_channels: NotificationChannels.prefault({}).describe(
    "How messages reach people. A channel whose variables are not set is left out and named as not configured; what it would have sent is printed.",
  ),
  on_call: OnCallSettings.optional().describe(
    "Who is on call and who is told next. Left out: the contacts are told, in the order oncall_primary, oncall_secondary, engineering_lead, cto.",
  ),
  incidents: IncidentSettings.prefault({}).describe("How incidents are run."),
  maintenance: MaintenanceSettings.prefault({}).describe(
    "How the service is closed for work, and opened again.",
  ),
  sign_in: SignInSettings.prefault({}).describe("How people sign in to the dashboard."),
  status_page: StatusPageSettings.optional().describe(
    "The public page at /status of the background control plane (`atoms up`), for everybody and without sign-in. Left out: there is none.",
  ),
  recovery: RecoverySettings.prefault({}).describe("How the service is brought back after a disaster."),
  contacts: Contacts.default({}),
  slack_channels: SlackChannels.prefault({}),
  vendors: Vendors.default({}),
});
export type PlaybookSettings = z.output<typeof PlaybookSettings>;

/** A rule between settings that no single setting can see. @returns one mistake per breach. */
type Rule = (
  settings: PlaybookSettings,
  leftOut: readonly string[],
) => { path: (string | number)[]; message: string }[];

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

const canarySourceIsSetUp: Rule = ({ canary }) => {
  if (canary.split === "weights" && (canary.source === "drain" || canary.source === "vercel")) {
    return [
      {
        path: ["canary", "source"],
        message:
          "expected probe or prometheus with canary.split: weights: the platform counts what is forwarded for both deployments",
      },
    ];
  }
  if (canary.source === "vercel" && canary.bake < behind(canary)) {
    return [
      {
        path: ["canary", "bake"],
        message: `expected at least ${formatDuration(behind(canary))} with canary.source: vercel: the platform counts in whole five minutes, and a step needs one that lies in it`,
      },
    ];
  }
  if (canary.source === "prometheus" && canary.prometheus === undefined) {
    return [
      {
        path: ["canary", "prometheus"],
        message: "is missing: expected url, requests and errors, because canary.source is prometheus",
      },
    ];
  }
  return (canary.guardrails ?? []).flatMap((guardrail, i) =>
    isMeasured(guardrail, canary)
      ? []
      : [
          {
            path: ["canary", "guardrails", i],
            message:
              canary.source === "vercel"
                ? "limits what is not measured: canary.source: vercel tells of requests and errors only"
                : "limits what is not measured: canary.prometheus names no counters for it (latency, tool_calls)",
          },
        ],
  );
};

const breachIsSound: Rule = ({ recovery, backup }) =>
  breachMistakes(recovery.security_breach, Object.keys(backup.databases));

const outageIsSound: Rule = ({ recovery }) => outageMistakes(recovery.service_outage);

const maintenanceIsSound: Rule = ({ maintenance, backup }) =>
  maintenanceMistakes(maintenance, Object.keys(backup.databases));

const statusPageIsSound: Rule = (settings) =>
  settings.status_page === undefined
    ? []
    : statusPageMistakes(
        settings.status_page,
        monitorsOf(settings).map(({ name }) => name),
      );

/** A channel that only lacks a variable counts: whether it is set is told when the playbook is used. */
const everybodyCanBeReached: Rule = (settings, leftOut) => planMistakes(planSource(settings, leftOut));

const rules: readonly Rule[] = [
  chosenPlatformIsSetUp,
  watchHasTimeForALook,
  canarySourceIsSetUp,
  maintenanceIsSound,
  embeddedMistakes,
  statusPageIsSound,
  breachIsSound,
  outageIsSound,
  everybodyCanBeReached,
];

/**
 * What the on-call plan is made from.
 * @param leftOut Channels that the playbook sets, left out of the settings for lack of a variable, that shall count.
 */
export function planSource(settings: PlaybookSettings, leftOut: readonly string[] = []): PlanSource {
  const { on_call, contacts, notification_channels, slack_channels } = settings;
  const channels = (["pagerduty", "slack", "email"] as const).filter(
    (kind) => notification_channels[kind] !== undefined || leftOut.includes(kind),
  );
  return { on_call, contacts, channels, incidents: slack_channels.incidents };
}

/**
 * Every breach of the rules between settings, for a playbook whose single settings are right.
 * @param leftOut Channels that were left out of the settings for lack of a variable.
 */
export function breaches(
  settings: PlaybookSettings,
  leftOut: readonly string[] = [],
): { path: (string | number)[]; message: string }[] {
  return rules.flatMap((rule) => rule(settings, leftOut));
}

/** What the playbook says of incidents, ready to use. */
export function incidentRulesOf({
  incidents,
  slack_channels,
  notification_channels,
}: PlaybookSettings): IncidentRules {
  const slackApp = notification_channels.slack?.token !== undefined;
  return incidentRules(incidents, { incidents: slack_channels.incidents, slackApp });
}

/** What the playbook says of maintenance, ready to use. */
export function maintenanceRulesOf({
  maintenance,
  slack_channels,
  validation,
}: PlaybookSettings): MaintenanceRules {
  const { health } = validation.smoke;
  return maintenanceRules(maintenance, {
    deployments: slack_channels.deployments,
    health: health === false ? { field: "status", words: [] } : health,
  });
}

/** Where it is said that a release waits in front of a gate. */
export function gateChannelOf({
  gates,
  slack_channels,
  deployment_communication: plan,
}: PlaybookSettings): string {
  const planned = [
    ...(plan?.pre_deployment ?? []),
    ...(plan?.during_deployment ?? []),
    ...(plan?.post_deployment ?? []),
  ];
  return gates.channel ?? slack_channels.deployments ?? planned[0]?.channel ?? "#deployments";
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
