import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert } from "../alerts/index.js";
import type { Deployment, Proven, Release } from "../terms/index.js";
import { assessEmergency } from "./assess.js";
import { changesIn } from "./changes.js";
import { type JournalLine, journalText, readJournal } from "./journal.js";
import type { Change, EmergencySight, HostHealth, Part } from "./model.js";
import { wayBackFrom } from "./way-back.js";

const now = Date.UTC(2026, 10, 28, 3, 12);
const minute = 60_000;
const seen = <T>(value: T): Part<T> => ({ is: "seen", value, ms: 5 });
const dead = { is: "dead", because: "no answer within 1.9 s", ms: 1_900 } as const;
const deployment = (id: string, change: Partial<Deployment> = {}): Deployment => ({
  id,
  address: `http://${id}.localhost`,
  state: "ready",
  production: true,
  createdAt: now - 600 * minute,
  release: `rel_${id}`,
  version: `v-${id}`,
  ...change,
});
const proof = (id: string, at = now - 60 * minute): Proven => ({
  service: "shop",
  environment: "production",
  deployment: id,
  address: `http://${id}.localhost`,
  version: `v-${id}`,
  at,
});
const host = (ok: boolean, name = "http://shop.test"): HostHealth => ({
  host: name,
  ok,
  saw: ok ? "healthy" : "answered 500",
  ms: 9,
});
const alert = (ago: number) =>
  ({ rule: "service_down", severity: "critical", activeAt: now - ago }) as unknown as Alert;
const running = (split: number, ago = minute) =>
  ({
    id: "rel_9",
    version: "v9",
    strategy: "canary",
    state: "running",
    phase: "shift",
    split,
    startedAt: now - ago,
    candidate: { id: "dpl_9", address: "" },
    previous: { id: "dpl_2", address: "" },
  }) as unknown as Release;
const shifted = (ago: number, to = "dpl_2"): Change => ({
  at: now - ago,
  what: "traffic",
  says: `all traffic on ${to}`,
  by: "ada",
  release: `rel_${to}`,
  deployment: to,
});

/** A service that is well: dpl_2 serves, dpl_1 and dpl_2 are proven, nothing changed. */
const sight = (change: Partial<EmergencySight> = {}): EmergencySight => ({
  service: "shop",
  environment: "production",
  platform: "local",
  at: now,
  hosts: seen([host(true)]),
  production: seen({ deployment: deployment("dpl_2"), hosts: ["http://shop.test"], autoAssign: true }),
  deployments: seen([deployment("dpl_2"), deployment("dpl_1")]),
  variables: seen([]),
  errors: seen({ deployment: "dpl_2", lines: [] }),
  releases: seen({ past: [] }),
  proven: seen([proof("dpl_2"), proof("dpl_1")]),
  incidents: seen([]),
  alerts: seen([]),
  changed: seen([]),
  freeze: seen(null),
  door: seen({ is: "open" }),
  records: seen([]),
  journal: seen({ waiting: [], damaged: 0 }),
  ...change,
});
const storeAway = {
  releases: dead,
  proven: dead,
  incidents: dead,
  alerts: dead,
  changed: dead,
  freeze: dead,
} as const;
const everything = {
  rollback: true,
  scale: true,
  maintenance: true,
  restart: true,
  escalate: true,
  freeze: true,
  unfreeze: true,
  reopen: true,
} as const;
const assess = (change: Partial<EmergencySight> = {}) => assessEmergency(sight(change), 12, everything);
const sick = { hosts: seen([host(false)]) };

