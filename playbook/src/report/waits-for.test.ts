import { describe, expect, it } from "vitest";
import { atomsItself, type LedgerEntry } from "../terms/index.js";
import { canaryLedger, ledgerOf } from "./ledger.contract.js";
import { followRelease } from "./release-now.js";

const begun = Date.UTC(2026, 10, 27, 15, 0, 0);
const at = (second: number) => begun + second * 1_000;

type Told = [kind: string, data: LedgerEntry["data"], second: number, by?: string];

/** How a release stands at a second, when its ledger holds these entries. */
function standing(told: readonly Told[], second: number) {
  const { entries, add } = ledgerOf();
  for (const [kind, data, when, by] of told)
    add(kind, data, when, by === undefined ? atomsItself : { kind: "person", name: by, via: "cli" });
  const followed = followRelease();
  for (const entry of entries) followed.take(entry);
  return followed.now(at(second));
}

const phase = (name: string, second: number, more: LedgerEntry["data"] = {}): Told => [
  "phase.started",
  { phase: name, deadlineMs: 600_000, ...more },
  second,
];
const shifting: Told = ["traffic.shifting", { from: "dpl_old", to: "dpl_new", steps: [10, 100] }, 2];
const step = (second: number, more: LedgerEntry["data"] = {}): Told => [
  "traffic.step",
  {
    step: 1,
    of: 2,
    split: 0.1,
    next: 1,
    bakeMs: 300_000,
    holdMs: 600_000,
    minRequests: 0,
    unproven: "proceed",
    noData: "hold",
    ...more,
  },
  second,
];
const shut = (gate: string, point: string, second: number, more: LedgerEntry["data"] = {}): Told => [
  "gate.shut",
  { gate, point, because: `${gate} says so`, until: at(900), otherwise: "refuse", opensAt: null, ...more },
  second,
];
const asked: Told = [
  "approval.asked",
  { of: "step 1", people: 2, starterCounts: true, questions: ["giving dpl_new 100 %"], until: at(900) },
  10,
];

