import { describe, expect, it } from "vitest";
import type { GateSubject, Question } from "../model.js";
import type { GatePorts } from "../ports.js";
import { GateSettings } from "../settings.js";
import { judgeApproval } from "./approval.js";
import { gatesAt } from "./index.js";
import { factsOf } from "./webhook.js";

const noon = Date.UTC(2026, 10, 27, 12); // a Friday
const ada = { kind: "person", name: "ada", via: "cli" } as const;
const subject: GateSubject = {
  service: "shop",
  environment: "production",
  strategy: "standard",
  startedBy: ada,
  overrides: {},
};
const minute = 60_000;

/** What one gate of the settings answers at a moment. */
async function answer(
  settings: Parameters<typeof GateSettings.parse>[0],
  id: string,
  given: { ports?: Partial<GatePorts>; now?: number; since?: number; subject?: Partial<GateSubject> } = {},
) {
  const { now = noon, since = now } = given;
  const gate = gatesAt(GateSettings.parse(settings), "start", { ...subject, ...given.subject }).find(
    (one) => one.id === id,
  );
  return gate?.ask(given.ports as GatePorts, { now, since });
}

describe("freeze", () => {
  const weekend = { name: "weekend", from: "Friday 12:00", to: "Monday 08:00", reason: "nobody is here" };
  it("refuses at once, and says when it opens", async () => {
    const refused = await answer({ freeze: { windows: [weekend] } }, "freeze");
    expect(refused).toMatchObject({ is: "refused", problem: { code: "ATM-520", ending: "refused" } });
    expect(JSON.stringify(refused)).toMatch(/nobody is here.*2026-11-30 08:00 UTC.*--override-freeze/);
  });
  it.each([
    { hold: "3d", is: "shut" },
    { hold: "2d", is: "refused" },
  ])("with hold: $hold, a freeze of two and a half days is $is", async ({ hold, is }) => {
    expect(await answer({ freeze: { windows: [weekend], hold } }, "freeze")).toMatchObject({ is });
  });
  it("is gone past for a reason that is kept", async () => {
    const given = { subject: { overrides: { freeze: "payments are down" } } };
    expect(await answer({ freeze: { windows: [weekend] } }, "freeze", given)).toMatchObject({
      is: "open",
      overridden: "payments are down",
      because: expect.stringContaining("weekend"),
    });
  });
  it("is open the minute before, and after", async () => {
    for (const now of [noon - 1, Date.UTC(2026, 10, 30, 8)])
      expect(await answer({ freeze: { windows: [weekend] } }, "freeze", { now })).toMatchObject({
        is: "open",
      });
  });
});

describe("pin", () => {
  const pin = { to: "dpl_1", at: noon - 60 * minute };
  const ports = (by: Awaited<ReturnType<GatePorts["rollbackOf"]>>): Partial<GatePorts> => ({
    production: async () => ({ hosts: [], autoAssign: false, pin }),
    rollbackOf: async () => by,
  });
  it.each([
    { who: "somebody past Atoms", by: undefined, is: "refused" },
    { who: "another person, by hand", by: { by: "ben", byHand: true }, is: "refused" },
    { who: "the same person, by hand", by: { by: "ada", byHand: true }, is: "open" },
    { who: "Atoms itself", by: { by: "atoms", byHand: false }, is: "open" },
  ])("by $who → $is", async ({ by, is }) => {
    expect(await answer({}, "pin", { ports: ports(by) })).toMatchObject({ is });
  });
  it("names who, what and when", async () => {
    expect(await answer({}, "pin", { ports: ports(undefined) })).toMatchObject({
      problem: { code: "ATM-522", happened: expect.stringContaining("dpl_1 at 2026-11-27 11:00 UTC") },
    });
  });
  it("is not asked for where the playbook says so, and nothing is pinned without a platform", async () => {
    expect(await answer({ pin: { respect: false } }, "pin")).toBeUndefined();
    expect(await answer({}, "pin", { ports: { production: async () => undefined } })).toMatchObject({
      is: "open",
    });
  });
});

