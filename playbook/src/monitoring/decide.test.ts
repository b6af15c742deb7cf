import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterLook, afterLooks, meanOf } from "./decide.js";
import type { Outcome, Patience } from "./model.js";

const looks = (text: string) =>
  [...text].map((sign, index) => ({ at: index * 10, outcome: (sign === "+" ? "up" : "down") as Outcome }));

describe("how a monitor stands", () => {
  it.each([
    ["+", "pending", 0],
    ["-", "pending", 0],
    ["+-+-+", "pending", 0],
    ["++", "up", 0],
    ["--", "down", 0],
    ["-++", "up", 10],
    ["++-", "up", 0],
    ["++-+-+-", "up", 0],
    ["++--", "down", 20],
    ["++----", "down", 20],
    ["++--+", "down", 20],
    ["++--++", "up", 40],
  ])("after %s it is %s since %i", (text, standing, since) => {
    expect(afterLooks(looks(text))).toMatchObject({ standing, since });
  });

  it("is unknown before the first look", () => {
    expect(afterLooks([])).toBeUndefined();
  });

  it("turns at once when the playbook has no patience", () => {
    expect(afterLooks(looks("+-"), { failures: 1, successes: 1 })?.standing).toBe("down");
    expect(afterLooks(looks("-"), { failures: 1, successes: 3 })?.standing).toBe("down");
  });

  it("does not count the same look twice", () => {
    const [first, second] = looks("+-");
    if (first === undefined || second === undefined) throw new Error("two looks");
    const once = afterLook(afterLook(undefined, first), second);
    expect(afterLook(once, second)).toEqual(once);
  });

  it("goes on seeing when the clock was put back", () => {
    const ahead = afterLooks(looks("++").map((look) => ({ ...look, at: look.at + 86_400_000 })));
    const back = looks("--").reduce((state, look) => afterLook(state, look), ahead);
    expect(back?.standing).toBe("down");
  });

  it("stands as the last long enough run of looks says, whatever came before", () => {
    const outcome = fc.constantFrom<Outcome>("up", "down");
    const patience = fc.record({
      failures: fc.integer({ min: 1, max: 5 }),
      successes: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), patience, (outcomes, some) => {
        const seen = outcomes.map((one, index) => ({ at: index, outcome: one }));
        expect(afterLooks(seen, some)?.standing ?? "pending").toBe(byHand(outcomes, some));
      }),
    );
  });
});

/** The same by looking at every stretch anew. */
function byHand(outcomes: readonly Outcome[], patience: Patience): string {
  for (let end = outcomes.length; end > 0; end--) {
    const last = outcomes[end - 1];
    const needed = last === "up" ? patience.successes : patience.failures;
    const stretch = outcomes.slice(Math.max(0, end - needed), end);
    if (stretch.length === needed && stretch.every((one) => one === last)) return last ?? "pending";
  }
  return "pending";
}

describe("the mean of a series", () => {
  it("counts every sample that a point stands for", () => {
    expect(meanOf({ values: [1, 0], counts: [9, 1] })).toBeCloseTo(0.9);
    expect(meanOf({ values: [], counts: [] })).toBeUndefined();
  });
});