describe("what a release waits for, by its ledger", () => {
  it.each<[what: string, told: Told[], second: number, waits: object[]]>([
    ["nothing before it begins", [], 0, []],
    [
      "the end of a phase, with the phase's deadline",
      [phase("validate", 2)],
      5,
      [{ for: "phase", because: "the end of validate", until: at(602), otherwise: /no traffic was moved/ }],
    ],
    [
      "the announced time",
      [phase("announce", 1, { waitsUntil: at(900) })],
      5,
      [{ for: "time", because: "the announced time", until: at(900), otherwise: "it goes on" }],
    ],
    [
      "a freeze's end, before it has begun",
      [shut("freeze", "start", 0, { opensAt: at(800) })],
      5,
      [{ for: "freeze", opensAt: at(800), until: at(900), otherwise: /no traffic was moved/ }],
    ],
    [
      "every gate that is shut, and none that has opened",
      [
        shut("freeze", "shift", 0),
        shut("webhook change-board", "shift", 0),
        shut("incident", "shift", 0),
        ["gate.opened", { gate: "freeze", point: "shift", because: "no freeze" }, 3],
      ],
      5,
      [{ for: "webhook" }, { for: "incident" }],
    ],
    [
      "a gate that was shut again",
      [
        shut("webhook board", "shift", 0),
        ["gate.opened", { gate: "webhook board", point: "shift" }, 1],
        shut("webhook board", "shift", 2, { otherwise: "open" }),
      ],
      5,
      [{ for: "webhook", otherwise: "it goes on" }],
    ],
    [
      "proof, until the step's time is up",
      [phase("shift", 1), shifting, step(3)],
      10,
      [{ for: "proof", until: at(303), otherwise: "it goes on to 100 %" }],
    ],
    [
      "proof, with a person after it",
      [phase("shift", 1), shifting, step(3, { needsApproval: true })],
      10,
      [{ for: "proof", otherwise: "a person is asked, before 100 %" }],
    ],
    [
      "proof, without which traffic goes back",
      [phase("shift", 1), shifting, step(3, { unproven: "roll back" })],
      10,
      [{ for: "proof", otherwise: "traffic goes back" }],
    ],
    [
      "data too, when nothing was measured for long",
      [phase("shift", 1), shifting, step(3, { minRequests: 200 })],
      63,
      [
        { for: "proof", otherwise: /held for data, unless 200 requests/ },
        { for: "data", because: /for 1 m 0 s/, until: at(903), otherwise: "traffic goes back" },
      ],
    ],
    [
      "no data in a dark step, where users cannot be",
      [phase("shift", 1), shifting, step(3, { split: 0 })],
      63,
      [{ for: "proof" }],
    ],
    [
      "data alone, when the step's time is up with too few requests",
      [phase("shift", 1), shifting, step(3, { minRequests: 200 })],
      400,
      [
        {
          for: "data",
          because: "0 of 200 requests were seen",
          until: at(903),
          otherwise: "traffic goes back",
        },
      ],
    ],
    [
      "people, and who of them has answered",
      [
        phase("shift", 1),
        shifting,
        step(3),
        asked,
        shut("approval", "step 1", 10),
        ["approval.given", { of: "step 1" }, 12, "ada"],
      ],
      20,
      [{ for: "person", until: at(900), otherwise: "traffic goes back", approved: { by: ["ada"], of: 2 } }],
    ],
    [
      "nothing of the step before, once the next one has begun",
      [
        phase("shift", 1),
        shifting,
        step(3),
        shut("approval", "step 1", 10),
        ["analysis.verdict", { step: 1, move: "next" }, 20],
        step(21, { step: 2 }),
      ],
      25,
      [{ for: "proof", until: at(321) }],
    ],
    [
      "the end of the watch after 100 %, and what the change detector says",
      [
        phase("shift", 1),
        shifting,
        step(3),
        ["analysis.verdict", { step: 1, move: "next" }, 20],
        ["traffic.shifted", { to: "dpl_new" }, 22],
        phase("watch", 23, { waitsMs: 300_000 }),
        ["watch.measured", { look: 1, evidence: { logM: 3, threshold: 12 } }, 30],
      ],
      40,
      [
        {
          for: "time",
          because: "the end of the watch; evidence of a change: 25 % of an alarm",
          until: at(323),
          otherwise: "it is finished",
        },
      ],
    ],
    [
      "the way back, whatever kept it waiting before",
      [
        phase("shift", 1),
        shifting,
        step(3),
        shut("approval", "step 1", 10),
        phase("rollback", 30),
        ["rollback.decided", { to: "dpl_old" }, 31],
      ],
      32,
      [{ for: "phase", because: "production to serve dpl_old again", until: at(630) }],
    ],
    [
      "the members of a group that are under way",
      [
        phase("shift", 1),
        ["group.member", { service: "api", state: "running" }, 2],
        ["group.member", { service: "web", state: "running" }, 2],
        ["group.member", { service: "api", state: "released" }, 9],
      ],
      10,
      [{ for: "phase", because: "the release of web", until: null }],
    ],
    [
      "nothing once it has ended",
      [phase("shift", 1), shut("approval", "shift", 2), ["release.ended", { state: "aborted" }, 5]],
      10,
      [],
    ],
    [
      "an end that nobody knows, where an older version did not write it down",
      [["phase.started", { phase: "watch" }, 1]],
      10,
      [{ for: "phase", because: "the end of watch", until: null }],
    ],
  ])("is %s", (_, told, second, waits) => {
    const { waitsFor } = standing(told, second);
    expect(waitsFor).toHaveLength(waits.length);
    for (const [i, wanted] of waits.entries())
      for (const [name, value] of Object.entries(wanted)) {
        const is = waitsFor[i]?.[name as keyof (typeof waitsFor)[number]];
        if (value instanceof RegExp) expect(is).toMatch(value);
        else expect(is).toEqual(value);
      }
  });

  it("is never nothing while a release is under way, from its first entry to its last", () => {
    const { entries, add, at: end, phase: begin, over } = canaryLedger({ looks: 40 });
    add("analysis.verdict", { step: 4, split: 0.75, move: "next", because: "proof of health" }, end);
    add("traffic.shifted", { to: "dpl_new", ms: 50 }, end + 1);
    over("shift", end + 1, 1_000);
    begin("watch", end + 2, { waitsMs: 60_000 });
    const followed = followRelease();
    for (const entry of entries) {
      followed.take(entry);
      if (entry.kind === "release.started") continue;
      expect(followed.now(entry.at).waitsFor, entry.kind).not.toEqual([]);
    }
  });
});

describe("how a release stands", () => {
  it("has where traffic is, between which deployments, and how it ended", () => {
    const told: Told[] = [
      phase("deploy", 0),
      ["deployment.created", { deployment: "dpl_new" }, 1],
      phase("shift", 1),
      shifting,
      step(3, { split: 0.25 }),
    ];
    expect(standing(told, 5)).toMatchObject({
      phase: "shift",
      since: at(1),
      split: 0.25,
      to: "dpl_new",
      from: "dpl_old",
    });
    const back: Told[] = [
      ...told,
      phase("rollback", 9),
      ["rollback.verified", { to: "dpl_old" }, 10],
      ["release.ended", { state: "rolled back", because: "it was worse" }, 11],
    ];
    expect(standing(back, 12)).toMatchObject({
      phase: "rollback",
      split: 0,
      waitsFor: [],
      ended: { state: "rolled back", because: "it was worse" },
    });
  });

  it("has the canary's evidence once something was measured", () => {
    const { entries } = canaryLedger({ looks: 10 });
    const followed = followRelease();
    for (const entry of entries.filter(({ kind }) => kind !== "analysis.observed")) followed.take(entry);
    expect(followed.now(begun).canary).toBeUndefined();
    const whole = followRelease();
    for (const entry of entries) whole.take(entry);
    const { canary } = whole.now(begun);
    expect(Object.keys(canary?.judgements ?? {})).toEqual(canary?.report.guardrails.map(({ id }) => id));
  });
});