describe("the likely culprit", () => {
  it.each<{ when: string; given: Partial<EmergencySight>; kind: string; id?: string; advice?: string }>([
    { when: "all is well", given: {}, kind: "nothing wrong" },
    {
      when: "a canary has users and the service is sick",
      given: {
        ...sick,
        releases: seen({ running: running(0.25), past: [] }),
        changed: seen([shifted(20 * minute)]),
      },
      kind: "release under way",
      id: "rel_9",
      advice: "rollback",
    },
    {
      when: "a release is under way that has no users yet: it is not that one",
      given: { ...sick, releases: seen({ running: running(0), past: [] }) },
      kind: "not a change",
      advice: "restart",
    },
    {
      when: "an alert fired before the canary began: it is not the canary",
      given: {
        ...sick,
        releases: seen({ running: running(0.25), past: [] }),
        alerts: seen([alert(30 * minute)]),
      },
      kind: "not a change",
      advice: "restart",
    },
    {
      when: "traffic moved four minutes ago and an alert fires since three",
      given: { ...sick, changed: seen([shifted(4 * minute)]), alerts: seen([alert(3 * minute)]) },
      kind: "last release",
      id: "rel_dpl_2",
      advice: "rollback",
    },
    {
      when: "traffic moved and nobody has noticed anything yet but the look",
      given: { ...sick, changed: seen([shifted(2 * minute)]) },
      kind: "last release",
      advice: "rollback",
    },
    {
      when: "the alert fired long before traffic moved",
      given: { ...sick, changed: seen([shifted(4 * minute)]), alerts: seen([alert(20 * minute)]) },
      kind: "not a change",
      advice: "restart",
    },
    {
      when: "traffic moved, and all was well for 40 minutes",
      given: { ...sick, changed: seen([shifted(45 * minute)]), alerts: seen([alert(5 * minute)]) },
      kind: "not a change",
      advice: "restart",
    },
    {
      when: "it was rolled back already, and is still sick",
      given: {
        ...sick,
        changed: seen([
          shifted(10 * minute, "dpl_3"),
          {
            at: now - 2 * minute,
            what: "rollback",
            says: "production serves dpl_2 again",
            deployment: "dpl_2",
          },
        ]),
      },
      kind: "rollback",
      advice: "restart",
    },
    {
      when: "production serves what somebody made past Atoms",
      given: {
        ...sick,
        production: seen({ deployment: deployment("dpl_x"), hosts: [], autoAssign: true }),
        deployments: seen([
          {
            ...deployment("dpl_x"),
            createdAt: now - 5 * minute,
            release: undefined,
          } as unknown as Deployment,
          deployment("dpl_2"),
        ]),
      },
      kind: "deployment from outside",
      id: "dpl_x",
      advice: "rollback",
    },
    {
      when: "a variable was written just before what is served was made",
      given: {
        ...sick,
        variables: seen([{ key: "DB_POOL", changedAt: now - 50 * minute }]),
        production: seen({
          deployment: deployment("dpl_2", { createdAt: now - 40 * minute }),
          hosts: [],
          autoAssign: true,
        }),
      },
      kind: "variable",
      advice: "rollback",
    },
    {
      when: "a variable was written that reaches nothing that is served",
      given: { ...sick, variables: seen([{ key: "DB_POOL", changedAt: now - 5 * minute }]) },
      kind: "not a change",
    },
    {
      when: "one of two hosts is sick: it lies before the service, even right after a release",
      given: {
        hosts: seen([host(true), host(false, "http://www.shop.test")]),
        changed: seen([shifted(2 * minute)]),
      },
      kind: "some hosts",
      id: "http://www.shop.test",
      advice: "escalate",
    },
    {
      when: "neither the platform nor a host answers",
      given: { ...sick, production: dead, deployments: dead, variables: dead, errors: dead },
      kind: "platform",
      advice: "escalate",
    },
    {
      when: "the platform is dead and users are served",
      given: { production: dead, deployments: dead },
      kind: "nothing wrong",
    },
    {
      when: "it is sick and the store is away",
      given: { ...sick, ...storeAway },
      kind: "unknown",
      advice: "escalate",
    },
  ])("when $when: $kind", ({ given, kind, id, advice }) => {
    const { culprit } = assess(given);
    expect(culprit).toMatchObject({ kind, ...(id === undefined ? {} : { id }) });
    if (advice !== undefined) expect(culprit.advice).toBe(advice);
    expect(culprit.says).not.toBe("");
  });
});

