import {
  type AnalysisSettings,
  analysisDefaults,
  type Bucket,
  openReplay,
  RecordedBucket,
  type Recording,
  RecordingHeader,
  type Report,
  type RunningReplay,
  recordingFormat,
} from "../statistics/index.js";
import type { LedgerEntry } from "../terms/index.js";
import { numberIn, textIn } from "./fields.js";
import { type Judgement, judgementOf } from "./judgement.js";

/** A step of a canary as the ledger tells of it; what it does not tell is left out. */
export type CanaryStep = {
  /** From 1. */
  step: number;
  of: number;
  /** The canary's share of traffic, 0 to 1. */
  split: number;
  since: number;
  /** Share of the step after it. */
  next?: number;
  /** When its time is up, in milliseconds since the epoch; before that it may end on proof. */
  until?: number;
  /** Until when it is held beyond that for data or for a person; then traffic goes back. */
  heldUntil?: number;
  minRequests?: number;
  needsApproval?: boolean;
  /** What follows when its time is up with enough requests and neither proof. */
  unproven?: string;
  /** What follows when its time is up with too few requests. */
  noData?: string;
};

/** What is known of the step that a canary is in, also before anything was measured in it. */
export type StepFacts = {
  step: CanaryStep;
  /** Requests of the canary that were measured in it. */
  requests: number;
  /** End of the last bucket of this step in which the canary answered anything; milliseconds since the epoch. */
  heardAt?: number;
};

/** How far off something is if it goes on as it does now. An estimate and no promise. */
export type Outlook = {
  /** Requests of the canary that are still needed, where it is enough to wait for them. */
  requests: number;
  /** Until then, in seconds from the last measurement on, the shortest time of a step included; null where no request came lately. */
  seconds: number | null;
};

/** What is known of a canary now. Plain data. */
export type CanaryNow = {
  report: Report;
  /** How each guardrail stands, by its id. */
  judgements: Record<string, Judgement>;
  /** Chance that an interval in the report ever misses. */
  level: number;
  step?: CanaryStep;
  /** Requests of the canary that were measured in this step. */
  requestsInStep: number;
  /** Measured requests of the canary per second, over the last half minute; null before there are any. */
  rate: number | null;
  /** To proof of health of every guardrail; null where it is not known yet, or none is asked for. */
  toHealth: Outlook | null;
  /** To proof of harm, by the growth of the evidence over the last half minute; null where it does not grow. */
  toHarm: Outlook | null;
};

/** Follows the evidence about a canary through the ledger's entries, each of which is taken once. */
export interface CanaryEvidence {
  /** Takes the next entry of the release; entries that tell nothing of it are passed over. */
  take(entry: LedgerEntry): void;
  /** @returns Undefined before anything was measured. */
  now(): CanaryNow | undefined;
  /** @returns Undefined before the first step has begun. */
  step(): StepFacts | undefined;
}

/** How far back growth and rate are looked at, in seconds. */
const lately = 30;
/** Below this share of the evidence needed, its growth is noise, and no time is told. */
const leastHarm = 0.2;

/** Opens it. @param onBucket Told after each bucket that was taken, e.g. to draw a line through them. */
export function followEvidence(
  onBucket: (bucket: Bucket, replay: RunningReplay, settings: AnalysisSettings) => void = () => undefined,
): CanaryEvidence {
  let settings: AnalysisSettings | undefined;
  let replay: RunningReplay | undefined;
  let step: CanaryStep | undefined;
  let requestsInStep = 0;
  let end = Number.NEGATIVE_INFINITY;
  let taken = 0;
  let heardAt: number | undefined;
  /** The buckets of the last half minute: their end, what the canary had answered until then, and the evidence. */
  const looks: { at: number; requests: number; calls: number; logE: number }[] = [];
  let requests = 0;
  let calls = 0;

  const measured = (bucket: Bucket): void => {
    // A clock that was set back: what it measured twice is left out here as it was then.
    if (settings === undefined || bucket.start < end) return;
    replay ??= openReplay(settings);
    try {
      replay.take(bucket);
    } catch (error) {
      // Counts what cannot be: left out here as an unreadable bucket is.
      if (error instanceof RangeError) return;
      throw error;
    }
    end = bucket.start + bucket.seconds * 1_000;
    taken++;
    requests += bucket.canary.requests;
    calls += bucket.canary.tools?.calls ?? 0;
    // What a slow source tells late of an earlier step says nothing about this step's traffic.
    if (step === undefined || bucket.split === step.split) {
      requestsInStep += bucket.canary.requests;
      if (bucket.canary.requests > 0) heardAt = end;
    }
    looks.push({ at: end, requests, calls, logE: replay.logE });
    while ((looks[0]?.at ?? end) < end - lately * 1_000) looks.shift();
    onBucket(bucket, replay, settings);
  };

  return {
    take(entry) {
      const { data } = entry;
      switch (entry.kind) {
        case "traffic.shifting":
          settings = settingsIn(data["analysis"]);
          return;
        case "traffic.step":
          step = stepIn(entry);
          requestsInStep = 0;
          heardAt = undefined;
          return;
        case "analysis.observed": {
          for (const bucket of bucketsIn(data["buckets"])) measured(bucket);
          return;
        }
      }
    },
    now() {
      if (settings === undefined || replay === undefined || taken === 0) return undefined;
      const report = replay.report();
      const first = looks[0] as (typeof looks)[number];
      const seconds = (end - first.at) / 1_000;
      const rate = seconds > 0 ? (requests - first.requests) / seconds : null;
      const callsPerRequest =
        requests > first.requests ? (calls - first.calls) / (requests - first.requests) : 0;
      const outlook = (count: number, leastSeconds = 0): Outlook => ({
        requests: count,
        seconds: rate === null || rate <= 0 ? null : Math.max(leastSeconds, count / rate),
      });
      const undecided = report.verdict.kind === "inconclusive";
      const left = undecided ? proofLeft(report, settings, callsPerRequest) : null;
      const least = Math.max(
        0,
        (settings.step_seconds ?? analysisDefaults.step_seconds) - report.step.seconds,
      );
      const growth = requests > first.requests ? (report.logE - first.logE) / (requests - first.requests) : 0;
      const nears = undecided && growth > 0 && report.logE >= leastHarm * report.threshold;
      return {
        report,
        judgements: Object.fromEntries(report.guardrails.map((one) => [one.id, judgementOf(one, report)])),
        level: settings.interval_level ?? analysisDefaults.interval_level,
        ...(step === undefined ? {} : { step }),
        requestsInStep: Math.round(requestsInStep),
        rate,
        toHealth: left === null ? null : outlook(left, least),
        toHarm: nears ? outlook(Math.max(1, Math.ceil((report.threshold - report.logE) / growth))) : null,
      };
    },
    step() {
      if (step === undefined) return undefined;
      return { step, requests: Math.round(requestsInStep), ...(heardAt === undefined ? {} : { heardAt }) };
    },
  };
}

