import { z } from "zod";
import { Duration, PositiveDuration } from "../terms/units.js";

const Path = z
  .string()
  .regex(/^\/[^\s?#]*$/, { error: "expected a path on the service without a query, such as /health" })
  .meta({ examples: ["/health"] });

/** How both arms of a release are probed. */
export const ProbeSettings = z.strictObject({
  rate: z
    .number()
    .min(1)
    .max(100)
    .default(5)
    .describe("Probes per second to each arm, on schedule, whether or not earlier ones were answered."),
  timeout: PositiveDuration.refine((ms) => ms <= 30_000, {
    error: "expected at most 30s: a verdict waits for the slowest probe",
  })
    .prefault("5s")
    .describe("A probe without an answer for this long is an error that took this long."),
  paths: z
    .array(Path)
    .min(1)
    .max(20)
    .optional()
    .describe(
      "Paths that are asked in turn, with the token where there is one; any answer but 2xx is an error. Left out: validation.watch.path, else the health path. Not used where tools are called.",
    ),
  tools: z
    .boolean()
    .default(true)
    .describe(
      "Where the service speaks MCP, probe by calling the read-only tool of validation.smoke.mcp; false asks the paths instead.",
    ),
});
export type ProbeSettings = z.output<typeof ProbeSettings>;

/** What a template may name: the arm's deployment, its version, and the host of its own address. */
export const placeholders = ["deployment", "version", "host"] as const;

const Counter = z
  .string()
  .min(1)
  .max(2_000)
  .refine((text) => /\{\{\s*(deployment|version|host)\s*\}\}/.test(text), {
    error: "expected {{deployment}}, {{version}} or {{host}} in it, which tells the two arms apart",
  })
  .refine(
    (text) =>
      [...text.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].every(([, name]) =>
        (placeholders as readonly (string | undefined)[]).includes(name),
      ),
    { error: "expected no other placeholder than {{deployment}}, {{version}} and {{host}}" },
  )
  .meta({ examples: ['http_requests_total{deployment="{{deployment}}"}'] });

/** Which counters of a Prometheus say how an arm is doing. Each is a selector of counters; Atoms sums and subtracts. */
export const PrometheusSettings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "expected an address such as https://prometheus.example.com" })
    .describe(
      "Where Prometheus, or what speaks its query API, answers; a path in front of /api/v1 may follow.",
    ),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9-]+$/, { error: "expected the name of a header" }),
      z.string().min(1),
    )
    .default({})
    .describe(
      `Sent with every query, e.g. Authorization: Bearer \${PROMETHEUS_TOKEN}. Write secrets as variables.`,
    ),
  requests: Counter.describe("Selects the counters of all requests of an arm."),
  errors: Counter.describe("Selects those of its failed requests, a part of the same counters."),
  latency: Counter.optional().describe(
    "Selects the buckets (…_bucket) of a histogram of its durations. Left out: latencies are not judged.",
  ),
  latency_unit: z
    .enum(["seconds", "milliseconds"])
    .default("seconds")
    .describe("What the histogram's bounds are in."),
  tool_calls: Counter.optional().describe("Selects the counters of tool calls, for an MCP service."),
  tool_errors: Counter.optional().describe("Selects those of failed tool calls."),
  every: PositiveDuration.refine((ms) => ms >= 1_000 && ms <= 60_000, { error: "expected 1s to 60s" })
    .prefault("15s")
    .describe(
      "Length of a bucket: at least the interval in which the service is scraped, or arms are compared at different moments.",
    ),
  settle: Duration.refine((ms) => ms <= 60_000, { error: "expected at most 60s" })
    .prefault("2s")
    .describe("How long after the end of a bucket its last sample may take to be readable."),
  timeout: PositiveDuration.refine((ms) => ms <= 30_000, { error: "expected at most 30s" })
    .prefault("5s")
    .describe("A query without an answer for this long has failed."),
});
export type PrometheusSettings = z.output<typeof PrometheusSettings>;

/** How the platform's own counts are read. */
export const VercelMetricsSettings = z.strictObject({
  settle: Duration.refine((ms) => ms <= 10 * 60_000, { error: "expected at most 10m" })
    .prefault("1m")
    .describe("How long after the end of five minutes their last requests may take to be counted."),
});
export type VercelMetricsSettings = z.output<typeof VercelMetricsSettings>;