describe("the way back", () => {
  it.each<{ when: string; given: Partial<EmergencySight>; way: object }>([
    { when: "two are proven", given: {}, way: { to: "dpl_1", version: "v-dpl_1", known: "by the store" } },
    {
      when: "a canary is under way: what users had before it",
      given: {
        releases: seen({ running: { ...running(0.1), previous: { id: "dpl_1", address: "" } }, past: [] }),
      },
      way: { to: "dpl_1" },
    },
    {
      when: "the store is away: by the records",
      given: { ...storeAway, records: seen([proof("dpl_2"), proof("dpl_1")]) },
      way: { to: "dpl_1", known: "by the records" },
    },
    {
      when: "nothing is proven: none is chosen, but those that are ready are named",
      given: { ...storeAway },
      way: { none: expect.stringContaining("proven good"), ready: ["dpl_1"] },
    },
    {
      when: "the proven one is gone",
      given: { deployments: seen([deployment("dpl_2")]) },
      way: { none: expect.stringContaining("dpl_1 is gone") },
    },
    { when: "the platform lists nothing", given: { deployments: dead }, way: { to: "dpl_1" } },
    {
      when: "the platform says nothing at all",
      given: { deployments: dead, production: dead },
      way: { none: expect.stringContaining("does not say"), ready: [] },
    },
  ])("when $when", ({ given, way }) => {
    expect(wayBackFrom(sight(given))).toMatchObject(way);
  });

  it("never leads to what production serves, whatever is known", () => {
    const ids = ["dpl_1", "dpl_2", "dpl_3"];
    const some = fc.subarray(ids);
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        some,
        some,
        fc.boolean(),
        fc.boolean(),
        (serving, proven, listed, away, blind) => {
          const way = wayBackFrom(
            sight({
              production: seen({ deployment: deployment(serving), hosts: [], autoAssign: true }),
              deployments: blind ? dead : seen(listed.map((id) => deployment(id))),
              ...(away
                ? { ...storeAway, records: seen(proven.map((id) => proof(id))) }
                : { proven: seen(proven.map((id) => proof(id))) }),
            }),
          );
          if ("to" in way) {
            expect(way.to).not.toBe(serving);
            expect(proven).toContain(way.to);
            if (!blind) expect(listed).toContain(way.to);
          }
        },
      ),
    );
  });
});

describe("what is offered", () => {
  it("keeps the seed's numbers, and marks what is advised", () => {
    const { choices } = assess({ ...sick, changed: seen([shifted(minute)]) });
    expect(choices.map(({ number, act }) => `${number} ${act}`)).toEqual([
      "1 rollback",
      "2 scale",
      "3 maintenance",
      "4 restart",
      "5 escalate",
      "6 freeze",
    ]);
    expect(choices.filter(({ advised }) => advised).map(({ act }) => act)).toEqual(["rollback"]);
  });

  it("says why something can't be done, instead of offering it", () => {
    const { choices } = assess({
      platform: "vercel",
      ...storeAway,
      freeze: seen({
        id: "frz_1",
        by: { kind: "person", name: "ben", via: "cli" },
        because: "moving",
        since: 1,
      }),
    });
    const told = Object.fromEntries(choices.map(({ act, not }) => [act, not]));
    expect(told).toMatchObject({
      scale: expect.stringContaining("vercel scales by itself"),
      freeze: expect.stringContaining("frozen already by ben: moving"),
    });
    expect(choices.find(({ act }) => act === "unfreeze")?.does).toContain("ben froze them: moving");
    expect(told["rollback"]).toContain("dpl_1");
  });

  it.each<[string, Partial<EmergencySight>, RegExp, RegExp, boolean]>([
    ["it is open", {}, /close the door.*lifted when its time is up/, /artefact of dpl_2 anew/, false],
    ["the store is away", storeAway, /nobody lifts it by itself/, /artefact of dpl_2 anew/, false],
    [
      "it is closed",
      { door: seen({ is: "closed", because: "charged twice" }) },
      /closed already: charged twice/,
      /dpl_2/,
      true,
    ],
    [
      "no flag closes it",
      { door: seen({ is: "no flag", because: "no flag is named" }) },
      /no flag is/,
      /dpl_2/,
      false,
    ],
    ["its database is away", { door: dead }, /cannot be read: no answer/, /dpl_2/, false],
    [
      "a release is under way",
      { releases: seen({ running: running(0), past: [] }) },
      /close/,
      /release v9 is/,
      false,
    ],
    ["nothing is served", { production: dead }, /close/, /what production serves is not known/, false],
  ])("closes the door or restarts, or says why not: %s", (_, change, maintenance, restart, reopens) => {
    const { choices } = assess(change);
    const told = Object.fromEntries(choices.map(({ act, does, not }) => [act, does ?? not]));
    expect(told["maintenance"]).toMatch(maintenance);
    expect(told["restart"]).toMatch(restart);
    expect(choices.find(({ act }) => act === "reopen")?.number).toBe(reopens ? 8 : undefined);
  });

  it("does not look for a culprit when somebody has closed the door, unless a host says something else", () => {
    const door = seen({ is: "closed", because: "charged twice", until: "03:40" } as const);
    const turned = seen([{ ...host(false), saw: '/health answers 200 but says "maintenance".' }]);
    const changed = seen([shifted(minute)]);
    expect(assess({ door, hosts: turned, changed }).culprit).toMatchObject({
      kind: "maintenance",
      says: "The door is closed on purpose: charged twice.",
    });
    expect(assess({ door, ...sick, changed }).culprit.kind).toBe("last release");
  });

  it("does not suspect a restart: users have what they had", () => {
    const restart = { ...running(1), id: "rel_dpl_9", strategy: "restart", state: "released" } as Release;
    const changed = seen([shifted(3 * minute), shifted(minute, "dpl_9")]);
    const { culprit } = assess({ ...sick, changed, releases: seen({ past: [restart] }) });
    expect(culprit).toMatchObject({ kind: "last release", id: "rel_dpl_2" });
  });

  it("ends a release that is under way instead of going somewhere else", () => {
    const { choices } = assess({ releases: seen({ running: running(0.5), past: [] }) });
    expect(choices[0]?.does).toContain("end the release v9 that is under way; traffic goes back to dpl_2");
  });

  it("names every part that is dead, and is an assessment all the same", () => {
    const { unseen, store, culprit } = assess({
      ...storeAway,
      hosts: dead,
      production: dead,
      deployments: dead,
      variables: dead,
      errors: dead,
      door: dead,
      records: dead,
      journal: dead,
    });
    expect(unseen).toHaveLength(14);
    expect(store).toBe("away");
    expect(culprit.kind).toBe("platform");
  });
});

