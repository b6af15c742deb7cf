import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { formatDuration, parseDuration } from "./duration.js";
import {
  Bytes,
  Duration,
  formatBytes,
  formatMoment,
  formatPercentage,
  Moment,
  Percentage,
  PositiveDuration,
  parseBytes,
  parseMoment,
  parsePercentage,
} from "./units.js";

const messageOf = (schema: z.ZodType, input: unknown) =>
  schema
    .safeParse(input)
    .error?.issues.map((i) => i.message)
    .join("; ");

describe("a duration", () => {
  it.each([
    ["300s", 300_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["2 minutes", 120_000],
    ["1 minute 30 seconds", 90_000],
    ["500ms", 500],
    ["1m500ms", 60_500],
    ["1.5s", 1_500],
    ["1d", 86_400_000],
    ["0s", 0],
  ])("%s is %d ms", (text, ms) => expect(Duration.parse(text)).toBe(ms));

  it.each(["", "5", "m", "5 parsecs", "30m1h", "5m5m", "-5m", "5m ago", "99999999d", 300, null, true])(
    "%j is refused, with an example",
    (input) => expect(messageOf(Duration, input)).toMatch(/expected a duration.*\d(ms|s|m|d)/),
  );

  it("comes back from its written form", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 864_000_000_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
        expect(Duration.parse(formatDuration(ms))).toBe(ms);
      }),
    ));

  it("may have to be more than zero", () => {
    expect(messageOf(PositiveDuration, "0s")).toContain("greater than zero");
    expect(PositiveDuration.parse("1ms")).toBe(1);
  });
});

describe("a percentage", () => {
  it.each([
    ["1%", 0.01],
    ["0.5 %", 0.005],
    ["0.3%", 0.003],
    ["100%", 1],
    [0.25, 0.25],
    [0, 0],
    [1, 1],
  ])("%j is %d", (input, fraction) => expect(Percentage.parse(input)).toBe(fraction));

  it.each(["101%", "-1%", "one percent", "%", 1.5, 50, -0.1, null, "1"])(
    "%j is refused, with an example",
    (input) => expect(messageOf(Percentage, input)).toMatch(/expected a (percentage|share).*%/),
  );

  it("comes back from its written form", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (millionths) => {
        const fraction = millionths / 1_000_000;
        expect(parsePercentage(formatPercentage(fraction))).toBe(fraction);
        expect(Percentage.parse(formatPercentage(fraction))).toBe(fraction);
      }),
    ));
});

describe("a moment", () => {
  it.each([
    ["T-15 minutes", -900_000],
    ["T-10 minutes", -600_000],
    ["T-0", 0],
    ["T+0", 0],
    ["T+5 minutes", 300_000],
    ["t + 1h30m", 5_400_000],
    ["Immediate", "immediate"],
    ["immediately", "immediate"],
  ])("%s is %s", (text, moment) => expect(Moment.parse(text)).toBe(moment));

  it.each(["", "T", "T-", "15 minutes", "T-15", "T-15 parsecs", "soon", 15])(
    "%j is refused, with an example",
    (input) => expect(messageOf(Moment, input)).toMatch(/expected a moment.*T-15 minutes/),
  );

  it("comes back from its written form", () =>
    fc.assert(
      fc.property(fc.integer({ min: -864_000_000, max: 864_000_000 }), (ms) => {
        expect(parseMoment(formatMoment(ms))).toBe(ms);
        expect(Moment.parse(formatMoment(ms))).toBe(ms);
      }),
    ));
});

describe("a size", () => {
  it.each([
    ["10MB", 10_000_000],
    ["512 KiB", 524_288],
    ["1kB", 1_000],
    ["0B", 0],
    ["1.5GiB", 1_610_612_736],
  ])("%s is %d bytes", (text, bytes) => expect(Bytes.parse(text)).toBe(bytes));

  it.each(["10", "10 MBit", "-1MB", "", "99999999999GiB", 10])("%j is refused, with an example", (input) =>
    expect(messageOf(Bytes, input)).toMatch(/expected a size.*10MB/),
  );

  it("comes back from its written form", () =>
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseBytes(formatBytes(bytes))).toBe(bytes);
      }),
    ));
});

it("says its written form in JSON Schema", () => {
  const schema = z.toJSONSchema(z.strictObject({ watch: Duration.default(300_000).describe("Watch.") }), {
    io: "input",
  });
  expect(schema.properties?.["watch"]).toMatchObject({
    type: "string",
    unit: "duration",
    pattern: expect.any(String),
  });
  const pattern = new RegExp(String(Object(schema.properties?.["watch"]).pattern));
  expect(pattern.test("5m")).toBe(true);
  expect(pattern.test("5 parsecs")).toBe(false);
});
