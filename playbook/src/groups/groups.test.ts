import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupEnd, type MemberEnd, toBringBack } from "./decide.js";
import { GroupSettings, stagesOf } from "./settings.js";

const member = (service: string, state: MemberEnd["state"], back?: boolean): MemberEnd => ({
  service,
  state,
  because: `${service} did so`,
  ...(back === undefined ? {} : { back: { done: back, because: "it was tried" } }),
});

describe("the end of a group", () => {
  it.each<{ members: MemberEnd[]; aborted?: string; state: string }>([
    { members: [member("a", "released"), member("b", "released")], state: "released" },
    { members: [member("a", "released", true), member("b", "failed")], state: "rolled back" },
    { members: [member("a", "failed")], state: "failed" },
    { members: [member("a", "rolled back")], state: "rolled back" },
    { members: [member("a", "aborted")], state: "aborted" },
    { members: [member("a", "unsafe")], state: "unsafe" },
    { members: [member("a", "released", false), member("b", "failed")], state: "unsafe" },
    { members: [member("a", "released"), member("b", "failed")], state: "unsafe" },
    { members: [member("a", "released", true)], aborted: "ada aborted it", state: "rolled back" },
    { members: [], aborted: "ada aborted it", state: "aborted" },
  ])("$members: $state", ({ members, aborted, state }) =>
    expect(groupEnd(members, aborted).state).toBe(state),
  );

  it("is all or back: never a quiet end with one service on another side than the rest", () => {
    const one = fc.record({
      state: fc.constantFrom("released", "rolled back", "failed", "aborted", "unsafe") as fc.Arbitrary<
        MemberEnd["state"]
      >,
      back: fc.option(fc.boolean(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (given) => {
        const members = given.map(({ state, back }, i) =>
          member(`s${i}`, state, state === "released" ? back : undefined),
        );
        const { state } = groupEnd(members, undefined);
        const forward = members.filter((m) => m.state === "released" && m.back?.done !== true);
        const unknown = members.some((m) => m.state === "unsafe");
        if (state === "released") expect(forward).toHaveLength(members.length);
        else if (state !== "unsafe") expect([forward.length, unknown]).toEqual([0, false]);
      }),
    );
  });

  it("brings back the last one first", () => {
    const members = [member("a", "released"), member("b", "failed"), member("c", "released")];
    expect(toBringBack(members).map(({ service }) => service)).toEqual(["c", "a"]);
  });
});

describe("a group file", () => {
  const file = (order: unknown, more = {}) =>
    GroupSettings.safeParse({ version: 1, group: "g", order, ...more });
  it("has stages: one after the other, or at the same time", () => {
    expect(
      stagesOf(GroupSettings.parse({ version: 1, group: "g", order: ["a.yaml", ["b.yaml", "c.yml"]] })),
    ).toEqual([["a.yaml"], ["b.yaml", "c.yml"]]);
  });
  it.each([
    ["nothing", file([])],
    ["one named twice", file(["a.yaml", ["a.yaml"]])],
    ["one in another folder", file(["../a.yaml"])],
    ["what is no playbook", file(["a.txt"])],
    ["a setting that does not exist", file(["a.yaml"], { orders: [] })],
    ["a name with spaces", file(["a.yaml"], { group: "my group" })],
  ])("refuses %s", (_, read) => expect(read.success).toBe(false));
});
