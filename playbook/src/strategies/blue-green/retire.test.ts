import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RetireSettings } from "../settings.js";
import { nextRetireMove, type RetireFacts } from "./retire-move.js";

const facts: RetireFacts = {
  green: "dpl_green",
  blue: "dpl_blue",
  serving: "dpl_green",
  moving: null,
  running: null,
  hosts: [],
  elapsedMs: 0,
};
const hour = 3_600_000;

describe("what happens to blue", () => {
  it.each<{ given: string; so: Partial<RetireFacts>; policy: string; move: string }>([
    { given: "green was just released", so: {}, policy: "delete", move: "warm" },
    { given: "the time is up", so: { elapsedMs: hour }, policy: "stop", move: "stop" },
    { given: "the time is up", so: { elapsedMs: hour }, policy: "delete", move: "delete" },
    { given: "the time is up", so: { elapsedMs: hour }, policy: "keep", move: "warm" },
    {
      given: "production went back to blue",
      so: { serving: "dpl_blue", elapsedMs: hour },
      policy: "delete",
      move: "leave",
    },
    {
      given: "another release took over",
      so: { serving: "dpl_next", elapsedMs: hour },
      policy: "keep",
      move: "leave",
    },
    {
      given: "a rollback is beginning",
      so: { running: "rel_2", elapsedMs: hour },
      policy: "delete",
      move: "warm",
    },
    {
      given: "the platform moves production",
      so: { moving: "dpl_blue", elapsedMs: hour },
      policy: "delete",
      move: "warm",
    },
    {
      given: "a host leads to blue",
      so: { hosts: ["old.example.com"], elapsedMs: hour },
      policy: "delete",
      move: "stop",
    },
  ])("$given, policy $policy: $move", ({ so, policy, move }) => {
    const settings = RetireSettings.parse({ after: "1h", policy });
    expect(nextRetireMove({ ...facts, ...so }, settings).do).toBe(move);
  });

  it("never deletes what users may have or are about to have", () => {
    const id = fc.constantFrom("dpl_green", "dpl_blue", "dpl_other", null);
    fc.assert(
      fc.property(
        fc.record({
          serving: id,
          moving: id,
          running: fc.constantFrom("rel_2", null),
          hosts: fc.array(fc.constant("h"), { maxLength: 1 }),
          elapsedMs: fc.integer({ min: 0, max: 2 * hour }),
        }),
        (so) => {
          const all = { ...facts, ...so };
          const move = nextRetireMove(all, RetireSettings.parse({ after: "1h", policy: "delete" }));
          if (move.do !== "delete") return;
          expect(all).toMatchObject({ serving: "dpl_green", moving: null, running: null, hosts: [] });
          expect(all.elapsedMs).toBeGreaterThanOrEqual(hour);
        },
      ),
    );
  });
});
