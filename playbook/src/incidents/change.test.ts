import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as does from "./change.js";
import { checklistOf } from "./checklist.js";
import { nextIncidentMove } from "./decide.js";
import { type Incident, isUnderWay, workStates } from "./model.js";
import type { IncidentChange } from "./ports.js";
import { IncidentSettings, incidentRules } from "./settings.js";

const noon = Date.UTC(2026, 10, 27, 12);
const minute = 60_000;
const ada = { kind: "person", name: "ada", via: "cli" } as const;
const rules = incidentRules(IncidentSettings.parse({}), { incidents: "#inc", slackApp: true });
const hand = (at = noon) => ({ actor: ada, at, rules });
const opened = (more: Partial<does.IncidentOrder> = {}) =>
  does.openedIncident(
    {
      id: "inc_1",
      service: "shop",
      environment: "production",
      severity: "P1",
      title: "Checkout is down!",
      source: { kind: "person", id: "ada" },
      fromSeq: 0,
      playbook: { path: "/p.yaml", text: "", platform: "local" },
      ...more,
    },
    hand(),
  );
const fresh = () => opened().incident;
const after = (change: IncidentChange | undefined) => {
  if (change === undefined) throw new Error("nothing changed");
  return change.incident;
};

describe("an incident", () => {
  it("is opened with its event, its message, and the name of its channel", () => {
    const { incident, events, notices } = opened({ details: "all payments fail" });
    expect(incident).toMatchObject({
      state: "open",
      version: 1,
      channel: { name: "#incident-20261127-checkout-is-down" },
    });
    expect(events).toMatchObject([
      { key: "inc_1/1/incident.opened", data: { incident: "inc_1", severity: "P1" } },
    ]);
    expect(notices).toMatchObject([
      { channel: "#inc", thread: "inc_1", status: "open", severity: "critical" },
    ]);
    expect(notices[0]?.text).toBe(
      "P1 shop in production: Checkout is down! (inc_1) — opened by ada. all payments fail. Take it: atoms incident ack inc_1.",
    );
  });

  it("belongs to the first who acknowledges, who leads from then on", () => {
    const had = after(does.acknowledged(fresh(), hand(noon + minute)));
    expect(had).toMatchObject({
      state: "investigating",
      acknowledgedBy: "ada",
      roles: { commander: { who: "ada", at: noon + minute } },
    });
    expect(does.acknowledged(had, hand())).toBeUndefined();
    const led = after(does.assigned(fresh(), hand(), "commander", "ben"));
    expect(after(does.acknowledged(led, hand())).roles["commander"]?.who).toBe("ben");
  });

  it("is not resolved twice, not closed before it is resolved, and can come back until it is closed", () => {
    expect(() => does.closed(fresh(), hand())).toThrow("ATM-832");
    const over = after(does.resolved(fresh(), hand(noon + 5), { text: "fixed", findings: [] }));
    expect(over).toMatchObject({ state: "resolved", review: { dueAt: noon + 5 + 120 * 60 * minute } });
    expect(() => does.resolved(over, hand(), { text: "again", findings: [] })).toThrow("ATM-832");
    expect(() => does.updated(over, hand(), { text: "hm" })).toThrow("ATM-832");
    const back = after(does.updated(over, hand(noon + 9), { text: "it is back", status: "investigating" }));
    expect(back).toMatchObject({ state: "investigating", severityAt: noon + 9, missed: {} });
    expect(back.resolvedAt).toBeUndefined();
    const shut = after(does.closed(over, hand()));
    expect(does.closed(shut, hand())).toBeUndefined();
    expect(() => does.updated(shut, hand(), { text: "x", status: "monitoring" })).toThrow("ATM-832");
  });

  it("knows only the playbook's roles and items", () => {
    expect(() => does.assigned(fresh(), hand(), "king", "ben")).toThrow("ATM-834");
    expect(() => does.ticked(fresh(), hand(), 99)).toThrow("ATM-834");
  });

  it("ticks its checklist by itself, and by hand", () => {
    const done = (incident: Incident) =>
      checklistOf(incident, rules.checklist)
        .filter((one) => one.done)
        .map(({ number }) => number);
    expect(done(fresh())).toEqual([]);
    const had = after(does.acknowledged(fresh(), hand()));
    expect(done(had)).toEqual([1, 4, 6]);
    const told = after(does.updated(had, hand(), { text: "fix is in", status: "monitoring" }));
    expect(done(told)).toEqual([1, 4, 5, 6, 8]);
    const noted = after(does.noted(after(does.ticked(told, hand(), 2)), hand(), { text: "x" }));
    expect(done(noted)).toEqual([1, 2, 4, 5, 6, 7, 8]);
    const over = does.resolved(noted, hand(), {
      text: "ok",
      findings: [{ what: "host", ok: true, saw: "200" }],
    });
    const there = { ...over.incident, channel: { name: "#i", is: "there", tries: 1, nextAt: 0 } as const };
    expect(done(after(does.closed(there, hand())))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe("the next move", () => {
  const settled = (more: Partial<Incident> = {}): Incident => {
    const { channel: _none, ...plain } = fresh();
    return { ...plain, page: "page_1", ...more };
  };
  it.each([
    { given: "just opened as P1", incident: fresh(), at: 0, move: { do: "page" } },
    { given: "paged", incident: { ...fresh(), page: "page_1" }, at: 0, move: { do: "make channel" } },
    { given: "all done", incident: settled(), at: 0, move: { do: "wait", ms: 5 * minute } },
    {
      given: "nobody had it in time",
      incident: settled(),
      at: 5 * minute,
      move: { do: "miss", target: "response" },
    },
    {
      given: "that was noted",
      incident: settled({ missed: { response: 1 } }),
      at: 5 * minute,
      move: { do: "wait", ms: 55 * minute },
    },
    {
      given: "somebody had it, and it is not over in time",
      incident: settled({ acknowledgedAt: 1 }),
      at: 60 * minute,
      move: { do: "miss", target: "resolution" },
    },
    {
      given: "P4 has no time to be over",
      incident: settled({ severity: "P4", acknowledgedAt: 1 }),
      at: 0,
      move: { do: "wait", ms: 86_400_000 },
    },
    {
      given: "made worse, counted anew",
      incident: settled({ severityAt: noon + 50 * minute }),
      at: 54 * minute,
      move: { do: "wait", ms: minute },
    },
    {
      given: "resolved, its review due",
      incident: settled({ state: "closed", review: { dueAt: noon + minute } }),
      at: minute,
      move: { do: "remind of review" },
    },
    {
      given: "closed and reviewed",
      incident: settled({ state: "closed", review: { dueAt: 0, draftedAt: 1 } }),
      at: 0,
      move: { do: "end" },
    },
  ])("$given → $move.do", ({ incident, at, move }) => {
    expect(nextIncidentMove(incident, rules, noon + at)).toMatchObject(move);
  });

  it("every change has a number of its own, and whatever is done, there is an end or a bounded wait", () => {
    const change = fc.constantFrom<(incident: Incident, at: number) => IncidentChange | undefined>(
      (one, at) => does.acknowledged(one, hand(at)),
      (one, at) => does.noted(one, hand(at), { text: "n" }),
      (one, at) => does.updated(one, hand(at), { text: "u", status: workStates[at % 3] ?? "monitoring" }),
      (one, at) => does.withSeverity(one, hand(at), at % 2 === 0 ? "P1" : "P3"),
      (one, at) => does.missed(one, hand(at), "response", at),
      (one, at) => does.paged(one, hand(at), "page_1"),
      (one, at) => does.resolved(one, hand(at), { text: "r", findings: [] }),
      (one, at) => does.closed(one, hand(at)),
      (one, at) => does.reminded(one, hand(at)),
      (one, at) => does.drafted(one, hand(at)),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        let incident = fresh();
        const keys = new Set<string>();
        let at = noon;
        for (const how of changes) {
          at += 1_000;
          try {
            const done = how(incident, at);
            for (const { key } of done?.events ?? []) {
              expect(keys.has(key)).toBe(false);
              keys.add(key);
            }
            incident = done?.incident ?? incident;
          } catch (error) {
            expect(error).toMatchObject({ code: "ATM-832" });
          }
          expect(incident.resolvedAt === undefined).toBe(isUnderWay(incident));
          const move = nextIncidentMove(incident, rules, at);
          if (move.do === "wait") expect(move.ms).toBeLessThanOrEqual(86_400_000);
          if (move.do === "end") expect(incident.state).toBe("closed");
        }
      }),
    );
  });
});
