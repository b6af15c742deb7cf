import { z } from "zod";
import { Percentage, PositiveDuration } from "../terms/units.js";
import { ContractSettings } from "./contract/settings.js";

const Path = z
  .string()
  .regex(/^\/\S*$/, { error: "expected a path on the service, such as /health" })
  .meta({ examples: ["/health"] });

/** A check that is either off (`false`) or on with its parameters. */
function orOff<S extends z.ZodType>(parameters: S) {
  return z.union([z.literal(false), parameters]);
}

const Health = z.strictObject({
  path: Path.optional().describe("Path that says how the service is. Left out: service.health."),
  field: z
    .string()
    .min(1)
    .default("status")
    .describe("Member of the JSON answer that holds the word; dots go inwards."),
  words: z
    .array(z.string().min(1))
    .default(["healthy", "ok", "pass", "up"])
    .describe(
      "Words that mean healthy, in any case. Any other word fails: a service may well answer 200 and say degraded. An empty list accepts every 2xx answer, whatever it says.",
    ),
});

const ServesItself = z.strictObject({
  path: Path.optional().describe(
    "Path whose answer names the deployment and the version. Left out: service.health.",
  ),
  required: z
    .boolean()
    .default(false)
    .describe("Fail, instead of warn, when the answer names neither deployment nor version."),
});

const Login = z.strictObject({
  path: Path.default("/auth/login").describe("Path where a login begins; 200 or a redirect is right."),
});

const AuthRequired = z.strictObject({
  path: Path.default("/api/mcp/tools").describe("A path that must answer 401 to a request without a token."),
});

const Cors = z.strictObject({
  path: Path.default("/api/mcp").describe("Path that is sent the preflight (OPTIONS)."),
  headers: z
    .array(z.string().min(1).toLowerCase())
    .default(["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"])
    .describe("Headers that the answer must carry."),
});

const McpCall = z.strictObject({
  tool: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Tool to call; it must only read. Left out: the first tool marked read-only that needs no argument.",
    ),
  arguments: z.record(z.string(), z.unknown()).default({}).describe("Arguments of the call."),
  calls: z
    .int()
    .min(1)
    .max(200)
    .default(20)
    .describe(
      "How often it is called. Twenty calls see a share of 5% that fails; one call sees next to nothing.",
    ),
});

/** Generations of the Model Context Protocol, by the year of their last revision. */
export const mcpGenerations = ["2025", "2026"] as const;
export type McpGeneration = (typeof mcpGenerations)[number];

const Mcp = z.strictObject({
  path: Path.default("/api/mcp").describe("The MCP endpoint."),
  generations: z
    .union([z.literal("any"), z.array(z.enum(mcpGenerations)).min(1)])
    .default("any")
    .describe(
      "Protocol generations that must work: 2025 (initialize, revisions up to 2025-11-25) and 2026 (stateless, 2026-07-28). any: at least one of them.",
    ),
  expected_tools: z
    .array(z.string().min(1))
    .default([])
    .describe("Tools that must be listed; clients break when one goes missing."),
  call: orOff(McpCall).prefault({}).describe("A read-only tool call with the token; false leaves it out."),
});

const Database = z.strictObject({
  path: Path.optional().describe("Path whose JSON answer tells of the database. Left out: service.health."),
  field: z
    .string()
    .min(1)
    .default("checks.database.status")
    .describe("Member of that answer that holds the database's state; dots go inwards."),
  words: z
    .array(z.string().min(1))
    .min(1)
    .default(["healthy", "ok", "up"])
    .describe("Words that mean it works."),
});

const RateLimit = z.strictObject({
  path: Path.optional().describe(
    "Path that is asked many times in a row, without the probe header. Left out: service.health.",
  ),
  requests: z.int().min(2).max(1_000).default(100).describe("How many requests are sent."),
  concurrency: z.int().min(1).max(50).default(10).describe("How many are under way at a time."),
});

/** Which smoke checks are made, and with what. A check is `false` where the service has no such thing. */
export const SmokeSettings = z.strictObject({
  login_wall: z
    .boolean()
    .default(true)
    .describe("The service itself answers, not a login page that the platform put in front of it."),
  serves_itself: orOff(ServesItself)
    .prefault({})
    .describe("The answer names the deployment and version that are meant."),
  health: orOff(Health).prefault({}).describe("The service says that it is healthy."),
  login: orOff(Login).default(false).describe("A login can begin."),
  auth_required: orOff(AuthRequired).default(false).describe("Nobody gets in without a token."),
  cors: orOff(Cors).default(false).describe("Browsers may call it: the preflight is answered."),
  mcp: orOff(Mcp)
    .optional()
    .describe("It speaks MCP: handshake, catalogue of tools, a call. Left out: on when service.kind is mcp."),
  database: orOff(Database).default(false).describe("The database answers, seen from the service."),
  rate_limit: orOff(RateLimit)
    .default(false)
    .describe("Too many requests are refused with 429. Only ever a warning; made last of all."),
});
export type SmokeSettings = z.output<typeof SmokeSettings>;

const Milliseconds = z.number().positive().max(600_000);

