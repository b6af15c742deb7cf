import type { Arm, ArmCounts, Bucket } from "../../statistics/index.js";
import type { Clock, Http } from "../../terms/index.js";
import type { ArmTarget, OnNote, Source } from "../model.js";
import type { PrometheusSettings } from "../settings.js";
import { firstSeen, type Gain, gainsOf, type Series } from "./counters.js";
import { binsOf, boundOf, cumulativeOf, slowerThan, timed } from "./histogram.js";
import { fill, readSamples } from "./query.js";

/** Which counters are read, and the latency limits (ms) for which slow requests are counted. */
export type PrometheusPlan = { settings: PrometheusSettings; slow: readonly number[] };

/** What is asked of each arm, in this order. */
export const counters = ["requests", "errors", "latency", "tool_calls", "tool_errors"] as const;
export type CounterName = (typeof counters)[number];

/** A bucket that could not be read is tried again for so long; then its time is left out, and said to be. */
const keepMs = 10 * 60_000;
/** Share of the requests that the histogram must have timed before "so many were slow" says anything. */
const enoughTimed = 0.95;

/**
 * The source `prometheus`: what a Prometheus has scraped of both arms, as whole counts. Buckets are as long as the
 * playbook says (`every`), follow each other without gaps, and are told once their last sample had its time to arrive;
 * until then a measurement gives none. A Prometheus that does not answer, or knows nothing, is a note and no bucket: what
 * silence means is for the playbook's policy to say.
 */
export function prometheusSource(plan: PrometheusPlan, ports: { http: Http; clock: Clock }): Source {
  const { settings } = plan;
  const { clock, http } = ports;
  const ends = new Map<string, number>();

  return {
    name: "prometheus",
    async measure(arms, window, signal, note = () => undefined) {
      if (signal.aborted) return [];
      const pair = `${arms.canary.deployment} ${arms.stable.deployment}`;
      const now = clock.now();
      let start = ends.get(pair) ?? now;
      if (start > now || now - start > keepMs) {
        if (now > start) note(`${Math.round((now - start) / 1_000)} s that could not be read are left out.`);
        start = now;
      }
      ends.clear();
      ends.set(pair, start);
      const due = start + settings.every + settings.settle;
      // What is overdue could not be read before: it is asked for again in the window's own time, not at once.
      const longest = window.seconds * 1_000;
      await sleep(clock, due > now ? Math.min(due - now, longest) : longest, signal);
      const count = Math.floor((clock.now() - settings.settle - start) / settings.every);
      if (signal.aborted || count < 1) {
        if (!signal.aborted) note(`the next bucket is complete at ${new Date(due).toISOString()}.`);
        return [];
      }
      const span = { start, every: settings.every, count, split: window.split };
      const [canary, stable] = await Promise.all([
        readArm(settings, http, arms.canary, span, signal),
        readArm(settings, http, arms.stable, span, signal),
      ]);
      for (const read of [canary, stable]) {
        if (read.ok) continue;
        if (!signal.aborted) note(`${read.because}.`);
        return [];
      }
      if (!canary.ok || !stable.ok) return [];
      ends.set(pair, start + count * settings.every);
      tellSilence("canary", arms.canary, canary.series, note);
      tellSilence("stable", arms.stable, stable.series, note);
      return bucketsOf(plan, span, { canary: canary.series, stable: stable.series });
    },
  };
}

/** Buckets of `every` milliseconds, the first from `start` on. */
type Span = { start: number; every: number; count: number; split: number };
type ArmSeries = Partial<Record<CounterName, Series[]>>;
type ArmRead = { ok: true; series: ArmSeries } | { ok: false; because: string };

