import { describe, expect, it } from "vitest";
import { breaches, PlaybookSettings } from "../../settings.js";
import { CanarySettings } from "../settings.js";
import { analysisSettings } from "./analysis-settings.js";

const counters = {
  url: "https://prometheus.example.com",
  requests: 'r{d="{{deployment}}"}',
  errors: 'e{d="{{deployment}}"}',
};
const latency = 'l_bucket{d="{{deployment}}"}';
const from = (prometheus: object) => CanarySettings.parse({ source: "prometheus", prometheus });
const ids = (settings: CanarySettings, kind: "http" | "mcp") =>
  analysisSettings(settings, kind).guardrails.map((one) => one.id);

describe("what a canary is judged by when its source is somebody else's", () => {
  it("is only what its counters measure", () => {
    expect(ids(from(counters), "mcp")).toEqual(["error rate", "errors against stable"]);
    expect(ids(from({ ...counters, latency, tool_calls: 't{d="{{deployment}}"}' }), "mcp")).toEqual(
      ids(CanarySettings.parse({}), "mcp"),
    );
  });

  it("takes no proof of health from latencies known between bounds only, and all other proofs as ever", () => {
    const { guardrails } = analysisSettings(from({ ...counters, latency }), "http");
    const proofs = guardrails.map((one) => ("pass" in one ? one.pass : "as usual"));
    expect(proofs).toEqual(["as usual", "as usual", "as usual", false]);
  });

  it("is requests and errors only where the platform counts", () => {
    expect(ids(CanarySettings.parse({ source: "vercel" }), "mcp")).toEqual([
      "error rate",
      "errors against stable",
    ]);
  });

  const playbook = (canary: object) =>
    breaches(PlaybookSettings.parse({ version: 1, service: { name: "shop" }, canary })).map(
      (one) => one.message,
    );
  it.each([
    {
      given: "no counters at all",
      canary: { source: "prometheus" },
      says: "is missing: expected url, requests and errors",
    },
    {
      given: "a limit on what is not measured",
      canary: {
        source: "prometheus",
        prometheus: counters,
        guardrails: [{ kind: "slow", id: "p95", over: 500 }],
      },
      says: "limits what is not measured",
    },
    {
      given: "a limit on what the platform does not tell",
      canary: { source: "vercel", bake: "20m", guardrails: [{ kind: "slow", id: "p95", over: 500 }] },
      says: "vercel tells of requests and errors only",
    },
    {
      given: "steps too short for a bucket of the platform",
      canary: { source: "vercel" },
      says: "expected at least 11m10s with canary.source: vercel",
    },
    {
      given: "counts of a platform that counts what is forwarded twice",
      canary: { source: "drain", split: "weights" },
      says: "expected probe or prometheus with canary.split: weights",
    },
  ])("refuses $given", ({ canary, says }) => {
    expect(playbook(canary).join()).toContain(says);
  });

  it.each([
    { selector: "up", says: "tells the two arms apart" },
    { selector: 'up{d="{{deployment}}",w="{{window}}"}', says: "no other placeholder" },
  ])("refuses the selector $selector", ({ selector, says }) => {
    const parsed = CanarySettings.safeParse({ prometheus: { ...counters, requests: selector } });
    expect(parsed.error?.issues.map((one) => one.message).join()).toContain(says);
  });
});
