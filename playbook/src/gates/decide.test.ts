import fc from "fast-check";
import { expect, it } from "vitest";
import { type GateStanding, isDue, nextGateMove } from "./decide.js";
import type { GateAnswer } from "./model.js";

const minute = 60_000;
const open: GateAnswer = { is: "open", because: "yes" };
const shut = (until: number, more: object = {}): GateAnswer => ({
  is: "shut",
  because: "not yet",
  until,
  otherwise: "refuse",
  ...more,
});
const refused: GateAnswer = {
  is: "refused",
  because: "no",
  problem: { code: "ATM-523", title: "", happened: "", fix: "", ending: "refused" },
};
const standing = (
  answer: GateAnswer,
  more: Partial<GateStanding["gate"]> & { askedAt?: number } = {},
): GateStanding => {
  const { askedAt = 0, ...gate } = more;
  return { gate: { id: "g", everyMs: 15_000, final: false, ...gate }, answer, askedAt };
};

it.each([
  { given: "no gate", all: [], move: { do: "pass" } },
  { given: "open gates", all: [standing(open), standing(open)], move: { do: "pass" } },
  {
    given: "one that refuses among open ones",
    all: [standing(open), standing(refused)],
    move: { do: "refuse" },
  },
  {
    given: "one that refuses and one that is shut",
    all: [standing(shut(9 * minute)), standing(refused)],
    move: { do: "refuse" },
  },
  {
    given: "a shut one",
    all: [standing(open), standing(shut(9 * minute))],
    move: { do: "wait", ms: 15_000 },
  },
  {
    given: "one that opens soon",
    all: [standing(shut(9 * minute, { opensAt: 4_000 }))],
    move: { do: "wait", ms: 4_000 },
  },
  { given: "one whose time is nearly up", all: [standing(shut(2_000))], move: { do: "wait", ms: 2_000 } },
  {
    given: "one that opens in days",
    all: [standing(shut(1_000 * 3_600_000, { opensAt: 900 * 3_600_000 }))],
    move: { do: "wait", ms: 3_600_000 },
  },
])("$given → $move.do", ({ all, move }) => {
  expect(nextGateMove(all, 0)).toMatchObject(move);
});

it("says of each gate that is waited for why, until when, and what then", () => {
  expect(nextGateMove([standing(shut(minute, { opensAt: 500 }))], 0)).toMatchObject({
    waits: [{ gate: "g", because: "not yet", opensAt: 500, until: minute, otherwise: "refuse" }],
  });
});

it.each([
  { given: "a final one that opened", one: standing(open, { final: true }), due: false },
  { given: "one that opened and may shut again", one: standing(open), due: true },
  { given: "a shut one just asked", one: standing(shut(minute), { askedAt: 9_000 }), due: false },
  { given: "a shut one asked some time ago", one: standing(shut(minute), { askedAt: -6_000 }), due: true },
  { given: "a shut one whose time is up", one: standing(shut(10_000), { askedAt: 9_000 }), due: true },
  {
    given: "a shut one that opens now",
    one: standing(shut(minute, { opensAt: 10_000 }), { askedAt: 9_999 }),
    due: true,
  },
])("$given is asked: $due", ({ one, due }) => {
  expect(isDue(one, 10_000)).toBe(due);
});

it("never waits beyond the end of the first gate, nor without a pause", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ until: fc.integer({ min: 0, max: 10 ** 8 }), opensAt: fc.option(fc.nat(10 ** 8)) }),
        {
          minLength: 1,
          maxLength: 5,
        },
      ),
      fc.nat(10 ** 7),
      (gates, now) => {
        const all = gates.map(({ until, opensAt }) =>
          standing(shut(until, opensAt === null ? {} : { opensAt })),
        );
        const move = nextGateMove(all, now);
        if (move.do !== "wait") throw new Error("it has to wait");
        const first = Math.min(...gates.map(({ until }) => until));
        expect(move.ms).toBeGreaterThanOrEqual(250);
        expect(now + move.ms).toBeLessThanOrEqual(Math.max(first, now + 250));
      },
    ),
  );
});
