import { systemClock } from "@atoms/engine";
import { PrometheusSettings, prometheusSource, proveMetrics } from "@atoms/playbook/measurement";
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

// What it counts in ten seconds of traffic: prometheus-source.long.test.ts.
it("proves what is there once Prometheus has looked at it", async () => {
  canary.answered(1_000);
  stable.answered(5_000);
  // Prometheus takes some seconds before its first scrape.
  await expect
    .poll(async () => [await found("dpl_canary"), await found("dpl_stable")], { timeout: 15_000 })
    .toEqual([passes, passes]);
});

it.each([
  { given: "counters that are there", change: {}, outcomes: ["pass", "pass", "pass"], saw: "requests: " },
  {
    given: "a metric that does not exist",
    change: { requests: 'http_request_total{deployment="{{deployment}}"}' },
    outcomes: ["fail", "pass", "pass"],
    saw: "requests: Prometheus knows no http_request_total.",
  },
  {
    given: "a label that selects nothing",
    change: { requests: 'http_requests_total{version="{{deployment}}"}' },
    outcomes: ["fail", "pass", "pass"],
    saw: "selects nothing, though http_requests_total has",
  },
  {
    given: "what is no selector",
    change: { requests: 'sum(http_requests_total{deployment="{{deployment}}"})' },
    outcomes: ["error", "pass", "pass"],
    saw: "Prometheus refuses sum(",
  },
  {
    given: "no password",
    change: { headers: {} },
    outcomes: ["error", "error", "error"],
    saw: "Prometheus answers 401: the headers do not let Atoms in.",
  },
  {
    given: "a histogram without a bound at the limit",
    change: { latency_unit: "milliseconds" },
    outcomes: ["pass", "pass", "fail"],
    saw: "latency: no bucket ends at 500 ms",
  },
])("proves before a release: $given", async ({ change, outcomes, saw }) => {
  const all = await found("dpl_stable", change);
  expect(all.map((one) => one.outcome)).toEqual(outcomes);
  expect(all.map((one) => one.saw).join(" ")).toContain(saw);
});

it("gives no bucket, and says why, while Prometheus is away", async () => {
  const source = prometheusSource(
    { settings: settings({ every: "1s", settle: "0s" }), slow: [] },
    { http, clock },
  );
  await prometheus.stop();
  const notes: string[] = [];
  expect(await source.measure(arms, { seconds: 2, split: 0.5 }, never, (n) => notes.push(n))).toEqual([]);
  expect(notes.join()).toContain("Nothing accepts connections at");
});
