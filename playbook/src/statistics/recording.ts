import { z } from "zod";
import { createAnalysis } from "./analysis.js";
import { binCount } from "./mathematics/bins.js";
import {
  type AnalysisSettings,
  analysisDefaults,
  type Bucket,
  type Guardrail,
  guardrailDefaults,
  type Report,
} from "./model.js";

// The file that `atoms analyze` reads: a header that says how to judge, and the buckets. Everything is written out in
// the schema, so that a program in any language can write one.

const Count = z.number().min(0);
const Share = z.number().gt(0).lt(1);
const Tools = z.strictObject({
  calls: Count.describe("Calls of tools."),
  errors: Count.describe("Of these, failures, also those inside an HTTP 200."),
});

const Arm = z.strictObject({
  requests: Count.describe("Requests completed; one that ran into its timeout counts when the timeout came."),
  errors: Count.describe("Of these, failures."),
  slow: z
    .record(z.string().regex(/^\d+(\.\d+)?$/), Count)
    .optional()
    .describe('Of these, slower than a limit, by the limit in milliseconds: {"500": 3}.'),
  latency: z
    .array(
      z.tuple([
        z
          .int()
          .min(0)
          .max(binCount - 1),
        Count,
      ]),
    )
    .optional()
    .describe(
      "Successful requests per latency bin, as pairs [bin, count]. Bin 0 is below 1 ms, bin j from 1.05^(j-1) to 1.05^j ms; 225 is the last.",
    ),
  tools: Tools.optional().describe("Calls of tools, where the service has any."),
});

/** One line of a recording. */
export const RecordedBucket = z.strictObject({
  start: z.number().describe("When it begins, in milliseconds (usually since 1970)."),
  seconds: z.number().positive().max(3_600).describe("How long it is, in seconds."),
  split: z
    .number()
    .min(0)
    .max(1)
    .describe("Share of traffic meant for the canary. A change begins a new step."),
  canary: Arm.describe("What the canary answered."),
  stable: Arm.describe("What stable answered."),
});

const common = {
  id: z.string().min(1).describe("Its name in the report; unique."),
  weight: z
    .number()
    .positive()
    .optional()
    .describe("Part of the budget, relative to the others. 1 when left out."),
};
const profile = z.enum(["strict", "robust"]);
const judged = {
  ...common,
  profile: profile.optional().describe("Overrides the profile of the analysis."),
  dispersion: z
    .number()
    .min(1)
    .optional()
    .describe("Bad records that one cause can leave, e.g. 3 where clients retry twice. 1 when left out."),
};
const of = z.enum(["requests", "tool_calls"]).describe("What is counted.");

const simple = [
  z.strictObject({
    kind: z.literal("errors"),
    ...judged,
    of: of.default(guardrailDefaults.errors.of),
    limit: Share.default(guardrailDefaults.errors.limit).describe("Most that may fail, 0 to 1."),
    pass: z.boolean().default(true).describe("Whether its proof of health is needed for a pass."),
  }),
  z.strictObject({
    kind: z.literal("slow"),
    ...judged,
    over: z.number().positive().describe("Limit in milliseconds; the buckets must count it."),
    limit: Share.default(guardrailDefaults.slow.limit).describe("Most that may be slower, 0 to 1."),
    pass: z.boolean().default(true).describe("Whether its proof of health is needed for a pass."),
  }),
  z.strictObject({
    kind: z.literal("relative_errors"),
    ...judged,
    of: of.default(guardrailDefaults.relative_errors.of),
    ratio: z
      .number()
      .min(1)
      .default(guardrailDefaults.relative_errors.ratio)
      .describe("Times as often as stable."),
    plus: z
      .number()
      .min(0)
      .lt(1)
      .default(guardrailDefaults.relative_errors.plus)
      .describe("And so much more, 0 to 1."),
    pass: z
      .union([
        z.literal(false),
        z.strictObject({
          ratio: z.number().min(1).default(guardrailDefaults.relative_errors.pass.ratio),
          plus: z.number().min(0).lt(1).default(guardrailDefaults.relative_errors.pass.plus),
        }),
      ])
      .default({ ...guardrailDefaults.relative_errors.pass })
      .describe("What has to be disproved for a pass; false leaves it out."),
  }),
  z.strictObject({
    kind: z.literal("relative_latency"),
    ...judged,
    tolerance: z
      .number()
      .min(0)
      .max(10)
      .default(guardrailDefaults.relative_latency.tolerance)
      .describe("0.1 is 10%."),
    pass: z
      .union([
        z.literal(false),
        z.strictObject({
          margin: z.number().positive().max(10).default(guardrailDefaults.relative_latency.pass.margin),
        }),
      ])
      .default({ ...guardrailDefaults.relative_latency.pass })
      .describe("Slowness at p50 and p95 that has to be disproved for a pass; false leaves it out."),
  }),
] as const;
const Simple = z.discriminatedUnion("kind", simple);