describe("what changed", () => {
  it("is what moved traffic or was done by people, here and in the last hour", () => {
    const entry = (kind: string, ago: number, service = "shop") => ({
      key: `${kind}${ago}`,
      kind,
      at: now - ago,
      actor: { kind: "person", name: "ada", via: "cli" } as const,
      service,
      environment: "production",
      data: { to: "dpl_2" },
    });
    const found = changesIn(
      [
        entry("traffic.shifted", minute),
        entry("analysis.observed", minute),
        entry("traffic.shifted", 90 * minute),
        entry("traffic.shifted", minute, "other"),
        entry("freeze.began", 2 * minute),
      ],
      { service: "shop", environment: "production", since: now - 60 * minute },
      ({ kind }) => kind,
    );
    expect(found.map(({ says }) => says)).toEqual(["freeze.began", "traffic.shifted"]);
    expect(found[1]).toMatchObject({ deployment: "dpl_2", by: "ada" });
  });

  it("tells a rollback through the platform's own page, but not our own a second time", () => {
    const pinned = seen({
      deployment: deployment("dpl_1"),
      hosts: [],
      autoAssign: false,
      pin: { to: "dpl_1", at: now - minute },
    });
    expect(assess({ production: pinned }).changes).toMatchObject([{ what: "rollback", outside: true }]);
    const ours: Change = { at: now - minute, what: "rollback", says: "ours", deployment: "dpl_1" };
    expect(assess({ production: pinned, changed: seen([ours]) }).changes).toEqual([ours]);
  });
});

describe("the journal", () => {
  const act = fc.record<JournalLine>({
    key: fc.stringMatching(/^emg_[a-z0-9]{6,20}\/(emergency\.acted|rollback\.verified)$/),
    kind: fc.constantFrom("emergency.acted", "rollback.decided", "rollback.verified", "freeze.began"),
    at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    actor: fc.record({
      kind: fc.constant("person" as const),
      name: fc.string({ minLength: 1, maxLength: 20 }),
      via: fc.constant("cli" as const),
    }),
    service: fc.constant("shop"),
    environment: fc.constant("production"),
    data: fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
    ),
  });

  it("reads back what it writes, a line an act", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 8 }), (acts) => {
        const text = acts.map(journalText).join("");
        expect(text.split("\n")).toHaveLength(acts.length + 1);
        expect(readJournal(text)).toEqual({ acts, damaged: [] });
      }),
    );
  });

  it("is cut off anywhere, or has rubbish in it: all that is whole is kept, and nothing is made up", () => {
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.array(
          fc.constantFrom("{", "null", '{"v":1}', "\u0000\u0000", "[]", '{"v":2,"key":"emg_aaaaaa/x"}'),
        ),
        (acts, cut, rubbish) => {
          const text = acts.map(journalText).join("");
          const at = cut % text.length;
          const whole = text.slice(0, at).split("\n").length - 1;
          const read = readJournal(`${rubbish.map((line) => `${line}\n`).join("")}${text.slice(0, at)}`);
          expect(read.acts.slice(0, whole)).toEqual(acts.slice(0, whole));
          expect(read.acts.length).toBeLessThanOrEqual(whole + 1);
          expect(read.damaged.length).toBeGreaterThanOrEqual(rubbish.length);
        },
      ),
    );
  });
});
