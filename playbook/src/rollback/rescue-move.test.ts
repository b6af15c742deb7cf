import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RescueFacts, rescueMove } from "./rescue-move.js";

const facts: RescueFacts = {
  candidate: "dpl_new",
  before: "dpl_old",
  moved: false,
  proven: false,
  decided: undefined,
  serving: "dpl_old",
  moving: undefined,
  rolling: undefined,
};

describe("a release that nobody can go on with", () => {
  it.each([
    { given: "nothing was moved", at: {}, move: "leave failed" },
    { given: "no deployment was made yet", at: { candidate: undefined }, move: "leave failed" },
    { given: "traffic is on a deployment that was not proven", at: { moved: true, serving: "dpl_new" } },
    { given: "a staged shift is under way", at: { moved: true, rolling: "dpl_new" } },
    { given: "the platform is still moving traffic", at: { moved: true, moving: "dpl_new" } },
    { given: "traffic was about to move and has not", at: { moved: true } },
    { given: "traffic has moved and the ledger was not told", at: { serving: "dpl_new" } },
    { given: "a rollback was decided", at: { moved: true, decided: "dpl_old", serving: "dpl_new" } },
    {
      given: "a rollback by hand was decided",
      at: { candidate: undefined, before: undefined, decided: "dpl_old", serving: "dpl_old" },
    },
    {
      given: "its deployment had passed and serves",
      at: { moved: true, proven: true, serving: "dpl_new" },
      move: "leave released",
    },
    {
      given: "its deployment had passed, and a split is left",
      at: { moved: true, proven: true, serving: "dpl_new", rolling: "dpl_new" },
    },
    { given: "somebody else has moved it", at: { moved: true, serving: "dpl_x" }, move: "leave failed" },
    { given: "somebody else is moving it", at: { moved: true, moving: "dpl_x" }, move: "leave failed" },
    {
      given: "somebody else shifts in stages",
      at: { moved: true, serving: "dpl_new", rolling: "dpl_x" },
      move: "leave failed",
    },
  ])("$given → $move", ({ at, move = "go back dpl_old" }) => {
    const made = rescueMove({ ...facts, ...at });
    expect(made.do === "go back" ? `go back ${made.to}` : `leave ${made.state}`).toBe(move);
  });

  it("goes back when it is the first of its service too, where rolling back says that there is nothing", () => {
    expect(rescueMove({ ...facts, before: undefined, moved: true, serving: "dpl_new" })).toEqual({
      do: "go back",
      to: undefined,
    });
  });

  it("never leaves traffic on a deployment that nobody has proven, nor a split of its own", () => {
    const id = fc.constantFrom("dpl_new", "dpl_old", undefined);
    const any = fc.record({
      ...{ moved: fc.boolean(), proven: fc.boolean() },
      ...{ candidate: fc.constantFrom("dpl_new", undefined), before: fc.constantFrom("dpl_old", undefined) },
      ...{ decided: fc.constantFrom("dpl_old", undefined), serving: id, moving: id, rolling: id },
    });
    fc.assert(
      fc.property(any, (drawn) => {
        const move = rescueMove(drawn);
        const own = [drawn.candidate, drawn.before, drawn.decided];
        const foreign = [drawn.serving, drawn.moving, drawn.rolling].some(
          (one) => one !== undefined && !own.includes(one),
        );
        if (foreign || move.do === "go back") return;
        expect([drawn.moving, drawn.rolling]).not.toContain("dpl_new");
        if (drawn.candidate !== undefined && drawn.serving === "dpl_new")
          expect([drawn.proven, move.state]).toEqual([true, "released"]);
        else expect(move.state).toBe("failed");
      }),
    );
  });
});