describe("incident", () => {
  const ports = (...severities: ("P1" | "P2" | "P3")[]): Partial<GatePorts> => ({
    openIncidents: async () =>
      severities.map((severity, i) => ({ id: `inc_${i}`, severity, title: "all is down" })),
  });
  it.each([
    { given: "none", open: [], is: "open" },
    { given: "a small one", open: ["P3" as const], is: "open" },
    { given: "a P2 behind a P3", open: ["P3" as const, "P2" as const], is: "refused" },
  ])("$given → $is", async ({ open, is }) => {
    expect(await answer({}, "incident", { ports: ports(...open) })).toMatchObject({ is });
  });
  it("names the incident, waits where the playbook says so, and is gone past with a reason", async () => {
    expect(await answer({}, "incident", { ports: ports("P1", "P2") })).toMatchObject({
      problem: { code: "ATM-527", happened: "P1 incident inc_0 is open: all is down (and 1 more)." },
    });
    expect(await answer({ incident: { hold: "10m" } }, "incident", { ports: ports("P1") })).toMatchObject({
      is: "shut",
      until: noon + 10 * minute,
    });
    expect(await answer({ incident: { severities: [] } }, "incident")).toBeUndefined();
  });
});

describe("webhook", () => {
  const hook = {
    name: "board",
    url: "https://board.example/gate",
    secret: "0123456789abcdef",
    at: ["start"],
    deadline: "10m",
  };
  const asked = (status: number, body: unknown, more: object = {}, given: object = {}) => {
    const requests: { url: string; headers?: Record<string, string>; body?: string }[] = [];
    const ports = {
      clock: { now: () => noon },
      sign: (secret: string, text: string) => `signed ${secret.length} ${text.length}`,
      http: {
        send: async (request: (typeof requests)[number]) => {
          requests.push(request);
          const text = typeof body === "string" ? body : JSON.stringify(body);
          return { answered: true, status, headers: {}, body: text, ms: 1, firstByteMs: 1 };
        },
      },
    } as unknown as GatePorts;
    return answer({ webhooks: [{ ...hook, ...more }] }, "webhook board", { ports, ...given }).then((it) => ({
      it,
      requests,
    }));
  };
  it.each([
    { status: 200, body: { answer: "open" }, is: "open" },
    { status: 200, body: { answer: "hold", because: "meeting" }, is: "shut" },
    { status: 200, body: { answer: "refuse", because: "no budget" }, is: "refused" },
    { status: 200, body: { answer: "yes" }, is: "shut" },
    { status: 200, body: "<html>sign in</html>", is: "shut" },
    { status: 500, body: { answer: "open" }, is: "shut" },
    { status: 302, body: { answer: "open" }, is: "shut" },
  ])("that answers $status $body → $is", async ({ status, body, is }) => {
    expect((await asked(status, body)).it).toMatchObject({ is });
  });
  it.each([
    { body: { answer: "hold" }, no_answer: "open", is: "refused" },
    { body: "nonsense", no_answer: "open", is: "open" },
    { body: "nonsense", no_answer: "refuse", is: "refused" },
  ])("whose time is up with $body and no_answer: $no_answer → $is", async ({ body, no_answer, is }) => {
    expect((await asked(200, body, { no_answer }, { since: noon - 10 * minute })).it).toMatchObject({ is });
  });
  it("is told what asks, signed, and nothing that is secret", async () => {
    const { requests } = await asked(200, { answer: "open" }, {}, { subject: { release: "rel_1" } });
    expect(requests[0]?.headers).toMatchObject({
      "x-atoms-signature": expect.stringMatching(/^sha256=signed 16 /),
      "idempotency-key": "rel_1/start/0/board",
    });
    expect(JSON.parse(requests[0]?.body ?? "")).toMatchObject({
      gate: "board",
      point: "start",
      service: "shop",
      startedBy: "ada",
    });
  });
  it("does not let a long or odd reason through as it is", () => {
    const body = JSON.stringify({ answer: "refuse", because: `a\u0007b\n${"c".repeat(900)}` });
    const facts = factsOf({ answered: true, status: 200, headers: {}, body, ms: 1, firstByteMs: 1 });
    expect(facts.because).toMatch(/^a b c{290,}$/);
    expect(facts.because?.length).toBeLessThanOrEqual(300);
  });
});

describe("approval", () => {
  const question: Question = {
    of: "shift",
    about: ["giving traffic to dpl_2"],
    people: 2,
    starterCounts: false,
    until: noon + 30 * minute,
    otherwise: "refuse",
  };
  const by = (name: string, at = noon) => ({ by: name, at });
  const judge = (more: Partial<Question>, replies: Parameters<typeof judgeApproval>[1], now = noon) =>
    judgeApproval({ ...question, ...more }, replies, { now, since: noon });
  it.each([
    { given: "nobody yet", yes: [], is: "shut" },
    { given: "one of two", yes: [by("ben")], is: "shut" },
    { given: "the same one twice", yes: [by("ben"), by("ben")], is: "shut" },
    { given: "two", yes: [by("ben"), by("eve")], is: "open" },
    { given: "two, one of them too late", yes: [by("ben"), by("eve", noon + 31 * minute)], is: "shut" },
  ])("of $given → $is", ({ yes, is }) => {
    expect(judge({}, { yes })).toMatchObject({ is });
  });
  it.each([
    { otherwise: "refuse", is: "refused" },
    { otherwise: "open", is: "open" },
  ] as const)("that nobody gave in time, with $otherwise, is $is", ({ otherwise, is }) => {
    expect(judge({ otherwise }, { yes: [by("ben")] }, noon + 30 * minute)).toMatchObject({ is });
  });
  it("is refused by one no, whatever others say", () => {
    const no = { ...by("eve"), because: "not today" };
    expect(judge({}, { yes: [by("ben"), by("cyd")], no })).toMatchObject({
      is: "refused",
      problem: { code: "ATM-524", happened: expect.stringContaining("not today") },
    });
  });
});

