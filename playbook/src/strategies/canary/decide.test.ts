import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CanarySettings } from "../settings.js";
import { approvalNeeded, type CanaryFacts, nextCanaryMove } from "./decide.js";

const minutes = 60_000;
const settings = CanarySettings.parse({});
const facts: CanaryFacts = {
  verdict: { kind: "inconclusive", because: "too little seen" },
  elapsedMs: 1 * minutes,
  requests: 50,
  needsApproval: false,
  approvedBy: undefined,
};
const pass = { kind: "pass" } as const;
const fail = { kind: "fail", because: "errors doubled" } as const;

describe("a step of a canary", () => {
  it.each([
    { given: "proof of harm", at: { verdict: fail }, move: "roll back" },
    {
      given: "proof of harm while a person is waited for",
      at: { verdict: fail, needsApproval: true },
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
    { given: "proof of health, approval missing", at: { verdict: pass, needsApproval: true }, move: "look" },
    {
      given: "proof of health, approved",
      at: { verdict: pass, needsApproval: true, approvedBy: "ada" },
      move: "next",
    },
    { given: "an approval, but no proof yet", at: { needsApproval: true, approvedBy: "ada" }, move: "look" },
    {
      given: "an approval that never came",
      at: { verdict: pass, needsApproval: true, elapsedMs: 35 * minutes },
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
    const strict = CanarySettings.parse({ no_data: "roll back" });
    expect(nextCanaryMove({ ...facts, elapsedMs: 5 * minutes, requests: 3 }, strict)).toEqual({
      do: "roll back",
      because: "the step's time was up and only 3 of 200 requests were seen",
    });
  });

  it("never stays for ever, whatever is seen", () => {
    const verdict = fc.constantFrom(pass, fail, facts.verdict);
    const atLast = settings.bake + settings.hold;
    fc.assert(
      fc.property(
        verdict,
        fc.nat(10_000),
        fc.boolean(),
        fc.constantFrom(undefined, "ada"),
        (v, requests, needsApproval, approvedBy) => {
          const move = nextCanaryMove(
            { verdict: v, elapsedMs: atLast, requests, needsApproval, approvedBy },
            settings,
          );
          expect(move.do).not.toBe("look");
        },
      ),
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
