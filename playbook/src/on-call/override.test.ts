import { describe, expect, it } from "vitest";
import type { OnCallPlan } from "./model.js";
import { overrideWindow } from "./override.js";

const now = Date.parse("2026-07-01T12:00Z");
const hour = 3_600_000;
const person = (name: string) => ({ name, ways: [] });
const plan: OnCallPlan = {
  people: { ana: person("ana"), ben: person("ben") },
  schedules: {
    primary: {
      name: "primary",
      people: ["ana"],
      timeZone: "Europe/Berlin",
      days: 7,
      firstHandover: Date.parse("2026-01-05T09:00Z"),
    },
  },
  steps: ["primary", "ben"],
  respondWithin: { P1: 1, P2: 1, P3: 1, P4: 1 },
  rounds: 1,
  lastResort: "#incidents",
};

describe("an override", () => {
  it.each([
    { given: { forMs: 4 * hour }, from: "2026-07-01T12:00Z", until: "2026-07-01T16:00Z" },
    { given: { until: "2026-07-01T18:00" }, from: "2026-07-01T12:00Z", until: "2026-07-01T16:00Z" },
    {
      given: { from: "2026-12-24 18:00", forMs: hour },
      from: "2026-12-24T17:00Z",
      until: "2026-12-24T18:00Z",
    },
    {
      given: { from: "2026-12-24T18:00Z", until: "2026-12-24T18:00-01:00" },
      from: "2026-12-24T18:00Z",
      until: "2026-12-24T19:00Z",
    },
    // Clocks go from 02:00 to 03:00: 02:30 is never shown, and is 03:30.
    { given: { until: "2027-03-28T02:30" }, from: "2026-07-01T12:00Z", until: "2027-03-28T01:30Z" },
    // Of a person there is no zone.
    {
      given: { step: "ben", from: "2026-12-24T18:00", forMs: hour },
      from: "2026-12-24T18:00Z",
      until: "2026-12-24T19:00Z",
    },
  ])("$given", ({ given, from, until }) => {
    expect(overrideWindow(plan, { step: "primary", person: "ben", ...given }, now)).toEqual({
      from: Date.parse(from),
      until: Date.parse(until),
    });
  });

  it.each([
    {
      given: { step: "nobody", forMs: hour },
      told: /nobody is neither a schedule nor a step.*primary, ben/s,
    },
    { given: { step: "toString", forMs: hour }, told: /toString is neither/ },
    { given: { person: "cy", forMs: hour }, told: /cy is not among.*ana, ben/s },
    { given: {}, told: /needs an end/ },
    { given: { until: "2026-07-02T12:00", forMs: hour }, told: /needs an end/ },
    { given: { until: "2026-07-01T13:59" }, told: /before it begins/ },
    { given: { from: "2026-06-01T12:00", until: "2026-06-02T12:00" }, told: /over already/ },
    { given: { from: "2026-07-02T12:00", until: "2026-07-02T11:00" }, told: /before it begins/ },
    { given: { until: "2028-07-02T12:00" }, told: /longer than a year/ },
    ...["tomorrow", "2026-02-30T12:00", "2026-07-02", "2026-07-02T25:00", "2026-07-02T12:00 CET"].map(
      (until) => ({
        given: { until },
        told: /is no time.*Europe\/Berlin/s,
      }),
    ),
  ])("that makes no sense: $given", ({ given, told }) => {
    expect(() => overrideWindow(plan, { step: "primary", person: "ben", ...given }, now)).toThrow(
      expect.objectContaining({ code: "ATM-892" }),
    );
    try {
      overrideWindow(plan, { step: "primary", person: "ben", ...given }, now);
    } catch (error) {
      expect(JSON.stringify((error as { toJSON(): object }).toJSON())).toMatch(told);
    }
  });
});
