import { describe, expect, it } from "vitest";
import { onCallPlan, type PlanSource, planMistakes } from "./plan.js";
import { firstHandover, OnCallSettings } from "./settings.js";

const contacts = {
  oncall_primary: "+1-555-0100",
  oncall_secondary: "ben@example.com",
  cto: "#leads",
  status_page: "https://status.example.com",
};
const source = (change: Partial<PlanSource> = {}): PlanSource => ({
  on_call: undefined,
  contacts,
  channels: ["pagerduty", "slack", "email"],
  ...change,
});
const settings = (given: object) => OnCallSettings.parse(given);
const minute = 60_000;

describe("without on_call", () => {
  it("the contacts are told in the runbook's order, by the runbook's response times", () => {
    const plan = onCallPlan(source());
    expect(plan.steps).toEqual(["oncall_primary", "oncall_secondary", "cto"]);
    expect(plan.respondWithin).toEqual({
      P1: 5 * minute,
      P2: 15 * minute,
      P3: 60 * minute,
      P4: 1_440 * minute,
    });
    expect(plan.people["oncall_primary"]).toEqual({
      name: "oncall_primary",
      phone: "+1-555-0100",
      ways: [{ kind: "pagerduty", channel: "pagerduty" }],
    });
    expect(plan.people["oncall_secondary"]?.ways.map(({ channel }) => channel)).toEqual([
      "pagerduty",
      "ben@example.com",
    ]);
    expect(plan.people["cto"]?.ways.map(({ channel }) => channel)).toEqual(["pagerduty", "#leads"]);
  });

  it("a number alone reaches nobody where there is no PagerDuty", () => {
    expect(onCallPlan(source({ channels: ["slack"] })).people["oncall_primary"]?.ways).toEqual([]);
  });
});

describe("with on_call", () => {
  it("a contact of the same name adds its number or address", () => {
    const on_call = settings({ people: { oncall_primary: { slack: "U0123ABCD" }, oncall_secondary: {} } });
    const { people } = onCallPlan(source({ on_call }));
    expect(people["oncall_primary"]).toEqual({
      name: "oncall_primary",
      phone: "+1-555-0100",
      ways: [{ kind: "slack", channel: "@U0123ABCD" }],
    });
    expect(people["oncall_secondary"]?.ways).toEqual([{ kind: "email", channel: "ben@example.com" }]);
    expect(people).not.toHaveProperty("cto");
  });

  it.each([
    { starts: "2026-01-05", handover: "Monday 09:00", first: "2026-01-05T09:00" },
    { starts: "2026-01-06", handover: "Monday 09:00", first: "2026-01-12T09:00" },
    { starts: "2026-01-05", handover: "Sunday 23:59", first: "2026-01-11T23:59" },
    { starts: "2026-01-07", handover: "00:00", rotation: "daily", first: "2026-01-07T00:00" },
  ])("the first handover of $handover from $starts is $first", ({ first, ...given }) => {
    const { schedules } = settings({ schedules: { s: { people: ["a"], time_zone: "UTC", ...given } } });
    expect(schedules["s"] && firstHandover(schedules["s"])).toBe(Date.parse(`${first}Z`));
  });

  it.each([
    { why: "no such zone", given: { time_zone: "Mars/Olympus" } },
    { why: "a day in a daily rotation", given: { rotation: "daily", handover: "Monday 09:00" } },
    { why: "no day in a weekly one", given: { handover: "09:00" } },
    { why: "no time of the day", given: { handover: "Monday 24:00" } },
    { why: "no such date", given: { starts: "2026-13-01" } },
    { why: "nobody", given: { people: [] } },
  ])("$why is refused", ({ given }) => {
    const schedule = { people: ["ana"], time_zone: "UTC", ...given };
    expect(OnCallSettings.safeParse({ schedules: { s: schedule } }).success).toBe(false);
  });
});

describe("mistakes between settings", () => {
  const mistakes = (on_call: object, change: Partial<PlanSource> = {}) =>
    planMistakes(source({ on_call: settings(on_call), ...change })).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
  const ana = { ana: { email: "ana@example.com" } };
  const steps = { escalation: { steps: ["ana"] } };

  it("none in a plan that reaches everybody", () => {
    expect(mistakes({ people: ana, ...steps })).toEqual([]);
    expect(planMistakes(source())).toEqual([]);
  });

  it("a person whom no channel reaches", () => {
    expect(mistakes({ people: ana, ...steps }, { channels: ["slack"] })).toEqual([
      expect.stringMatching(
        /^on_call\.people\.ana: can't be reached: no way is named that a channel serves; name/,
      ),
    ]);
    expect(mistakes({ people: { ana: { phone: "+1-555-0100" } }, ...steps })).toEqual([
      expect.stringMatching(/^on_call\.people\.ana: can't be reached: Atoms can't call a telephone; name/),
    ]);
  });

  it("names that nobody bears, and names that two bear", () => {
    expect(
      mistakes({
        people: ana,
        schedules: { ana: { people: ["ben"], time_zone: "UTC" } },
        escalation: { steps: ["ana", "cto"] },
      }),
    ).toEqual([
      expect.stringMatching(/^on_call\.schedules\.ana: is the name of a person as well/),
      expect.stringMatching(/^on_call\.schedules\.ana\.people\.0: names ben, who is not among/),
      expect.stringMatching(/^on_call\.escalation\.steps\.1: names cto, which is neither/),
    ]);
  });
});