/** Reads every counter of an arm at the same moment, far enough back to know each one's value before the span. */
async function readArm(
  settings: PrometheusSettings,
  http: Http,
  arm: ArmTarget,
  span: Span,
  signal: AbortSignal,
): Promise<ArmRead> {
  const length = span.every * span.count;
  const asked = { until: span.start + length, ms: length + Math.max(60_000, 4 * span.every) };
  const wanted = counters.filter((name) => settings[name] !== undefined);
  const answers = await Promise.all(
    wanted.map((name) => readSamples(settings, http, fill(settings[name] as string, arm), asked, signal)),
  );
  const series: ArmSeries = {};
  for (const [i, answer] of answers.entries()) {
    if (!answer.ok) return answer;
    series[wanted[i] as CounterName] = answer.series;
  }
  return { ok: true, series };
}

function tellSilence(arm: Arm, { deployment }: ArmTarget, series: ArmSeries, note: OnNote): void {
  if ((series.requests ?? []).length === 0)
    note(`Prometheus has no sample of the ${arm} ${deployment}: \`requests\` selects nothing.`);
}

/** Turns what was scraped into buckets. Pure. */
export function bucketsOf(
  { settings, slow }: PrometheusPlan,
  span: Span,
  arms: Record<Arm, ArmSeries>,
): Bucket[] {
  const counts = (arm: Arm) => armCounts(settings, slow, span, arms[arm], arm);
  const [canary, stable] = [counts("canary"), counts("stable")];
  // Latencies and tools are told of both arms or of none, or the comparison would take silence for speed.
  return canary.map((own, i) => ({
    start: span.start + i * span.every,
    seconds: span.every / 1_000,
    split: span.split,
    canary: own,
    stable: stable[i] as ArmCounts,
  }));
}

function armCounts(
  settings: PrometheusSettings,
  slow: readonly number[],
  span: Span,
  series: ArmSeries,
  arm: Arm,
): ArmCounts[] {
  const known = firstSeen(counters.flatMap((name) => series[name] ?? []));
  const gained = Object.fromEntries(
    counters.map((name) => [name, inBuckets(gainsOf(series[name] ?? [], known), span)]),
  ) as Record<CounterName, Gain[][]>;
  const unit = settings.latency_unit === "seconds" ? 1_000 : 1;
  const bounds = new Set((series.latency ?? []).flatMap(({ labels }) => boundOf(labels.le, unit) ?? []));
  const whole = {
    requests: total(gained.requests.flat()),
    timed: timed(cumulativeOf(gained.latency.flat(), unit)),
  };
  const slowIsKnown = settings.latency !== undefined && whole.timed >= enoughTimed * whole.requests;

  return Array.from({ length: span.count }, (_, i): ArmCounts => {
    const gains = (name: CounterName) => gained[name][i] ?? [];
    const requests = total(gains("requests"));
    const histogram = cumulativeOf(gains("latency"), unit);
    const slowCounts = slowIsKnown
      ? slow.flatMap((limit) => {
          const count = slowerThan(histogram, limit, bounds);
          return count === undefined ? [] : [[String(limit), Math.min(count, requests)] as const];
        })
      : [];
    const calls = total(gains("tool_calls"));
    return {
      requests,
      errors: Math.min(requests, total(gains("errors"))),
      ...(slowCounts.length > 0 ? { slow: Object.fromEntries(slowCounts) } : {}),
      ...(settings.latency === undefined
        ? {}
        : { latency: binsOf(histogram, arm === "canary" ? "lower" : "upper") }),
      ...(settings.tool_calls === undefined
        ? {}
        : { tools: { calls, errors: Math.min(calls, total(gains("tool_errors"))) } }),
    };
  });
}

/** A gain counts in the bucket in which its sample was taken, for both arms alike. */
function inBuckets(gains: readonly Gain[], { start, every, count }: Span): Gain[][] {
  const buckets: Gain[][] = Array.from({ length: count }, () => []);
  for (const gain of gains) buckets[Math.ceil((gain.at - start) / every) - 1]?.push(gain);
  return buckets;
}

const total = (gains: readonly Gain[]) => gains.reduce((sum, { gain }) => sum + gain, 0);

async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
