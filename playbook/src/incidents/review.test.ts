import { describe, expect, it } from "vitest";
import type { LedgerEntry } from "../terms/index.js";
import { acknowledged, followedUp, noted, openedIncident, resolved } from "./change.js";
import type { Incident } from "./model.js";
import { issuesOf, postMortem } from "./review.js";
import { IncidentSettings, incidentRules } from "./settings.js";
import { timelineOf } from "./timeline.js";

const noon = Date.UTC(2026, 10, 27, 12);
const minute = 60_000;
const ada = { kind: "person", name: "ada", via: "cli" } as const;
const rules = incidentRules(IncidentSettings.parse({}), { incidents: undefined, slackApp: false });
const entry = (
  seq: number,
  at: number,
  kind: string,
  data: LedgerEntry["data"],
  more: object = {},
): LedgerEntry => ({
  key: String(seq),
  seq,
  hash: "",
  previous: "",
  kind,
  at,
  actor: ada,
  service: "shop",
  environment: "production",
  data,
  ...more,
});

function story(): { incident: Incident; entries: LedgerEntry[] } {
  const entries = [
    entry(1, noon - 70 * minute, "release.started", { version: "v1" }),
    entry(2, noon - 30 * minute, "release.started", { version: "v2" }, { release: "rel_2" }),
    entry(3, noon - 29 * minute, "analysis.observed", {}),
    entry(4, noon - minute, "alert.firing", {
      alert: "alert_1",
      rule: "service_down",
      saw: "health_check_failed",
    }),
    entry(5, noon - minute, "release.started", { version: "v9" }, { environment: "staging" }),
  ];
  let at = noon;
  const hand = () => ({ actor: ada, at, rules });
  const opened = openedIncident(
    {
      id: "inc_1",
      service: "shop",
      environment: "production",
      severity: "P1",
      title: "service_down | <b>",
      source: { kind: "alert", id: "alert_1" },
      fromSeq: 0,
      playbook: { path: "", text: "", platform: "local" },
    },
    hand(),
  );
  let { incident } = opened;
  entries.push(...opened.events.map((one, i) => entry(10 + i, one.at, one.kind, one.data)));
  const steps = [
    () => acknowledged(incident, hand()),
    () => noted(incident, hand(), { text: "pool is empty", evidence: "https://g.example.com/d/7" }),
    () => followedUp(incident, hand(), "alert on the pool", "ben"),
    () =>
      resolved(incident, hand(), {
        text: "taken back",
        findings: [{ what: "shop.localhost", ok: true, saw: "200" }],
      }),
  ];
  for (const step of steps) {
    at += minute;
    const done = step();
    if (done === undefined) throw new Error("nothing changed");
    incident = done.incident;
    entries.push(...done.events.map((one) => entry(20 + entries.length, one.at, one.kind, one.data)));
  }
  return { incident, entries };
}

describe("the story of an incident", () => {
  it("has what names it and what changed where it was, in order, and nothing else", () => {
    const { incident, entries } = story();
    const told = timelineOf(incident, entries, ({ data }) => String(data["version"]));
    expect(told.map(({ says }) => says)).toEqual([
      "release.started: v2",
      "alert service_down fires: health_check_failed",
      "opened as P1: service_down | <b>",
      "ada has it, after 1m",
      "pool is empty (https://g.example.com/d/7)",
      "to be done: alert on the pool (ben)",
      "resolved, after 4m: taken back",
    ]);
  });

  it("becomes a post-mortem that says what is known and asks for the rest", () => {
    const { incident, entries } = story();
    const text = postMortem(
      incident,
      timelineOf(incident, entries, () => ""),
      rules,
      noon + 60 * minute,
    );
    for (const line of [
      "# Post-mortem: service_down \\| &lt;b>",
      "| Time to notice | 1m |",
      "| Time to respond | 1m |",
      "| Time to resolve | 4m |",
      "| Promises | P1: response within 5m, resolution within 1h; kept |",
      "- `atoms alerts show alert_1`: the alert",
      "- https://g.example.com/d/7",
      "- well: shop.localhost, 200",
      "- <What made it possible?>",
      "- [ ] alert on the pool (ben)",
    ])
      expect(text.split("\n")).toContain(line);
    expect(text).not.toContain("v9");
  });

  it("gives what is to be done as issues", () => {
    expect(issuesOf(story().incident)).toEqual([
      {
        title: "alert on the pool",
        body: "From the post-mortem of inc_1 (P1: service_down | <b>), noted by ada at 2026-11-27 12:03:00 UTC.",
        labels: ["incident", "P1"],
        assignee: "ben",
      },
    ]);
  });
});
