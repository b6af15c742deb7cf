import { prometheusSource } from "@atoms/playbook/measurement";
import { expect, it } from "vitest";
import {
  arms,
  countedOnce,
  found,
  never,
  ports,
  prometheus,
  settings,
  watchTwoVersions,
} from "./prometheus-source.world.js";

watchTwoVersions();

// What it counts in ten seconds of traffic: prometheus-source.long.test.ts.
it("proves what is there once Prometheus has looked at it", async () => {
  await countedOnce();
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
  const source = prometheusSource({ settings: settings({ every: "1s", settle: "0s" }), slow: [] }, ports());
  await prometheus.stop();
  const notes: string[] = [];
  expect(await source.measure(arms, { seconds: 2, split: 0.5 }, never, (n) => notes.push(n))).toEqual([]);
  expect(notes.join()).toContain("Nothing accepts connections at");
});