/** A guardrail as it is written in a file. */
export const GuardrailSettings = z.discriminatedUnion("kind", [
  ...simple,
  z.strictObject({
    kind: z.literal("both"),
    ...common,
    all: z.array(Simple).min(2).describe("Broken only when all of these are."),
  }),
]);

const standardGuardrails = [
  { kind: "errors", id: "errors" },
  { kind: "relative_errors", id: "errors-against-stable" },
  { kind: "relative_latency", id: "latency-against-stable" },
] as const satisfies readonly Guardrail[];

/** How a release is judged, as it is written in a file. */
export const AnalysisFile = z.strictObject({
  guardrails: z
    .array(GuardrailSettings)
    .min(1)
    .refine((list) => new Set(list.map((g) => g.id)).size === list.length, { error: "ids are unique" })
    .prefault([...standardGuardrails])
    .describe("Limits that the canary must keep. Left out: errors, errors and latency against stable."),
  false_alarms: Share.default(analysisDefaults.false_alarms).describe(
    "Most that the chance may be of failing a healthy release.",
  ),
  false_passes: Share.default(analysisDefaults.false_passes).describe(
    "Most that the chance may be, per step, of passing one that is worse than the margins.",
  ),
  profile: profile
    .default(analysisDefaults.profile)
    .describe("robust: no ten seconds alone can decide. strict: everything counts as it comes."),
  warm_up_seconds: z
    .number()
    .min(0)
    .default(analysisDefaults.warm_up_seconds)
    .describe("Seconds after the canary's first request that are left out."),
  step_seconds: z
    .number()
    .min(0)
    .default(analysisDefaults.step_seconds)
    .describe("Shortest time that a step is watched before it may pass."),
  merge_requests: z
    .number()
    .min(0)
    .default(analysisDefaults.merge_requests)
    .describe("Buckets are put together until they hold so many requests,"),
  merge_seconds: z
    .number()
    .min(0)
    .default(analysisDefaults.merge_seconds)
    .describe("or span so many seconds."),
  interval_level: Share.default(analysisDefaults.interval_level).describe(
    "Chance that an interval ever misses.",
  ),
});

export const recordingFormat = "atoms-buckets/1";

/** The header of a recording: the whole file but the buckets; the first line of NDJSON. */
export const RecordingHeader = z.strictObject({
  format: z.literal(recordingFormat).describe("What this file is, and its version."),
  release: z.string().optional().describe("The release it was recorded from."),
  settings: AnalysisFile.prefault({}).describe("How it is judged."),
});

/** A recording as one JSON value. */
export const Recording = RecordingHeader.extend({
  buckets: z.array(RecordedBucket).min(1).describe("In the order of time, without overlaps."),
});
export type Recording = z.output<typeof Recording>;

/** A mistake in a recording, and its line where the file has one value per line. */
export type RecordingMistake = { place: string; message: string };

