import { describe, expect, it } from "vitest";
import { ago, bytes, count, duration, evidence, millis, percent, some } from "./words.js";

describe("words for numbers", () => {
  it.each([
    [0, "0 ms"],
    [999.4, "999 ms"],
    [1_000, "1.0 s"],
    [59_499, "59 s"],
    [200_000, "3 m 20 s"],
    [3_599_600, "1 h"],
    [300_000, "5 m"],
    [86_400_000, "1 d"],
    [7_500_000, "2 h 5 m"],
    [273_600_000, "3 d 4 h"],
  ])("a duration of %d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [0, "0 %"],
    [0.00001, "<0.01 %"],
    [0.0049, "0.5 %"],
    [0.0123, "1.2 %"],
    [0.1, "10 %"],
    [0.9995, "100 %"],
    [1, "100 %"],
  ])("a share of %d is %s", (share, text) => expect(percent(share)).toBe(text));

  it.each([
    [1_000, 5_000, "just now"],
    [0, 45_000, "45 s ago"],
    [0, 240_000, "4 m ago"],
    [10_800_000, 0, "in 3 h"],
    [0, 172_800_000, "2 d ago"],
  ])("%d, seen from %d, is %s", (at, now, text) => expect(ago(at, now)).toBe(text));

  it.each([
    [-3, "none"],
    [0, "none"],
    [Math.log(100), "1 in 100"],
    [Math.log(2e9), "1 in 10^9"],
  ])("evidence of %d is %s", (logE, text) => expect(evidence(logE)).toBe(text));

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_400_000, "1.4 MB"],
    [5e15, "5000 TB"],
  ])("%d bytes are %s", (value, text) => expect(bytes(value)).toBe(text));

  it.each([
    [0, "no rules"],
    [1, "1 rule"],
    [1_200, "1,200 rules"],
  ])("%d of something is %s", (value, text) => expect(some(value, "rule")).toBe(text));

  it("numbers are grouped, and measured times rounded to what is known", () => {
    expect(count(1_234_567.4)).toBe("1,234,567");
    expect(millis(123.456)).toBe("123 ms");
    expect(millis(0.8125)).toBe("0.813 ms");
  });
});
