import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asUtc, atomsItself, wallTimeAt } from "../terms/index.js";
import { handoverAt, nextMove, onCallAt, shiftsFrom, turnAt } from "./decide.js";
import type { OnCallPlan, Override, Schedule, Told } from "./model.js";

const hour = 3_600_000;
const day = 24 * hour;
const utc = (text: string) => Date.parse(`${text}Z`);

const weekly: Schedule = {
  name: "primary",
  people: ["ana", "ben", "cy"],
  timeZone: "Europe/Berlin",
  days: 7,
  firstHandover: utc("2026-01-05T09:00"),
};
const reached = (name: string) => ({ name, ways: [{ kind: "pagerduty", channel: "pagerduty" } as const] });
const plan: OnCallPlan = {
  people: {
    ana: reached("ana"),
    ben: reached("ben"),
    cy: reached("cy"),
    lead: reached("lead"),
    nobody: { name: "nobody", phone: "+1-555-0100", ways: [] },
  },
  schedules: { primary: weekly },
  steps: ["primary", "lead"],
  respondWithin: { P1: 5 * 60_000, P2: 15 * 60_000, P3: hour, P4: day },
  rounds: 2,
  lastResort: "#incidents",
};
const override = (person: string, from: string, until: string, addedAt = 0): Override => ({
  id: `${person}/${from}/${addedAt}`,
  service: "shop",
  environment: "production",
  step: "primary",
  person,
  from: utc(from),
  until: utc(until),
  addedBy: atomsItself,
  addedAt,
});

