import { beforeEach, describe, expect, it } from "vitest";
import type { LedgerEvent } from "../terms/index.js";
import type { Alert, Silence } from "./model.js";
import { type AlertNotice, isOpen } from "./ports.js";
import { evaluateRound } from "./round.js";
import type { ReadyRule } from "./round-input.js";
import { instancesOf, type Provider, rulesOf } from "./rules.js";
import { AlertingSettings, AlertRules } from "./settings.js";

const second = 1_000;
const minute = 60 * second;

const providers: Provider[] = [
  { monitor: "api", series: ["health_check_failed", "error_rate"], labels: {}, everyMs: 60_000 },
  { monitor: "web", series: ["health_check_failed"], labels: {}, everyMs: 60_000 },
];
const down = {
  name: "down",
  condition: "health_check_failed",
  severity: "critical",
  actions: ["slack_notification", "page_oncall"],
};
const errors = {
  name: "errors",
  condition: "error_rate > 1%",
  severity: "high",
  actions: ["slack_notification", "email_team"],
};

/** A world in which minutes pass and monitors say what they are told to say. */
function world(rules: object[], alerting: object = {}) {
  const ready: ReadyRule[] = rulesOf(AlertRules.parse(rules)).map((rule) => ({
    rule,
    instances: instancesOf(rule, providers).instances,
  }));
  const settings = AlertingSettings.parse(alerting);
  let now = 1_000_000 * minute;
  let alerts: Alert[] = [];
  let silences: Silence[] = [];
  const says = new Map<string, number | undefined>();
  const notices: AlertNotice[] = [];
  const events: LedgerEvent[] = [];
  const it = {
    release: undefined as { id: string; startedAt: number } | undefined,
    rules: ready,
    now: () => now,
    alerts: () => alerts,
    firing: () =>
      alerts.filter(({ state }) => state === "firing").map(({ rule, series }) => `${rule} ${series}`),
    notices,
    events,
    kinds: () => events.map(({ kind }) => kind),
    silences: () => silences,
    say: (series: string, monitor: string, value: number | undefined) =>
      says.set(`${series} ${monitor}`, value),
    silence: (matchers: Silence["matchers"], ms: number) =>
      silences.push({
        id: `sil_${silences.length}`,
        service: "shop",
        environment: "production",
        matchers,
        comment: "known",
        source: { kind: "person", id: "ada" },
        startsAt: now,
        endsAt: now + ms,
      }),
    change: (id: string, how: (alert: Alert) => Alert) => {
      alerts = alerts.map((alert) =>
        alert.id === id ? how({ ...alert, version: alert.version + 1 }) : alert,
      );
    },
    /** Evaluates now, then lets time pass. @returns the texts that were sent. */
    round: (ms = 30 * second) => {
      const change = evaluateRound({
        service: "shop",
        environment: "production",
        now,
        rules: it.rules,
        alerts,
        silences,
        release: it.release,
        samples: (series, monitor) => {
          const value = says.get(`${series} ${monitor}`);
          return value === undefined ? undefined : { at: [now], values: [value] };
        },
        channelsOf: (action, severity) =>
          action === "slack_notification"
            ? [`#${severity}`]
            : action === "email_team"
              ? ["team@example.com"]
              : [],
        settings,
      });
      const kept = new Map(alerts.map((alert) => [alert.id, alert]));
      for (const alert of change.alerts) kept.set(alert.id, alert);
      alerts = [...kept.values()].filter(isOpen);
      const changed = new Map(silences.map((one) => [one.id, one]));
      for (const one of change.silences) changed.set(one.id, one);
      silences = [...changed.values()].filter(({ endedAt }) => endedAt === undefined);
      notices.push(...change.notices);
      events.push(...change.events);
      now += ms;
      return change.notices.map(({ channel, status, text }) => `${channel} ${status ?? ""}: ${text}`);
    },
    rounds: (count: number, ms = 30 * second) => Array.from({ length: count }, () => it.round(ms)).flat(),
  };
  return it;
}

