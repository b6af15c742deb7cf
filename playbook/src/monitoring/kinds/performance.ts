import { z } from "zod";
import { formatDuration, formatPercentage, Percentage, PositiveDuration } from "../../terms/index.js";
import { measure, nearestRank, type Shot } from "../../validation/index.js";
import { addressed, common, defineKind, firstTarget, hasAddress, Path, tenth } from "./kind.js";

export const performance = defineKind({
  title: "Fast enough",
  why: "A service that answers after ten seconds is up, and nobody uses it.",
  settings: z.strictObject({
    kind: z.literal("performance"),
    ...common({ interval: 60_000, timeout: 5_000 }),
    ...addressed,
    path: Path.optional().describe(
      "Path that is timed, with the token where there is one. Left out: service.health.",
    ),
    requests: z.int().min(1).max(1_000).default(20).describe("How many requests one look times."),
    rate: z
      .number()
      .positive()
      .max(100)
      .default(5)
      .describe("Requests begun per second, on schedule, whether or not earlier ones were answered."),
    p95: PositiveDuration.default(500).describe(
      "It is down when one answer in twenty takes longer than this.",
    ),
    error_rate: Percentage.default(0.01).describe(
      "It is down when a larger share of requests fails (no answer, or none of 2xx).",
    ),
  }),
  series: ["latency_ms", "p50_latency", "p95_latency", "p99_latency", "error_rate", "success_rate"],
  limitMs: ({ requests, rate, timeout }) => (requests * 1_000) / rate + 2 * timeout + 1_000,
  elsewhere: hasAddress,
  async look(settings, world) {
    const visit = world.visit(firstTarget(world));
    const path = settings.path ?? pathOf(world.plan.smoke.health);
    const plan = {
      samples: settings.requests,
      rate: settings.rate,
      concurrency: 50,
      warm_up: 0,
      // All of them are made, whatever fails: each is a sample.
      max_failures: 1,
    };
    const { shots } = await measure(visit, path, plan, () => undefined);
    return judgeShots(shots, settings);
  },
});

/**
 * Judges timed requests. One that failed counts in the percentiles as one that was waited for to the end of its time:
 * leaving it out would make an outage look fast.
 */
export function judgeShots(
  shots: readonly Pick<Shot, "ok" | "ms" | "status" | "why">[],
  { p95: limit, error_rate: most, timeout }: { p95: number; error_rate: number; timeout: number },
) {
  const failed = shots.filter(({ ok }) => !ok);
  const took = shots.map(({ ok, ms }) => (ok ? ms : Math.max(ms, timeout))).sort((a, b) => a - b);
  const share = failed.length / shots.length;
  const p95 = nearestRank(took, 95);
  const values = {
    latency_ms: tenth(took.reduce((sum, ms) => sum + ms, 0) / took.length),
    p50_latency: tenth(nearestRank(took, 50)),
    p95_latency: tenth(p95),
    p99_latency: tenth(nearestRank(took, 99)),
    error_rate: share,
    success_rate: 1 - share,
  };
  const because = [
    ...(share > most
      ? [
          `${failed.length} of ${shots.length} requests failed (${reasonOf(failed)}); at most ${formatPercentage(most)} may`,
        ]
      : []),
    ...(p95 > limit ? [`p95 was ${Math.round(p95)} ms; at most ${formatDuration(limit)} is meant`] : []),
  ].join("; ");
  return because === ""
    ? { outcome: "up" as const, values }
    : { outcome: "down" as const, values, because: `${because}.` };
}

function reasonOf(failed: readonly Pick<Shot, "status" | "why">[]): string {
  const [first] = failed;
  return first?.why ?? `answered ${first?.status ?? "nothing"}`;
}

const pathOf = (health: false | { path: string }) => (health === false ? "/" : health.path);
