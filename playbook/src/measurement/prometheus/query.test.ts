import { fakeClock } from "@atoms/testkit";
import { expect, it } from "vitest";
import type { Http } from "../../terms/index.js";
import { PrometheusSettings } from "../settings.js";
import { fill, readSamples } from "./query.js";
import { prometheusSource } from "./source.js";

const arm = { deployment: "dpl_1", version: 'v"1\\', address: "https://dpl-1.example.com" };

it.each([
  { template: 'x{d="{{deployment}}"}', is: 'x{d="dpl_1"}' },
  { template: 'x{d="{{ deployment }}",i="{{host}}"}', is: 'x{d="dpl_1",i="dpl-1.example.com"}' },
  { template: 'x{v="{{version}}"}', is: String.raw`x{v="v\"1\\"}` },
])("fills $template so that no value can change the query", ({ template, is }) => {
  expect(fill(template, arm)).toBe(is);
});

const settings = PrometheusSettings.parse({
  url: "http://prometheus.test/base/",
  requests: 'r{d="{{deployment}}"}',
  errors: 'e{d="{{deployment}}"}',
});
/** Prometheus as one function from the query to its answer. */
const answering = (answer: (query: string) => { status: number; body: string }): Http => ({
  async send({ url }) {
    expect(url).toMatch(/^http:\/\/prometheus\.test\/base\/api\/v1\/query\?/);
    const given = answer(new URL(url).searchParams.get("query") ?? "");
    return { answered: true, headers: {}, ms: 1, firstByteMs: 1, ...given };
  },
});

it.each([
  {
    answer: { status: 502, body: "<html>" },
    because: "prometheus.test answers 502, and not as its query API does",
  },
  {
    answer: { status: 200, body: "<html>" },
    because: "prometheus.test answers 200, and not as its query API does",
  },
  { answer: { status: 403, body: "no" }, because: "Prometheus answers 403: the headers do not let Atoms in" },
  {
    answer: { status: 400, body: '{"status":"error","errorType":"bad_data","error":"parse error"}' },
    because: "Prometheus refuses r: parse error",
  },
  {
    answer: { status: 200, body: `{"status":"success",${" ".repeat(1_000_000)}` },
    because: "prometheus.test answers 200, and more than 1 MiB: the selector selects too many series",
  },
])("takes a bad answer for no answer: $because", async ({ answer, because }) => {
  const signal = new AbortController().signal;
  const read = await readSamples(
    settings,
    answering(() => answer),
    "r",
    { until: 0, ms: 1_000 },
    signal,
  );
  expect(read).toEqual({ ok: false, because });
});

it("tries a bucket again that could not be read, and leaves none out when it can be", async () => {
  const clock = fakeClock();
  const began = clock.now();
  let up = false;
  const samples = (from: number, each: number) =>
    Array.from({ length: 60 }, (_, i) => [began / 1_000 - 100 + i * 5, String(from + i * each)]);
  const http = answering((query) => {
    if (!up) return { status: 503, body: "away" };
    const result = query.startsWith("r") ? [{ metric: { job: "j" }, values: samples(100, 10) }] : [];
    return {
      status: 200,
      body: JSON.stringify({ status: "success", data: { resultType: "matrix", result } }),
    };
  });
  const source = prometheusSource({ settings, slow: [] }, { http, clock });
  const both = { canary: { ...arm, headers: {} }, stable: { ...arm, deployment: "dpl_0", headers: {} } };
  const notes: string[] = [];
  const measure = () =>
    clock.runUntil(
      source.measure(both, { seconds: 20, split: 0.1 }, new AbortController().signal, (one) =>
        notes.push(one),
      ),
    );
  expect(await measure()).toEqual([]);
  expect(notes).toEqual(["prometheus.test answers 503, and not as its query API does."]);
  up = true;
  const buckets = await measure();
  expect(buckets.map(({ start, canary }) => [start - began, canary.requests])).toEqual([
    [0, 30],
    [15_000, 30],
  ]);
});