describe("from a fault to the people and back", () => {
  it("is pending, fires, tells once, and tells that it is over", () => {
    const w = world([{ ...down, duration: "2m" }]);
    w.say("health_check_failed", "api", 0);
    w.say("health_check_failed", "web", 0);
    expect(w.rounds(3)).toEqual([]);
    expect(w.kinds()).toEqual([]);
    w.say("health_check_failed", "api", 1);
    expect(w.rounds(4)).toEqual([]);
    expect(w.kinds()).toEqual(["alert.pending"]);
    const [told] = w.round();
    expect(told).toMatch(
      /^#critical open: shop in production: critical: down on api fires; health_check_failed yes, since 2m\nQuiet it.*atoms alerts ack alert_down_api_/,
    );
    expect(w.alerts()[0]?.due).toEqual(["page_oncall"]);
    expect(w.rounds(20)).toEqual([]);
    w.say("health_check_failed", "api", 0);
    expect(w.round()[0]).toMatch(
      /^#critical resolved: shop in production: resolved: down on api, after 10m30s/,
    );
    expect(w.kinds()).toEqual(["alert.pending", "alert.firing", "alert.resolved"]);
    expect(w.alerts()).toEqual([]);
    expect(new Set(w.notices.map(({ thread }) => thread)).size).toBe(1);
  });

  it("what passes before its time is told to nobody", () => {
    const w = world([{ ...down, duration: "2m" }]);
    w.say("health_check_failed", "api", 1);
    w.rounds(3);
    w.say("health_check_failed", "api", 0);
    expect(w.rounds(3)).toEqual([]);
    expect(w.kinds()).toEqual(["alert.pending", "alert.passed"]);
  });

  it("fires at once without a duration, and is a new episode each time", () => {
    const w = world([down]);
    for (const value of [1, 0, 1]) {
      w.say("health_check_failed", "api", value);
      w.round();
    }
    expect(w.kinds()).toEqual(["alert.firing", "alert.resolved", "alert.firing"]);
    expect(new Set(w.notices.map(({ thread }) => thread)).size).toBe(2);
  });

  it("the same round again gives the same change: a lost one is simply done again", () => {
    const w = world([down]);
    w.say("health_check_failed", "api", 1);
    w.round(0);
    const first = [w.notices[0]?.key, w.events[0]?.key];
    const again = world([down]);
    again.say("health_check_failed", "api", 1);
    again.round(0);
    expect([again.notices[0]?.key, again.events[0]?.key]).toEqual(first);
  });

  it("a rule that left the playbook is over", () => {
    const w = world([down]);
    w.say("health_check_failed", "api", 1);
    w.round();
    w.rules = [];
    w.round();
    expect(w.kinds()).toEqual(["alert.firing", "alert.resolved"]);
  });
});

describe("hysteresis and missing samples", () => {
  it("resolves only when the clear condition holds", () => {
    const w = world([{ ...errors, clear: "error_rate < 0.5%" }]);
    for (const [value, firing] of [
      [0.02, 1],
      [0.008, 1],
      [0.012, 1],
      [0.006, 1],
      [0.004, 0],
      [0.008, 0],
    ] as const) {
      w.say("error_rate", "api", value);
      w.round();
      expect(w.firing(), String(value)).toHaveLength(firing);
    }
  });

  it.each([
    ["ok", [], ["alert.firing", "alert.resolved"]],
    ["keep", ["errors api"], ["alert.firing"]],
    ["alert", ["errors api"], ["alert.firing"]],
  ] as const)("missing: %s", (missing, firing, kinds) => {
    const w = world([{ ...errors, missing }]);
    w.say("error_rate", "api", 0.02);
    w.round();
    w.say("error_rate", "api", undefined);
    w.rounds(3);
    expect(w.firing()).toEqual(firing);
    expect(w.kinds()).toEqual(kinds);
  });

  it("missing: alert fires for a monitor that never said anything", () => {
    const w = world([{ ...errors, missing: "alert" }]);
    expect(w.round()[0]).toMatch(/error_rate unknown/);
  });
});

