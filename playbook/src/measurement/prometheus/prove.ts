import type { Clock, Http } from "../../terms/index.js";
import type { ArmTarget } from "../model.js";
import type { PrometheusSettings } from "../settings.js";
import { boundOf } from "./histogram.js";
import { fill, readSamples } from "./query.js";
import { type CounterName, counters, type PrometheusPlan } from "./source.js";

/** What one counter of the playbook was found to be. `saw` is a sentence. */
export type MetricFinding = {
  counter: CounterName;
  outcome: "pass" | "warn" | "fail" | "error";
  saw: string;
};

/** How far back a counter is looked for: a service at rest is scraped all the same. */
const lookBackMs = 5 * 60_000;

/**
 * Tries every counter of the playbook on what production serves now, so that a wrong name is found before there is a
 * canary to judge by it. Reads only.
 * @param serving What production serves; undefined before the first release, when nothing can be found yet.
 */
export async function proveMetrics(
  { settings, slow }: PrometheusPlan,
  serving: Pick<ArmTarget, "deployment" | "version" | "address"> | undefined,
  ports: { http: Http; clock: Clock },
  signal: AbortSignal,
): Promise<MetricFinding[]> {
  const span = { until: ports.clock.now(), ms: lookBackMs };
  const arm = serving ?? { deployment: "none-yet", version: "none-yet", address: "none-yet" };
  const read = (selector: string) => readSamples(settings, ports.http, selector, span, signal);

  const one = async (counter: CounterName): Promise<MetricFinding[]> => {
    const template = settings[counter];
    if (template === undefined) return [];
    const selector = fill(template, arm);
    const answer = await read(selector);
    if (!answer.ok) return [{ counter, outcome: "error", saw: `${answer.because}.` }];
    if (answer.series.length > 0) {
      const found = `${counter}: ${answer.series.length} series of ${arm.deployment}.`;
      const bounds = answer.series.flatMap(({ labels }) => boundOf(labels.le, unitOf(settings)) ?? []);
      return counter === "latency"
        ? judgeBounds(bounds, slow, found)
        : [{ counter, outcome: "pass", saw: found }];
    }
    if (serving === undefined) {
      return [
        { counter, outcome: "warn", saw: `${counter}: nothing is in production yet, so nothing was found.` },
      ];
    }
    // An error that never happened has no series yet; that its metric has others is enough.
    const metric = /^\s*([A-Za-z_:][\w:]*)/.exec(template)?.[1];
    const others = metric === undefined ? undefined : await read(metric);
    if (others?.ok === true && others.series.length > 0) {
      const absent = `${selector} selects nothing, though ${metric} has ${others.series.length} series`;
      return counter === "errors" || counter === "tool_errors" || counter === "tool_calls"
        ? [{ counter, outcome: "pass", saw: `${counter}: none so far.` }]
        : [{ counter, outcome: "fail", saw: `${counter}: ${absent}.` }];
    }
    return [{ counter, outcome: "fail", saw: `${counter}: Prometheus knows no ${metric ?? selector}.` }];
  };
  return (await Promise.all(counters.map(one))).flat();
}

const unitOf = ({ latency_unit }: PrometheusSettings) => (latency_unit === "seconds" ? 1_000 : 1);

/** A share of slow requests is counted exactly or not at all, so each limit needs a bound of the histogram. */
function judgeBounds(bounds: readonly number[], slow: readonly number[], found: string): MetricFinding[] {
  const counter = "latency";
  if (!bounds.includes(Number.POSITIVE_INFINITY)) {
    return [{ counter, outcome: "fail", saw: 'latency: it has no bucket le="+Inf", so it is no histogram.' }];
  }
  const missing = slow.filter((limit) => !bounds.includes(limit));
  if (missing.length === 0) return [{ counter, outcome: "pass", saw: found }];
  const has = [...new Set(bounds)].filter(Number.isFinite).sort((a, b) => a - b);
  return [
    {
      counter,
      outcome: "fail",
      saw: `latency: no bucket ends at ${missing.join(", ")} ms, which a guardrail limits; there are ${has.join(", ")} ms.`,
    },
  ];
}
