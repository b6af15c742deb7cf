import { describe, expect, it } from "vitest";
import { series } from "./series.js";

describe("the series shorthand", () => {
  it.each([
    ["5", [5]],
    ["1 2 3", [1, 2, 3]],
    ["0.1+0.02x3", [0.1, 0.12, 0.14, 0.16]],
    ["3-1x3", [3, 2, 1, 0]],
    ["7x2", [7, 7, 7]],
    ["_ 1", [undefined, 1]],
    ["_x3", [undefined, undefined, undefined]],
    ["-4+2x2 _ 9", [-4, -2, 0, undefined, 9]],
  ])("%s", (text, expected) => {
    expect(series(text)).toEqual(expected);
  });

  it.each(["", "a", "1+x2", "1x", "1..2", "1+2"])("refuses %o", (text) => {
    expect(() => series(text)).toThrow();
  });
});