describe("who is told how often", () => {
  let w: ReturnType<typeof world>;
  beforeEach(() => {
    w = world([down, errors]);
  });

  it("alerts of a rule share a message, news waits for the interval", () => {
    w.say("health_check_failed", "api", 1);
    w.say("health_check_failed", "web", 1);
    const [first] = w.round();
    expect(first).toMatch(/2 firing\n- critical: down on api .*\n- critical: down on web /);
    w.say("health_check_failed", "web", 0);
    expect(w.rounds(9)).toEqual([]);
    expect(w.round()[0]).toMatch(/1 firing, 1 resolved/);
    w.say("health_check_failed", "api", 0);
    expect(w.round()[0]).toMatch(/^#critical resolved/);
  });

  it("repeats until somebody acknowledges, and then only tells the end", () => {
    w.say("error_rate", "api", 0.02);
    expect(w.round()).toHaveLength(2);
    expect(w.rounds(48, 5 * minute)).toEqual([]);
    expect(w.round(5 * minute)[0]).toMatch(/still fires/);
    w.change(w.alerts()[0]?.id ?? "", (alert) => ({
      ...alert,
      acknowledgedBy: "ada",
      acknowledgedAt: w.now(),
    }));
    expect(w.rounds(100, 5 * minute)).toEqual([]);
    expect(w.alerts()[0]?.quiet).toEqual({ why: "acknowledged", by: "ada" });
    w.say("error_rate", "api", 0);
    expect(w.round()[0]).toMatch(/resolved: errors on api/);
  });

  it("acknowledged before its group is told of again does not hold others back", () => {
    w.say("health_check_failed", "api", 1);
    w.round();
    w.change(w.alerts()[0]?.id ?? "", (alert) => ({ ...alert, acknowledgedBy: "ada" }));
    w.say("health_check_failed", "web", 1);
    const texts = w.rounds(11);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(/down on web/);
    expect(texts[0]).not.toMatch(/down on api/);
  });
});

describe("silences", () => {
  it("keep quiet, remind before they end of what still fires, and end", () => {
    const w = world([errors], { silence_reminder: "10m" });
    w.silence([{ label: "rule", operator: "=", value: "errors" }], 30 * minute);
    w.say("error_rate", "api", 0.02);
    expect(w.rounds(20, minute)).toEqual([]);
    expect(w.alerts()[0]).toMatchObject({
      state: "firing",
      due: [],
      quiet: { why: "silence", silence: "sil_0" },
    });
    expect(w.round(minute)[0]).toMatch(
      /#high : The silence rule=errors \(known\) ends in 10m\. Still firing under it:\n- high: errors on api; error_rate 2%\nKeep it quiet for longer: atoms silence extend sil_0/,
    );
    expect(w.rounds(9, minute)).toEqual([]);
    expect(w.round(minute)[0]).toMatch(/^#high open: .*errors on api fires/);
    expect(w.kinds()).toEqual(["alert.firing", "silence.reminded", "silence.ended"]);
    expect(w.silences()).toEqual([]);
  });

  it("nobody is reminded of a silence under which nothing fires", () => {
    const w = world([errors]);
    w.silence([{ label: "rule", operator: "=~", value: "err*" }], 30 * minute);
    w.say("error_rate", "api", 0);
    expect(w.rounds(40, minute)).toEqual([]);
    expect(w.kinds()).toEqual(["silence.ended"]);
  });

  it("who was told of the fire hears of its end also under a silence", () => {
    const w = world([errors]);
    w.say("error_rate", "api", 0.02);
    w.round();
    w.silence([{ label: "rule", operator: "=", value: "errors" }], 30 * minute);
    w.round();
    w.say("error_rate", "api", 0);
    expect(w.round()[0]).toMatch(/resolved/);
  });

  it("a release mutes the rules that ask for it, for itself alone and not for ever", () => {
    const w = world([{ ...errors, during_release: "mute" }, down], { mute_at_most: "20m" });
    w.release = { id: "rel_1", startedAt: w.now() };
    w.say("error_rate", "api", 0.02);
    w.say("health_check_failed", "api", 1);
    expect(w.rounds(3, minute).every((text) => text.includes("down"))).toBe(true);
    expect(w.silences()).toMatchObject([{ id: "mute_rel_1", source: { kind: "release", id: "rel_1" } }]);
    w.release = undefined;
    expect(w.rounds(2, minute).join()).toMatch(/errors on api fires/);
    expect(w.kinds()).toContain("silence.ended");

    const stuck = world([{ ...errors, during_release: "mute" }], { mute_at_most: "20m" });
    stuck.release = { id: "rel_2", startedAt: stuck.now() };
    stuck.say("error_rate", "api", 0.02);
    expect(stuck.rounds(20, minute)).toEqual([]);
    expect(stuck.round(minute)).not.toEqual([]);
    expect(stuck.rounds(5, minute)).toEqual([]);
    expect(stuck.kinds().filter((kind) => kind === "silence.added")).toHaveLength(1);
  });
});

describe("inhibition", () => {
  it("a source keeps targets quiet that have the labels in common", () => {
    const w = world([down, errors], {
      inhibit: [{ source: ["rule=down"], target: ["severity=high"], equal: ["monitor"] }],
    });
    w.say("health_check_failed", "api", 1);
    w.say("error_rate", "api", 0.02);
    expect(w.rounds(2)).toHaveLength(1);
    expect(w.alerts().find(({ rule }) => rule === "errors")?.quiet).toMatchObject({ why: "inhibited" });
    w.say("health_check_failed", "api", 0);
    expect(w.round().join()).toMatch(/errors on api fires/);

    const other = world([down, errors], {
      inhibit: [{ source: ["rule=down"], target: ["severity=high"], equal: ["monitor"] }],
    });
    other.say("health_check_failed", "web", 1);
    other.say("error_rate", "api", 0.02);
    expect(other.round().join()).toMatch(/errors on api fires/);
  });

  it("a fast burn keeps the slower ones of its objective quiet", () => {
    const rules = rulesOf(
      AlertRules.parse([
        {
          name: "slo",
          slo: { metric: "error_rate", objective: "99%" },
          severity: "critical",
          actions: ["slack_notification"],
        },
      ]),
    );
    const w = world([]);
    w.rules = rules.map((rule) => ({ rule, instances: instancesOf(rule, providers).instances }));
    w.say("error_rate", "api", 0.5);
    expect(w.round()).toHaveLength(1);
    expect(w.firing()).toHaveLength(4);
    expect(w.alerts().filter(({ quiet }) => quiet === undefined)).toMatchObject([{ rule: "slo_1h" }]);
  });
});

it("ends the page of an alert that is over", () => {
  const w = world([down]);
  w.say("health_check_failed", "api", 1);
  w.round();
  w.change(w.alerts()[0]?.id ?? "", (alert) => ({
    ...alert,
    due: [],
    outcomes: { page_oncall: { at: w.now(), done: true, because: "page_1" } },
  }));
  w.round();
  expect(w.alerts()[0]?.due).toEqual([]);
  w.say("health_check_failed", "api", 0);
  w.round();
  expect(w.alerts()).toMatchObject([{ state: "resolved", due: ["page_oncall"] }]);
});
