import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Matcher, matches, readMatcher, writeMatcher } from "./matchers.js";

describe("matchers", () => {
  it.each<[string, Matcher]>([
    ["rule=high_latency", { label: "rule", operator: "=", value: "high_latency" }],
    [" severity != low ", { label: "severity", operator: "!=", value: "low" }],
    ["rule=~high_*|slow", { label: "rule", operator: "=~", value: "high_*|slow" }],
    ['team!~"a b"', { label: "team", operator: "!~", value: "a b" }],
    ['team=""', { label: "team", operator: "=", value: "" }],
  ])("%s", (text, matcher) => expect(readMatcher(text)).toEqual(matcher));

  it.each(["", "rule", "=x", "rule=", "rule==x", "rule=high_*", "rule!=a|b", "1a=b", 'rule="x'])(
    "%j is none",
    (text) => expect(readMatcher(text)).toBeUndefined(),
  );

  it.each<[string, string, boolean]>([
    ["rule=a", "a", true],
    ["rule=a", "b", false],
    ["rule!=a", "b", true],
    ["rule=~a*", "abc", true],
    ["rule=~a.*c", "abc", true],
    ["rule=~*b*", "abc", true],
    ["rule=~b*", "abc", false],
    ["rule=~a|b", "b", true],
    ["rule=~a|b", "ab", false],
    ["rule!~a*", "abc", false],
    ["rule=~a*a", "a", false],
    ['rule=""', "", true],
  ])("%s and %j: %s", (text, value, expected) => {
    const matcher = readMatcher(text);
    expect(matches(matcher === undefined ? [] : [matcher], value === "" ? {} : { rule: value })).toBe(
      expected,
    );
  });

  it("come back from their written form, and match what they were made from", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "*", "|", ".", " ", "é", "#") });
    fc.assert(
      fc.property(fc.constantFrom("=", "!=", "=~", "!~"), word, word, (operator, value, have) => {
        const matcher: Matcher = { label: "x", operator: operator as "=", value };
        expect(readMatcher(writeMatcher(matcher))).toEqual(matcher);
        const regex = new RegExp(
          `^(?:${value
            .split("|")
            .map((one) =>
              one
                .replaceAll(".*", "*")
                .split("*")
                .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
                .join(".*"),
            )
            .join("|")})$`,
        );
        const like = operator === "=" || operator === "!=" ? have === value : regex.test(have);
        expect(matches([matcher], { x: have })).toBe(operator.startsWith("!") ? !like : like);
      }),
    );
  });
});