const Baseline = z
  .strictObject({
    p50: Milliseconds.optional().describe("Half of the answers come within this many milliseconds."),
    p95: Milliseconds.optional().describe("95% of the answers come within this many milliseconds."),
    p99: Milliseconds.optional().describe("99% of the answers come within this many milliseconds."),
  })
  .refine((b) => b.p50 !== undefined || b.p95 !== undefined || b.p99 !== undefined, {
    error: "expected at least one of p50, p95 and p99, in milliseconds",
  });
export type Baseline = z.output<typeof Baseline>;

/** Fewest samples for which a percentile by nearest rank is not simply the slowest sample. */
export const fewestSamples = { p50: 2, p95: 20, p99: 100 } as const;

/** How answers are timed, and what is fast enough. */
export const PerformanceSettings = z
  .strictObject({
    samples: z.int().min(2).max(10_000).default(100).describe("Requests per path."),
    rate: z
      .number()
      .positive()
      .max(1_000)
      .default(50)
      .describe("Requests begun per second, on schedule, whether or not earlier ones were answered."),
    concurrency: z
      .int()
      .min(1)
      .max(200)
      .default(50)
      .describe(
        "Most requests under way at a time; one that has to wait its turn is timed from when it was due.",
      ),
    warm_up: z
      .int()
      .min(0)
      .max(100)
      .default(5)
      .describe("Requests per path that are sent first and not counted."),
    max_failures: Percentage.default(0.01).describe(
      "Share of requests that may fail (no answer, or none of 2xx). They are never left out of the percentiles.",
    ),
    baselines: z
      .record(Path, Baseline)
      .optional()
      .describe(
        "Limits in milliseconds per path. Left out: service.health, with p95 50 and p99 100. The token is sent along where there is one.",
      ),
  })
  .superRefine((settings, context) => {
    const asked = Object.values(settings.baselines ?? { health: { p99: 100 } });
    for (const percentile of ["p99", "p95"] as const) {
      const fewest = fewestSamples[percentile];
      if (settings.samples >= fewest || asked.every((b) => (b as Baseline)[percentile] === undefined))
        continue;
      context.addIssue({
        code: "custom",
        path: ["samples"],
        message: `${settings.samples} samples cannot tell a ${percentile}: expected at least ${fewest}, or baselines without ${percentile}`,
      });
      return;
    }
  });
export type PerformanceSettings = z.output<typeof PerformanceSettings>;

const Bearer = z.union([
  z.strictObject({
    command: z
      .string()
      .min(1)
      .describe("Command that prints an access token and nothing else, run before the checks."),
  }),
  z.strictObject({
    value: z.string().min(1).describe("The token itself; write it as a variable, like every secret."),
  }),
]);

const ProbeHeader = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/)
    .toLowerCase()
    .default("x-atoms-probe")
    .describe("Header by which the service knows its monitors."),
  value: z.string().min(1).describe("Its secret value; write it as a variable, like every secret."),
});

/** How a candidate is judged before it gets traffic, and looked at while it has it. */
export const ValidationSettings = z.strictObject({
  timeout: PositiveDuration.default(10_000).describe("Longest wait for one answer."),
  bearer: Bearer.optional().describe("Where the token for authenticated requests comes from."),
  probe_header: ProbeHeader.optional().describe(
    "Sent with every request but those that test the rate limit, so that the checks do not use up their own allowance.",
  ),
  smoke: SmokeSettings.prefault({}).describe("What must work at all."),
  performance: orOff(PerformanceSettings)
    .prefault({})
    .describe("How fast it must be; measured only when the smoke checks passed. false leaves it out."),
  contract: orOff(ContractSettings)
    .prefault({})
    .describe(
      "MCP services: the tools and schemas of the new deployment are compared with those that production serves, before any traffic moves. false leaves it out.",
    ),
  watch: z
    .strictObject({
      path: Path.optional().describe(
        "Path asked with the token in every look, besides health; 2xx is right. Left out: the MCP catalogue and tool call, where the service speaks MCP.",
      ),
    })
    .prefault({})
    .describe("What is looked at while the deployment has traffic."),
});
export type ValidationSettings = z.output<typeof ValidationSettings>;

type WithPath<T> = T extends object & { path?: string | undefined } ? Omit<T, "path"> & { path: string } : T;
type Mcp = z.output<typeof Mcp>;

/** The smoke checks with every path filled in. Plain data. */
export type Smoke = { [K in Exclude<keyof SmokeSettings, "mcp">]: WithPath<SmokeSettings[K]> } & {
  mcp: false | Mcp;
};

/** Validation as it is carried out for one service. Plain data, but for the secrets in it; write it down nowhere. */
export type ValidationPlan = Omit<ValidationSettings, "smoke"> & { smoke: Smoke };

/** Fills in what the service's own section decides: its health path, and whether it speaks MCP. */
export function validationPlan(
  settings: ValidationSettings,
  service: { kind: "http" | "mcp"; health: string },
): ValidationPlan {
  const { smoke } = settings;
  const fill = <T extends { path?: string | undefined }>(section: false | T) =>
    section === false ? (false as const) : { ...section, path: section.path ?? service.health };
  return {
    ...settings,
    smoke: {
      ...smoke,
      health: fill(smoke.health),
      serves_itself: fill(smoke.serves_itself),
      database: fill(smoke.database),
      rate_limit: fill(smoke.rate_limit),
      mcp: smoke.mcp ?? (service.kind === "mcp" ? Mcp.parse({}) : false),
    } as Smoke,
  };
}