/**
 * Requests until the last proof of health is there; null where one is not in sight or none is asked for.
 * @param callsPerRequest Calls of tools come with only some of the requests; a proof that counts calls needs more of them.
 */
function proofLeft(report: Report, settings: AnalysisSettings, callsPerRequest: number): number | null {
  const asked = report.guardrails.flatMap(({ id, pass }) => (pass === null ? [] : [{ id, pass }]));
  const left = asked.map(({ id, pass }) => {
    if (pass.done) return 0;
    if (pass.requestsLeft === null || !countsCalls(settings, id)) return pass.requestsLeft;
    return callsPerRequest > 0 ? Math.ceil(pass.requestsLeft / callsPerRequest) : null;
  });
  return asked.length === 0 || left.includes(null) ? null : Math.max(...(left as number[]));
}

function countsCalls({ guardrails }: AnalysisSettings, id: string): boolean {
  const guardrail = guardrails.find((one) => one.id === id);
  return guardrail !== undefined && "of" in guardrail && guardrail.of === "tool_calls";
}

function stepIn(entry: LedgerEntry): CanaryStep {
  const { data, at } = entry;
  const [bake, hold] = [numberIn(data, "bakeMs"), numberIn(data, "holdMs")];
  const [next, minRequests] = [numberIn(data, "next"), numberIn(data, "minRequests")];
  const [unproven, noData] = [textIn(data, "unproven"), textIn(data, "noData")];
  const { needsApproval } = data;
  return {
    step: numberIn(data, "step") ?? 1,
    of: numberIn(data, "of") ?? 1,
    split: numberIn(data, "split") ?? 0,
    since: at,
    ...(next === undefined ? {} : { next }),
    ...(bake === undefined ? {} : { until: at + bake }),
    ...(bake === undefined || hold === undefined ? {} : { heldUntil: at + bake + hold }),
    ...(minRequests === undefined ? {} : { minRequests }),
    ...(typeof needsApproval === "boolean" ? { needsApproval } : {}),
    ...(unproven === "" ? {} : { unproven }),
    ...(noData === "" ? {} : { noData }),
  };
}

function settingsIn(value: unknown): AnalysisSettings | undefined {
  return value === undefined
    ? undefined
    : RecordingHeader.safeParse({ format: recordingFormat, settings: value }).data?.settings;
}

function bucketsIn(value: unknown): Recording["buckets"] {
  const all = Array.isArray(value) ? value : [];
  return all.flatMap((one) => RecordedBucket.safeParse(one).data ?? []);
}

/**
 * Puts together what the ledger holds of a canary: how it is judged, and every bucket that was measured.
 * @param entries The release's entries, in order; more of them may follow later.
 * @returns undefined while nothing was measured.
 */
export function recordingOf(entries: readonly LedgerEntry[]): Recording | undefined {
  const begun = entries.find((entry) => entry.kind === "traffic.shifting");
  const parsed = RecordingHeader.safeParse({
    format: recordingFormat,
    settings: begun?.data["analysis"],
    ...(begun?.release === undefined ? {} : { release: begun.release }),
  });
  if (begun?.data["analysis"] === undefined || parsed.data === undefined) return undefined;
  const buckets = entries.flatMap((entry) =>
    entry.kind === "analysis.observed" ? bucketsIn(entry.data["buckets"]) : [],
  );
  return buckets.length === 0 ? undefined : { ...parsed.data, buckets };
}
