import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GateMove } from "../../gates/index.js";
import { CanarySettings } from "../settings.js";
import { approvalNeeded, type CanaryFacts, lowExposure, nextCanaryMove } from "./decide.js";

const minutes = 60_000;
const settings = CanarySettings.parse({});
const facts: CanaryFacts = {
  verdict: { kind: "inconclusive", because: "too little seen" },
  elapsedMs: 1 * minutes,
  requests: 50,
  silentMs: 0,
  probing: false,
  gates: { do: "pass", because: "" },
};
const waiting: GateMove = {
  do: "wait",
  ms: 1_000,
  waits: [{ gate: "approval", because: "a person to approve", until: 1, otherwise: "refuse" }],
};
const refused: GateMove = {
  do: "refuse",
  gate: "approval",
  answer: {
    is: "refused",
    because: "nobody approved in time",
    problem: { code: "ATM-561", title: "", happened: "", fix: "", ending: "refused" },
  },
};
const approved: GateMove = { do: "pass", because: "approval: approved by ada" };
const pass = { kind: "pass" } as const;
const fail = { kind: "fail", because: "errors doubled" } as const;

describe("a step of a canary", () => {
  it.each([
    { given: "proof of harm", at: { verdict: fail }, move: "roll back" },
    {
      given: "proof of harm while a person is waited for",
      at: { verdict: fail, gates: waiting },
      move: "roll back",
    },
    { given: "proof of health", at: { verdict: pass }, move: "next" },
    { given: "nothing yet, time left", at: {}, move: "look" },
    {
      given: "time up, enough requests, no proof of harm",
      at: { elapsedMs: 5 * minutes, requests: 200 },
      move: "next",
    },
    { given: "time up, silence", at: { elapsedMs: 5 * minutes, requests: 0 }, move: "look" },
    {
      given: "silence for as long as is held",
      at: { elapsedMs: 35 * minutes, requests: 0 },
      move: "roll back",
    },
    {
      given: "proof of health, gates not asked yet",
      at: { verdict: pass, gates: undefined },
      move: "ask the gates",
    },
    { given: "proof of health, approval missing", at: { verdict: pass, gates: waiting }, move: "look" },
    {
      given: "proof of health, approved",
      at: { verdict: pass, gates: approved },
      move: "next",
    },
    { given: "open gates, but no proof yet", at: { gates: approved }, move: "look" },
    {
      given: "an approval that never came",
      at: { verdict: pass, gates: refused, elapsedMs: 35 * minutes },
      move: "roll back",
    },
  ])("$given → $move", ({ at, move }) => {
    expect(nextCanaryMove({ ...facts, ...at }, settings).do).toBe(move);
  });

  it("goes back without proof of health when the playbook asks for proof", () => {
    const strict = CanarySettings.parse({ unproven: "roll back" });
    expect(nextCanaryMove({ ...facts, elapsedMs: 5 * minutes, requests: 999 }, strict).do).toBe("roll back");
  });

  it("goes back on silence at once when the playbook says so", () => {
    const strict = CanarySettings.parse({ no_data: "fail" });
    expect(nextCanaryMove({ ...facts, elapsedMs: 5 * minutes, requests: 3 }, strict)).toEqual({
      do: "roll back",
      because: "the step's time was up and only 3 of 200 requests were seen",
    });
  });

  it.each([
    { given: "silence for its time", at: { silentMs: 60_000, requests: 0 }, move: "probe" },
    {
      given: "a dark step",
      at: { silentMs: Number.POSITIVE_INFINITY, requests: 0, elapsedMs: 0 },
      move: "probe",
    },
    { given: "requests", at: { silentMs: 59_999 }, move: "look" },
    { given: "time up, a trickle", at: { elapsedMs: 5 * minutes, requests: 3 }, move: "probe" },
    {
      given: "silence while probing already",
      at: { silentMs: 60_000, requests: 0, probing: true },
      move: "look",
    },
    {
      given: "probes that reach nobody either, for as long as is held",
      at: { silentMs: 60_000, requests: 0, probing: true, elapsedMs: 35 * minutes },
      move: "roll back",
    },
    { given: "harm in the silence", at: { silentMs: 60_000, verdict: fail }, move: "roll back" },
  ])("with no_data: probe, $given → $move", ({ at, move }) => {
    const probe = CanarySettings.parse({ no_data: "probe", source: "drain" });
    expect(nextCanaryMove({ ...facts, ...at }, probe).do).toBe(move);
  });

  it("with no_data: probe, does not take for silence that the platform's five minutes are not over", () => {
    const slow = CanarySettings.parse({ no_data: "probe", source: "vercel", bake: "20m", warm_up: "10s" });
    const silent = (silentMs: number) =>
      nextCanaryMove({ ...facts, requests: 0, silentMs, elapsedMs: silentMs }, slow).do;
    expect([silent(12.1 * minutes), silent(12.2 * minutes)]).toEqual(["look", "probe"]);
  });

  it("never stays for ever once its gates have decided, whatever is seen", () => {
    const verdict = fc.constantFrom(pass, fail, facts.verdict);
    const atLast = settings.bake + settings.hold;
    fc.assert(
      fc.property(verdict, fc.nat(10_000), fc.constantFrom(approved, refused), (v, requests, gates) => {
        const move = nextCanaryMove({ ...facts, verdict: v, elapsedMs: atLast, requests, gates }, settings);
        expect(move.do).not.toBe("look");
      }),
    );
  });

  it("never moves on after proof of harm or without a single request", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 8), fc.boolean(), (elapsedMs, harm) => {
        const verdict = harm ? fail : facts.verdict;
        const move = nextCanaryMove({ ...facts, verdict, elapsedMs, requests: harm ? 10_000 : 0 }, settings);
        expect(move.do).not.toBe("next");
      }),
    );
  });
});

it.each([
  { canary: 0, stable: 49, split: 0.5, low: false },
  { canary: 0, stable: 50, split: 0.5, low: true },
  { canary: 4, stable: 96, split: 0.25, low: true },
  { canary: 5, stable: 95, split: 0.25, low: false },
  { canary: 0, stable: 1_000, split: 0, low: false },
  { canary: 0, stable: 60, split: 0.01, low: false },
])("exposure of $canary beside $stable at a share of $split is low: $low", ({ low, ...seen }) => {
  expect(lowExposure(seen) !== undefined).toBe(low);
});

it.each([
  { approve: "never", next: 100, needed: false },
  { approve: "every step", next: 25, needed: true },
  { approve: "before 100", next: 75, needed: false },
  { approve: "before 100", next: 100, needed: true },
])("with approve: $approve, a step to $next % needs an approval: $needed", ({ approve, next, needed }) => {
  expect(approvalNeeded(next, CanarySettings.parse({ approve }))).toBe(needed);
});

it.each([
  { steps: [10, 5, 100], why: "grow" },
  { steps: [10, 50], why: "100" },
  { steps: [100], why: "two" },
])("refuses the steps $steps", ({ steps, why }) => {
  const parsed = CanarySettings.safeParse({ steps });
  expect(parsed.error?.issues.map((i) => i.message).join()).toContain(why);
});
