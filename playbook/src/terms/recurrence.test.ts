import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastTime, nextTimes, Recurrence, weekdayNames } from "./recurrence.js";
import { wallTimeAt } from "./zoned-time.js";

const recurrence = (input: object) => Recurrence.parse(input);
const told = (times: readonly number[]) => times.map((at) => new Date(at).toISOString().slice(0, 16));
const after = (text: string) => Date.parse(`${text}:00Z`);

describe("nextTimes", () => {
  it.each([
    {
      what: "every day, UTC",
      given: { at: "03:00" },
      from: "2026-11-27T02:59",
      times: ["2026-11-27T03:00", "2026-11-28T03:00", "2026-11-29T03:00"],
    },
    {
      what: "strictly after",
      given: { at: "03:00" },
      from: "2026-11-27T03:00",
      times: ["2026-11-28T03:00"],
    },
    {
      what: "Sundays in Berlin, over the end of summer time: 02:00 is an hour later by UTC",
      given: { at: "02:00", days: ["sun"], time_zone: "Europe/Berlin" },
      from: "2026-10-17T00:00",
      times: ["2026-10-18T00:00", "2026-10-25T00:00", "2026-11-01T01:00"],
    },
    {
      what: "shown twice: the first time, once",
      given: { at: "02:30", time_zone: "Europe/Berlin" },
      from: "2026-10-24T12:00",
      times: ["2026-10-25T00:30", "2026-10-26T01:30"],
    },
    {
      what: "left out by the clocks: as much later as they jump",
      given: { at: "02:30", time_zone: "Europe/Berlin" },
      from: "2026-03-28T12:00",
      times: ["2026-03-29T01:30", "2026-03-30T00:30"],
    },
    {
      what: "the first Saturday of a month",
      given: { at: "22:00", days: ["sat"], week: 1, time_zone: "America/New_York" },
      from: "2026-11-27T00:00",
      times: ["2026-12-06T03:00", "2027-01-03T03:00"],
    },
    {
      what: "the last Friday of a month",
      given: { at: "18:00", days: ["fri"], week: "last" },
      from: "2026-11-27T18:00",
      times: ["2026-12-25T18:00", "2027-01-29T18:00"],
    },
    {
      what: "two days a week, a zone far ahead",
      given: { at: "00:15", days: ["mon", "thu"], time_zone: "Pacific/Kiritimati" },
      from: "2026-11-27T00:00",
      times: ["2026-11-29T10:15", "2026-12-02T10:15"],
    },
  ])("$what", ({ given, from, times }) => {
    expect(told(nextTimes(recurrence(given), after(from), times.length))).toEqual(times);
  });

  it("comes at its wall time on its days, in every zone and season", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/St_Johns",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "Pacific/Apia",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.subarray([...weekdayNames], { minLength: 1 }),
        fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) }),
        (zone, hour, minute, days, from) => {
          const two = (n: number) => String(n).padStart(2, "0");
          const given = recurrence({ at: `${two(hour)}:${two(minute)}`, days, time_zone: zone });
          const times = nextTimes(given, from, 5);
          expect(times).toHaveLength(5);
          let before = from;
          for (const at of times) {
            expect(at).toBeGreaterThan(before);
            before = at;
            const wall = wallTimeAt(at, zone);
            // Only a time that the clocks leave out is later than asked for, by at most the hour they jump.
            const late = wall.hour * 60 + wall.minute - hour * 60 - minute;
            expect([0, 30, 60]).toContain((late + 1_440) % 1_440);
          }
          expect(lastTime(given, times[2] ?? 0)).toBe(times[2]);
          expect(lastTime(given, (times[2] ?? 0) - 1)).toBe(times[1]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    { at: "3:00" },
    { at: "24:00" },
    { at: "03:00", time_zone: "Mars/Base" },
    { at: "03:00", days: [] },
    { at: "03:00", week: 5 },
  ])("refuses %j", (input) => expect(Recurrence.safeParse(input).success).toBe(false));
});