describe("whose turn it is", () => {
  it.each([
    { at: "2026-01-05T07:59", who: "cy", why: "a minute before the first handover" },
    { at: "2026-01-05T08:00", who: "ana", why: "nine in Berlin is eight in winter" },
    { at: "2026-01-12T07:59", who: "ana", why: "the end of the week" },
    { at: "2026-01-12T08:00", who: "ben", why: "the next one" },
    { at: "2026-03-30T06:59", who: "cy", why: "nine in Berlin is seven in summer" },
    { at: "2026-03-30T07:00", who: "ana", why: "the handover kept its time on the wall" },
    { at: "2025-12-29T08:00", who: "cy", why: "turns go back in time" },
  ])("$at UTC: $who ($why)", ({ at, who }) => {
    expect(turnAt(weekly, utc(at)).person).toBe(who);
  });

  it("a week with a clock change has an hour less or more, and none is lost", () => {
    const spring = turnAt(weekly, utc("2026-03-25T00:00"));
    expect(spring.until - spring.from).toBe(7 * day - hour);
    const autumn = turnAt(weekly, utc("2026-10-22T00:00"));
    expect(autumn.until - autumn.from).toBe(7 * day + hour);
  });

  const schedules = fc.record({
    timeZone: fc.constantFrom(
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Pacific/Apia",
      "Pacific/Chatham",
      "Africa/Casablanca",
      "UTC",
    ),
    days: fc.constantFrom(1, 2, 7, 14),
    minute: fc.integer({ min: 0, max: 1_439 }),
    people: fc.integer({ min: 1, max: 5 }).map((n) => ["a", "b", "c", "d", "e"].slice(0, n)),
    at: fc.integer({ min: utc("2006-01-01"), max: utc("2036-01-01") }),
  });

  it("somebody always has the turn, it holds the moment, and it ends where the next one begins", () => {
    fc.assert(
      fc.property(schedules, ({ timeZone, days, minute, people, at }) => {
        const firstHandover = utc("2026-01-05") + minute * 60_000;
        const schedule = { name: "s", people, timeZone, days, firstHandover };
        const turn = turnAt(schedule, at);
        expect(people).toContain(turn.person);
        expect(turn.from).toBeLessThanOrEqual(at);
        expect(turn.until).toBeGreaterThan(at);
        expect(turn.until - turn.from).toBeLessThanOrEqual((days + 1) * day + hour);
        const next = turnAt(schedule, turn.until);
        expect(next.from).toBe(turn.until);
        // A day that a zone skipped has no turn of its own, so that two are passed at once there.
        const place = people.indexOf(turn.person);
        const nextOnes = [1, 2].map((n) => people[(place + n) % people.length]);
        expect(nextOnes).toContain(next.person);
      }),
      { numRuns: 400 },
    );
  });

  it("the handover shows the same time on the wall, unless the clocks leave it out", () => {
    fc.assert(
      fc.property(
        schedules,
        fc.integer({ min: -2_000, max: 2_000 }),
        ({ timeZone, days, minute, people }, n) => {
          const firstHandover = utc("2026-01-05") + minute * 60_000;
          const at = handoverAt({ name: "s", people, timeZone, days, firstHandover }, n);
          const wanted = firstHandover + n * days * day;
          expect([0, 30 * 60_000, hour, day]).toContain(asUtc(wallTimeAt(at, timeZone)) - wanted);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("overrides", () => {
  const overrides = [
    override("cy", "2026-01-07T00:00", "2026-01-08T00:00", 1),
    override("lead", "2026-01-07T12:00", "2026-01-07T18:00", 2),
  ];
  it.each([
    { at: "2026-01-06T12:00", who: "ana", until: "2026-01-07T00:00" },
    { at: "2026-01-07T00:00", who: "cy", until: "2026-01-07T12:00" },
    { at: "2026-01-07T12:00", who: "lead", until: "2026-01-07T18:00" },
    { at: "2026-01-07T18:00", who: "cy", until: "2026-01-08T00:00" },
    { at: "2026-01-08T00:00", who: "ana", until: "2026-01-12T08:00" },
  ])("$at: $who until $until", ({ at, who, until }) => {
    expect(onCallAt(plan, "primary", utc(at), overrides)).toMatchObject({ person: who, until: utc(until) });
  });

  it("the preview has no gap and nobody twice in a row", () => {
    const shifts = shiftsFrom(plan, "primary", utc("2026-01-06T00:00"), utc("2026-01-20T00:00"), overrides);
    expect(shifts.map(({ person }) => person)).toEqual(["ana", "cy", "lead", "cy", "ana", "ben", "cy"]);
    for (const [i, shift] of shifts.entries()) if (i > 0) expect(shift.from).toBe(shifts[i - 1]?.until);
  });

  it("whatever overrides there are, shifts follow each other without gaps", () => {
    const some = fc.array(
      fc
        .record({
          person: fc.constantFrom("ana", "ben", "cy", "lead"),
          from: fc.integer({ min: 0, max: 400 }),
          long: fc.integer({ min: 1, max: 200 }),
          addedAt: fc.integer({ min: 0, max: 5 }),
        })
        .map(
          ({ person, from, long, addedAt }): Override => ({
            ...override(person, "2026-01-05T00:00", "2026-01-06T00:00", addedAt),
            id: `${person}-${from}-${long}-${addedAt}`,
            from: utc("2026-01-05T00:00") + from * hour,
            until: utc("2026-01-05T00:00") + (from + long) * hour,
          }),
        ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(some, (given) => {
        const start = utc("2026-01-05T00:00");
        const shifts = shiftsFrom(plan, "primary", start, start + 20 * day, given, 1_000);
        expect(shifts[0]?.from).toBeLessThanOrEqual(start);
        for (const [i, { from, until, person }] of shifts.entries()) {
          expect(until).toBeGreaterThan(from);
          if (i > 0) expect(from).toBe(shifts[i - 1]?.until);
          const middle = Math.max(start, from) + 1;
          expect(onCallAt(plan, "primary", middle, given)?.person).toBe(person);
        }
        expect(shifts.at(-1)?.until).toBeGreaterThanOrEqual(start + 20 * day);
      }),
      { numRuns: 200 },
    );
  });
});

describe("whom a page goes to next", () => {
  const now = utc("2026-01-06T12:00");
  const told = (turn: number, person: string): Told => ({
    turn,
    step: "",
    person,
    channels: ["pagerduty"],
    at: now,
  });

  it.each([
    { severity: "P1", waitMs: 300_000 },
    { severity: "P2", waitMs: 900_000 },
    { severity: "P3", waitMs: 3_600_000 },
    { severity: "P4", waitMs: 86_400_000 },
  ] as const)("$severity: the first one has $waitMs ms", ({ severity, waitMs }) => {
    expect(nextMove(plan, severity, 0, [], [], now)).toMatchObject({
      do: "tell",
      step: "primary",
      person: { name: "ana" },
      waitMs,
    });
  });

  it("goes through the steps, begins anew, and gives up", () => {
    expect(nextMove(plan, "P1", 1, [told(0, "ana")], [], now)).toMatchObject({ person: { name: "lead" } });
    expect(nextMove(plan, "P1", 2, [told(0, "ana"), told(1, "lead")], [], now)).toMatchObject({
      person: { name: "ana" },
    });
    expect(nextMove(plan, "P1", 4, [told(0, "ana")], [], now)).toEqual({
      do: "give up",
      because: "nobody answered in 2 rounds",
    });
  });

  it("passes who was told in this round already, who cannot be reached, and who is gone", () => {
    const standIn = [override("lead", "2026-01-06T00:00", "2026-01-07T00:00")];
    expect(nextMove(plan, "P1", 0, [], standIn, now)).toMatchObject({ person: { name: "lead" } });
    expect(nextMove(plan, "P1", 1, [told(0, "lead")], standIn, now)).toMatchObject({
      do: "pass",
      because: "was told a moment ago",
    });
    expect(nextMove({ ...plan, steps: ["nobody"] }, "P1", 0, [], [], now)).toMatchObject({
      do: "pass",
      because: "no configured channel reaches them",
    });
    expect(nextMove({ ...plan, steps: ["stranger"] }, "P1", 0, [], [], now)).toMatchObject({
      do: "pass",
      because: "nobody is on call there",
    });
    const gone = [override("dan", "2026-01-06T00:00", "2026-01-07T00:00")];
    expect(nextMove(plan, "P1", 0, [], gone, now)).toMatchObject({
      do: "pass",
      because: "dan is no longer in the playbook",
    });
  });

  it("says so when nobody at all can be reached", () => {
    const silent = { ...plan, steps: ["nobody"], rounds: 1 };
    const passed = { turn: 0, step: "nobody", person: "nobody", channels: [], at: now };
    expect(nextMove(silent, "P1", 1, [passed], [], now)).toEqual({
      do: "give up",
      because: "nobody on call can be reached by a configured channel",
    });
    expect(nextMove({ ...plan, steps: [] }, "P1", 0, [], [], now)).toMatchObject({ do: "give up" });
  });
});
