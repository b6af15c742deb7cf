import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asUtc, wallTimeAt } from "../terms/index.js";
import { type FreezeWindow, freezeAt, freezesOf, nextFreezes, readTime } from "./windows.js";

const at = (text: string) => Date.parse(text);
const window = (from: string, to: string, zone = "Europe/Berlin"): FreezeWindow => {
  const [begins, ends] = [readTime(from), readTime(to)];
  if (begins === undefined || ends === undefined) throw new Error(`${from} or ${to} is no time`);
  return { name: "w", zone, from: begins, to: ends };
};
const spans = (one: FreezeWindow, from: string, most: number) =>
  freezesOf(one, at(from), most).map((f) =>
    [new Date(f.from), new Date(f.until)].map((d) => d.toISOString().slice(0, 16)),
  );

it.each(["18:00", "Friday 16:00", "2026-12-20 18:00"])("reads %s", (text) => {
  expect(readTime(text)).toBeDefined();
});
it.each(["24:00", "friday 16:00", "2026-02-30 10:00", "Friday", "", "18:00 CET", "2026-12-20T18:00"])(
  "does not take %j for a time",
  (text) => expect(readTime(text)).toBeUndefined(),
);

describe("a window", () => {
  it("keeps its times on the wall over the end of summer time: the weekend is an hour longer", () => {
    expect(spans(window("Friday 16:00", "Monday 08:00"), "2026-10-23T12:00Z", 2)).toEqual([
      ["2026-10-23T14:00", "2026-10-26T07:00"],
      ["2026-10-30T15:00", "2026-11-02T07:00"],
    ]);
  });

  it("keeps its times on the wall over its beginning: the night is an hour shorter", () => {
    expect(spans(window("22:00", "06:00"), "2026-03-28T12:00Z", 2)).toEqual([
      ["2026-03-28T21:00", "2026-03-29T04:00"],
      ["2026-03-29T20:00", "2026-03-30T04:00"],
    ]);
  });

  it("begins as much later as clocks jump, where they leave its time out", () => {
    expect(spans(window("02:30", "05:00"), "2026-03-29T00:00Z", 1)).toEqual([
      ["2026-03-29T01:30", "2026-03-29T03:00"],
    ]);
  });

  it("that lasts is its own next one, until the moment it ends", () => {
    const night = window("22:00", "06:00", "UTC");
    expect(spans(night, "2026-01-02T05:59:59Z", 1)).toEqual([["2026-01-01T22:00", "2026-01-02T06:00"]]);
    expect(spans(night, "2026-01-02T06:00Z", 1)).toEqual([["2026-01-02T22:00", "2026-01-03T06:00"]]);
  });

  it("of a single time comes once", () => {
    const once = window("2026-12-24 12:00", "2027-01-02 08:00", "America/New_York");
    expect(spans(once, "2026-01-01T00:00Z", 10)).toEqual([["2026-12-24T17:00", "2027-01-02T13:00"]]);
    expect(spans(once, "2027-01-02T13:00Z", 10)).toEqual([]);
  });

  it("works in a zone that is off by a quarter of an hour, and in one that changes at midnight", () => {
    expect(spans(window("18:00", "19:00", "Asia/Kathmandu"), "2026-05-01T00:00Z", 1)).toEqual([
      ["2026-05-01T12:15", "2026-05-01T13:15"],
    ]);
    // In Beirut clocks go from 00:00 to 01:00.
    expect(spans(window("00:30", "02:00", "Asia/Beirut"), "2026-03-28T12:00Z", 1)).toEqual([
      ["2026-03-28T22:30", "2026-03-28T23:00"],
    ]);
  });

  it("is shut exactly at the times that clocks on its wall show, in every zone, on every day", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "America/Sao_Paulo",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at("2025-01-01T00:00Z"), max: at("2028-01-01T00:00Z") }),
        (zone, moment) => {
          const night = window("20:00", "06:00", zone);
          const shut = freezeAt([night], moment) !== undefined;
          const { hour } = wallTimeAt(moment, zone);
          expect(shut).toBe(hour >= 20 || hour < 6);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("comes in order, never twice, with its end after its beginning", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at("2025-01-01T00:00Z"), max: at("2028-01-01T00:00Z") }),
        fc.constantFrom("Europe/Berlin", "America/New_York"),
        (moment, zone) => {
          const next = freezesOf(window("Sunday 01:30", "Sunday 03:15", zone), moment, 10);
          expect(next).toHaveLength(10);
          for (const [i, one] of next.entries()) {
            expect(one.until).toBeGreaterThan(Math.max(one.from, moment));
            expect(one.from).toBeGreaterThanOrEqual(next[i - 1]?.until ?? Number.NEGATIVE_INFINITY);
            expect(asUtc(wallTimeAt(one.until, zone)) % 86_400_000).toBe((3 * 60 + 15) * 60_000);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a freeze", () => {
  it("ends when the last of those that touch it ends", () => {
    const windows = [
      window("Friday 16:00", "Sunday 00:00", "UTC"),
      window("Saturday 20:00", "Monday 08:00", "UTC"),
    ];
    expect(freezeAt(windows, at("2026-11-27T17:00Z"))?.opensAt).toBe(at("2026-11-30T08:00Z"));
    expect(freezeAt(windows, at("2026-11-30T08:00Z"))).toBeUndefined();
  });

  it("without an end says so, and is found out in a moment", () => {
    const windows = [window("00:00", "12:00", "UTC"), window("12:00", "00:00", "UTC")];
    const began = performance.now();
    expect(freezeAt(windows, at("2026-11-27T17:00Z"))).toMatchObject({ opensAt: undefined });
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it("is told in advance, in order, from all windows", () => {
    const windows = [
      window("Friday 16:00", "Monday 08:00", "UTC"),
      window("2026-11-28 00:00", "2026-12-05 00:00", "UTC"),
    ];
    expect(
      nextFreezes(windows, at("2026-11-26T00:00Z"), 3).map(({ from }) =>
        new Date(from).toISOString().slice(0, 10),
      ),
    ).toEqual(["2026-11-27", "2026-11-28", "2026-12-04"]);
  });
});
