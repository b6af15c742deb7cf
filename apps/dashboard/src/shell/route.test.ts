import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linkTo, routeOf } from "./route.js";

describe("addresses of pages", () => {
  it.each([
    ["", "", undefined, ""],
    ["#/", "", undefined, ""],
    ["#/releases", "releases", undefined, ""],
    ["#/releases/rel_1?all=1", "releases", "rel_1", "all=1"],
    ["#/%E0%A4%A/x", "%E0%A4%A", "x", ""],
  ])("%s", (hash, page, name, query) => {
    const route = routeOf(hash);
    expect([route.page, route.name, route.query.toString()]).toEqual([page, name, query]);
  });

  it("a name of whatever letters is found again in its link", () =>
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (name) => {
        expect(routeOf(linkTo("monitors", name))).toMatchObject({ page: "monitors", name });
      }),
    ));
});
