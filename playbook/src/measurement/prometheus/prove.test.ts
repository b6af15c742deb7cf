import { fakeClock } from "@atoms/testkit";
import { expect, it } from "vitest";
import type { Http } from "../../terms/index.js";
import { PrometheusSettings } from "../settings.js";
import { proveMetrics } from "./prove.js";

const settings = PrometheusSettings.parse({
  url: "http://prometheus.test",
  requests: 'reqs{d="{{deployment}}"}',
  errors: 'reqs{d="{{deployment}}",code=~"5.."}',
  latency: 'took_bucket{d="{{deployment}}"}',
});
const serving = { deployment: "dpl_1", address: "https://dpl-1.example.com" };

/** A Prometheus that knows some series by the selectors that find them. */
const knowing = (series: Record<string, Record<string, string>[]>): Http => ({
  async send({ url }) {
    const selector = (new URL(url).searchParams.get("query") ?? "").replace(/\[\d+s\]$/, "");
    const result = (series[selector] ?? []).map((metric) => ({ metric, values: [[1, "1"]] }));
    const body = JSON.stringify({ status: "success", data: { resultType: "matrix", result } });
    return { answered: true, status: 200, headers: {}, body, ms: 1, firstByteMs: 1 };
  },
});
const requests = { 'reqs{d="dpl_1"}': [{ code: "200" }], reqs: [{ code: "200" }] };
const latency = (...bounds: string[]) => ({ 'took_bucket{d="dpl_1"}': bounds.map((le) => ({ le })) });

it.each([
  {
    given: "an error that never happened, of a metric that is there",
    known: { ...requests, ...latency("0.5", "+Inf") },
    serving,
    outcomes: ["pass", "pass", "pass"],
    saw: "errors: none so far.",
  },
  {
    given: "a first release",
    known: {},
    serving: undefined,
    outcomes: ["warn", "warn", "warn"],
    saw: "requests: nothing is in production yet",
  },
  {
    given: "a summary in the place of a histogram",
    known: { ...requests, ...latency("0.5") },
    serving,
    outcomes: ["pass", "pass", "fail"],
    saw: "so it is no histogram",
  },
  {
    given: "a deployment that is not scraped, beside others that are",
    known: { reqs: [{ d: "dpl_0" }], ...latency("0.5", "+Inf") },
    serving,
    outcomes: ["fail", "pass", "pass"],
    saw: "selects nothing, though reqs has 1 series",
  },
  {
    given: "limits between the bounds",
    known: { ...requests, ...latency("0.25", "1", "+Inf") },
    serving,
    outcomes: ["pass", "pass", "fail"],
    saw: "no bucket ends at 500 ms, which a guardrail limits; there are 250, 1000 ms.",
  },
])("finds $given", async ({ known, serving: arm, outcomes, saw }) => {
  const ports = { http: knowing(known), clock: fakeClock() };
  const all = await proveMetrics({ settings, slow: [500] }, arm, ports, new AbortController().signal);
  expect(all.map((one) => one.outcome)).toEqual(outcomes);
  expect(all.map((one) => one.saw).join(" ")).toContain(saw);
});
