import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asUtc, isTimeZone, momentOf, wallTimeAt } from "./zoned-time.js";

/** Zones with whole, half and quarter hours, both hemispheres, a half-hour shift, and one that skipped a whole day. */
const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Africa/Casablanca",
  "Asia/Kolkata",
];
const wall = (text: string) => Date.parse(`${text}Z`);
const shown = (at: number, zone: string) => asUtc(wallTimeAt(at, zone));

describe("wall time", () => {
  it.each([
    {
      zone: "Europe/Berlin",
      at: "2026-03-29T02:30",
      is: "2026-03-29T01:30:00.000Z",
      why: "left out: an hour later",
    },
    { zone: "Europe/Berlin", at: "2026-03-29T03:30", is: "2026-03-29T01:30:00.000Z", why: "after the jump" },
    {
      zone: "Europe/Berlin",
      at: "2026-10-25T02:30",
      is: "2026-10-25T00:30:00.000Z",
      why: "shown twice: the first",
    },
    { zone: "America/New_York", at: "2026-03-08T02:30", is: "2026-03-08T07:30:00.000Z", why: "left out" },
    { zone: "America/New_York", at: "2026-11-01T01:30", is: "2026-11-01T05:30:00.000Z", why: "twice" },
    {
      zone: "Australia/Lord_Howe",
      at: "2026-10-04T02:15",
      is: "2026-10-03T15:45:00.000Z",
      why: "half an hour",
    },
    {
      zone: "Pacific/Apia",
      at: "2011-12-30T09:00",
      is: "2011-12-30T19:00:00.000Z",
      why: "a day that was skipped",
    },
    { zone: "Asia/Kathmandu", at: "2026-06-01T09:00", is: "2026-06-01T03:15:00.000Z", why: "quarter hours" },
  ])("$zone $at ($why)", ({ zone, at, is }) => {
    expect(new Date(momentOf(wall(at), zone)).toISOString()).toBe(is);
  });

  it("leads back to what the clocks show, or as much later as they jump, never earlier", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: wall("2005-01-01") / 60_000, max: wall("2037-12-31") / 60_000 }),
        (zone, minute) => {
          const wanted = minute * 60_000;
          const late = shown(momentOf(wanted, zone), zone) - wanted;
          expect([0, 30 * 60_000, 3_600_000, 24 * 3_600_000]).toContain(late);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it("gives the first moment of those that show the same", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: wall("2005-01-01") / 60_000, max: wall("2037-12-31") / 60_000 }),
        (zone, minute) => {
          const at = minute * 60_000;
          expect(momentOf(shown(at, zone), zone)).toBeLessThanOrEqual(at);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["Europe/Berlin", true],
    ["UTC", true],
    ["Mars/Olympus", false],
    ["", false],
    ["+02:00", false],
    ["Europe/Berlin; drop", false],
  ])("%j is a zone: %s", (name, is) => {
    expect(isTimeZone(name)).toBe(is);
  });
});