/** Reads a recording from JSON or NDJSON. @returns All mistakes at once, where there are any. */
export function readRecording(text: string): { recording: Recording } | { mistakes: RecordingMistake[] } {
  const whole = parse(text);
  if (whole.ok && isObject(whole.value)) return check(whole.value, (path) => dotted(path));
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "");
  const values: unknown[] = [];
  const mistakes: RecordingMistake[] = [];
  for (const { line, number } of lines) {
    const parsed = parse(line);
    if (parsed.ok) values.push(parsed.value);
    else mistakes.push({ place: `line ${number}`, message: `not JSON: ${parsed.because}` });
    if (mistakes.length >= 10) break;
  }
  if (mistakes.length > 0) return { mistakes };
  const [header, ...buckets] = values;
  if (!isObject(header))
    return { mistakes: [{ place: "line 1", message: `expected a header, {"format":"${recordingFormat}"}` }] };
  return check({ ...header, buckets }, (path) => {
    const [first, index, ...rest] = path;
    if (first !== "buckets" || typeof index !== "number") return `line 1, ${dotted(path)}`;
    return `line ${lines[index + 1]?.number ?? index + 2}${rest.length > 0 ? `, ${dotted(rest)}` : ""}`;
  });
}

function check(value: unknown, say: (path: PropertyKey[]) => string): ReturnType<typeof readRecording> {
  const parsed = Recording.safeParse(value);
  if (parsed.success) return { recording: parsed.data };
  return {
    mistakes: parsed.error.issues
      .slice(0, 10)
      .map((issue) => ({ place: say(issue.path), message: issue.message })),
  };
}

type Parsed = { ok: true; value: unknown } | { ok: false; because: string };
function parse(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, because: error instanceof Error ? error.message : String(error) };
  }
}
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const dotted = (path: readonly PropertyKey[]) =>
  path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`))
    .join("");

/** A step of a replayed release, and what was known at its end. */
export type ReplayedStep = { split: number; from: number; until: number; verdict: Report["verdict"] };

/** What a replay found. */
export type Replay = {
  /** Fail where harm was proved; else what the last step came to. */
  verdict: Report["verdict"];
  /** All that was known when it was decided, or at the end. */
  report: Report;
  steps: ReplayedStep[];
};

/**
 * Judges recorded buckets as they would have been judged live. A change of the split begins a step. It goes on to the
 * end, or to the bucket that proved harm: what came after belongs to the rollback.
 * @throws RangeError for buckets that overlap or count what cannot be.
 */
export function replay(settings: AnalysisSettings, buckets: readonly Bucket[]): Replay {
  const running = openReplay(settings);
  for (const bucket of buckets) if (!running.take(bucket)) break;
  return running.end();
}

/** A replay that is told its buckets one by one, as they come. */
export interface RunningReplay {
  /** @returns False when harm is proved; nothing more is taken then. @throws RangeError for a bucket that cannot be. */
  take(bucket: Bucket): boolean;
  /** Log of the evidence for harm. */
  readonly logE: number;
  /** All that is known so far; what waits to be put together is not judged yet. */
  report(): Report;
  readonly steps: readonly ReplayedStep[];
  /** Judges what still waits, and says what it all came to. */
  end(): Replay;
}

/** Opens a replay. @throws RangeError when the settings contradict themselves. */
export function openReplay(settings: AnalysisSettings): RunningReplay {
  const analysis = createAnalysis(settings);
  const steps: ReplayedStep[] = [];
  let step: ReplayedStep | undefined;
  const failed = () => analysis.verdict.kind === "fail";
  return {
    take(bucket) {
      if (failed()) return false;
      if (step?.split !== bucket.split) {
        settle(step, analysis.flush());
        if (failed()) return false;
        const { split, start } = bucket;
        step = { split, from: start, until: start, verdict: analysis.beginStep(split) };
        steps.push(step);
      }
      step.until = bucket.start + bucket.seconds * 1_000;
      settle(step, analysis.observe(bucket));
      return !failed();
    },
    get logE() {
      return analysis.logE;
    },
    report: () => analysis.report(),
    steps,
    end() {
      settle(step, analysis.flush());
      const report = analysis.report();
      return { verdict: step?.verdict ?? report.verdict, report, steps };
    },
  };
}

/** A step that passed once has passed: the release moved on. Only harm is stronger. */
function settle(step: ReplayedStep | undefined, verdict: Report["verdict"]): void {
  if (step !== undefined && (verdict.kind === "fail" || step.verdict.kind !== "pass")) step.verdict = verdict;
}
