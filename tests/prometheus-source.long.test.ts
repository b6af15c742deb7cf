import { systemClock } from "@atoms/engine";
import { PrometheusSettings, prometheusSource, proveMetrics } from "@atoms/playbook/measurement";
import type { ArmCounts, Bucket } from "@atoms/playbook/statistics";
import { undiciHttp } from "@atoms/vercel";
import { afterAll, beforeAll, expect, it } from "vitest";
import { authorization, startCountedService, startPrometheus } from "./prometheus.world.js";

const clock = systemClock;
const http = undiciHttp({ clock });
let canary: Awaited<ReturnType<typeof startCountedService>>;
let stable: Awaited<ReturnType<typeof startCountedService>>;
let prometheus: Awaited<ReturnType<typeof startPrometheus>>;

beforeAll(async () => {
  [canary, stable] = await Promise.all([startCountedService(), startCountedService()]);
  prometheus = await startPrometheus([
    { deployment: "dpl_canary", host: canary.host },
    { deployment: "dpl_stable", host: stable.host },
  ]);
});
afterAll(async () => {
  await Promise.all([prometheus?.close(), canary?.close(), stable?.close(), http.close()]);
});

const settings = (change: Record<string, unknown> = {}) =>
  PrometheusSettings.parse({
    url: prometheus.url,
    headers: { authorization },
    requests: 'http_requests_total{deployment="{{deployment}}"}',
    errors: 'http_requests_total{deployment="{{ deployment }}",code=~"5.."}',
    latency: 'http_request_seconds_bucket{deployment="{{deployment}}"}',
    every: "2s",
    settle: "1500ms",
    ...change,
  });
const arm = (deployment: string) => ({ deployment, address: `http://${deployment}.localhost`, headers: {} });
const arms = { canary: arm("dpl_canary"), stable: arm("dpl_stable") };
const never = new AbortController().signal;
const found = async (deployment: string, change = {}) =>
  proveMetrics({ settings: settings(change), slow: [500] }, arm(deployment), { http, clock }, never);
const passes = Array.from({ length: 3 }, () => expect.objectContaining({ outcome: "pass" }));

const sum = (buckets: readonly Bucket[], which: "canary" | "stable", of: (counts: ArmCounts) => number) =>
  buckets.reduce((so, bucket) => so + of(bucket[which]), 0);
const requests = (counts: ArmCounts) => counts.requests;
const errors = (counts: ArmCounts) => counts.errors;
const slow = (counts: ArmCounts) => counts.slow?.["500"] ?? Number.NaN;
const timed = (counts: ArmCounts) => (counts.latency ?? []).reduce((so, [, count]) => so + count, 0);

it("counts every request of both arms once, over a first error, a restart and buckets of its own length", async () => {
  canary.answered(1_000);
  stable.answered(5_000);
  // Prometheus takes some seconds before its first scrape.
  await expect
    .poll(async () => [await found("dpl_canary"), await found("dpl_stable")], { timeout: 15_000 })
    .toEqual([passes, passes]);
  const source = prometheusSource({ settings: settings(), slow: [500] }, { http, clock });
  const notes: string[] = [];
  const buckets: Bucket[] = [];
  const measure = async () =>
    buckets.push(...(await source.measure(arms, { seconds: 1, split: 0.1 }, never, (n) => notes.push(n))));

  await measure();
  canary.answered(40);
  canary.answered(5, { code: "500", seconds: 2 });
  stable.answered(200);
  await measure();
  await measure();
  canary.restart();
  canary.answered(7, { seconds: 0.7 });
  stable.answered(3, { seconds: 0.7 });
  for (let i = 0; i < 7; i++) await measure();

  expect(buckets.length).toBeGreaterThanOrEqual(3);
  for (const [i, bucket] of buckets.entries()) {
    expect(bucket).toMatchObject({ seconds: 2, split: 0.1 });
    expect(bucket.start).toBe((buckets[0] as Bucket).start + i * 2_000);
  }
  const seen = (which: "canary" | "stable") =>
    [requests, errors, slow, timed].map((of) => sum(buckets, which, of));
  expect(seen("canary")).toEqual([52, 5, 12, 52]);
  expect(seen("stable")).toEqual([203, 0, 3, 203]);
  expect(notes[0]).toMatch(/^the next bucket is complete at \d{4}-/);
});