it.each([
  { given: { approval: { people: 2, approvers: [{ name: "ada" }] } }, says: "at least 2 approvers" },
  { given: { approval: { approvers: [{ name: "ada" }, { name: "ada" }] } }, says: "every name once" },
  {
    given: { freeze: { windows: [{ name: "w", from: "Friday 16:00", to: "18:00" }] } },
    says: "the same form",
  },
  { given: { freeze: { windows: [{ name: "w", from: "18:00", to: "18:00" }] } }, says: "a window that ends" },
  {
    given: { freeze: { windows: [{ name: "w", from: "2026-12-20 10:00", to: "2026-12-19 10:00" }] } },
    says: "after the beginning",
  },
  { given: { freeze: { windows: [{ name: "w", from: "18 Uhr", to: "19:00" }] } }, says: "Friday 16:00" },
  { given: { freeze: { time_zone: "CEST" } }, says: "IANA" },
  { given: { webhooks: [{ name: "a", url: "ftp://x", secret: "0123456789abcdef" }] }, says: "https://" },
  { given: { webhooks: [{ name: "a", url: "https://x", secret: "short" }] }, says: "16 characters" },
])("$given is a mistake that says: $says", ({ given, says }) => {
  const parsed = GateSettings.safeParse(given);
  expect(parsed.error?.issues.map(({ message }) => message).join()).toContain(says);
});

describe("emergency freeze", () => {
  const entry = (kind: string, at: number, data: object = {}, service = "shop") => ({
    key: `${kind}/${at}`,
    kind,
    at,
    actor: ada,
    service,
    environment: "production",
    data: { because: "database is being moved", ...data },
    seq: at,
    hash: "",
    previous: "",
  });
  type Entry = ReturnType<typeof entry>;
  const ports = (...entries: Entry[]) => ({
    ledger: {
      read: async ({ kind }: { kind?: string }) => entries.filter((one) => one.kind === kind),
    } as unknown as GatePorts["ledger"],
  });
  it.each([
    { when: "nobody froze", entries: [], is: "open" },
    { when: "somebody froze", entries: [entry("freeze.began", noon - 9)], is: "refused" },
    {
      when: "it has ended by itself",
      entries: [entry("freeze.began", noon - 9, { until: noon })],
      is: "open",
    },
    { when: "it ends later", entries: [entry("freeze.began", noon - 9, { until: noon + 1 })], is: "refused" },
    {
      when: "it was lifted",
      entries: [entry("freeze.began", noon - 9), entry("freeze.lifted", noon - 8)],
      is: "open",
    },
    {
      when: "a freeze of the journal joins behind a later lift",
      entries: [entry("freeze.lifted", noon - 8), { ...entry("freeze.began", noon - 9), seq: 1e15 }],
      is: "open",
    },
    {
      when: "it was frozen again",
      entries: [entry("freeze.lifted", noon - 8), entry("freeze.began", noon - 7)],
      is: "refused",
    },
    { when: "another service is frozen", entries: [entry("freeze.began", 1, {}, "other")], is: "open" },
  ])("when $when: $is", async ({ entries, is }) => {
    expect(await answer({}, "emergency-freeze", { ports: ports(...entries) })).toMatchObject({ is });
  });
  it("says who, why and how to go on; and is gone past for a reason", async () => {
    const given = { ports: ports(entry("freeze.began", noon - minute)) };
    expect(await answer({}, "emergency-freeze", given)).toMatchObject({
      because: expect.stringMatching(/^ada froze releases at .*: database is being moved$/),
      problem: { code: "ATM-650", fix: expect.stringContaining("--override-emergency-freeze") },
    });
    const subject = { overrides: { "emergency-freeze": "this is the remedy" } };
    expect(await answer({}, "emergency-freeze", { ...given, subject })).toMatchObject({
      is: "open",
      overridden: "this is the remedy",
    });
  });
});
