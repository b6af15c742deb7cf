import { systemClock as clock } from "@atoms/engine";
import { PrometheusSettings, proveMetrics } from "@atoms/playbook/measurement";
import { undiciHttp } from "@atoms/vercel";
import { afterAll, beforeAll, expect } from "vitest";
import { authorization, startCountedService, startPrometheus } from "./prometheus.world.js";

export let canary: Awaited<ReturnType<typeof startCountedService>>;
export let stable: Awaited<ReturnType<typeof startCountedService>>;
export let prometheus: Awaited<ReturnType<typeof startPrometheus>>;
let http: ReturnType<typeof undiciHttp>;

/** Starts a canary and a stable version that count their requests, and a Prometheus that looks at both, for the tests of a file. */
export function watchTwoVersions(): void {
  beforeAll(async () => {
    http = undiciHttp({ clock });
    [canary, stable] = await Promise.all([startCountedService(), startCountedService()]);
    prometheus = await startPrometheus([
      { deployment: "dpl_canary", host: canary.host },
      { deployment: "dpl_stable", host: stable.host },
    ]);
  });
  afterAll(async () => {
    await Promise.all([prometheus?.close(), canary?.close(), stable?.close(), http?.close()]);
  });
}

export const ports = () => ({ http, clock });

export const settings = (change: Record<string, unknown> = {}) =>
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
export const arms = { canary: arm("dpl_canary"), stable: arm("dpl_stable") };
export const never = new AbortController().signal;

/** What is proven of a version before a release. */
export const found = async (deployment: string, change = {}) =>
  proveMetrics({ settings: settings(change), slow: [500] }, arm(deployment), ports(), never);

/** Answers some requests on both, and waits until Prometheus, which takes some seconds before its first scrape, has seen them. */
export async function countedOnce(): Promise<void> {
  canary.answered(1_000);
  stable.answered(5_000);
  const passes = Array.from({ length: 3 }, () => expect.objectContaining({ outcome: "pass" }));
  await expect
    .poll(async () => [await found("dpl_canary"), await found("dpl_stable")], { timeout: 15_000 })
    .toEqual([passes, passes]);
}
