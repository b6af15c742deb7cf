import { fakeClock, fakePlatform, memoryLedger, memoryReleases } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { operationEngine } from "./operation-engine.world.js";
import { type BreachWorld, recoverBreachFlow } from "./recover-breach.js";
import {
  type BreachOrder,
  type BreachSecret,
  BreachSettings,
  newValueLost,
  secretNotRotated,
} from "./recovery/index.js";

const list = BreachSettings.parse({
  secrets: [
    { variable: "SESSION_SECRET", kind: "generated" },
    { variable: "DATABASE_URL", kind: "postgres_password", database: "main" },
    { variable: "PAY_KEY", kind: "command", run: "issue" },
    { variable: "MAIL_KEY", kind: "manual", how: "Ask the issuer." },
  ],
}).secrets;

/** A service with a database, whose both sides have passwords, and the knobs that scenarios turn. */
function world(
  secrets: readonly BreachSecret[] = list,
  attack: { ends: "recovery" | "time"; refuses?: true; since?: number } | undefined = undefined,
  old: BreachSettings["old_deployments"] = "keep",
) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const releases = memoryReleases(ledger);
  const platform = fakePlatform({ clock, buildMs: 5_000 });
  platform.seed({ id: "dpl_before", createdAt: clock.now() - 1_000 });
  platform.seed({ id: "dpl_0", createdAt: clock.now() - 500 }, { inProduction: true });
  const order: BreachOrder = {
    release: "rel_1",
    service: "shop",
    environment: "production",
    platform: "local",
    version: "v2",
    actor: { kind: "person", name: "ada", via: "cli" },
    startedAt: clock.now(),
    because: "a laptop was stolen",
    playbook: { path: "/shop/playbook.yaml", text: "" },
  };
  const knobs = { sick: false, refuses: "", lost: false };
  const state = {
    /** New values that are kept, and how many were ever made of each variable. */
    kept: new Map<string, string>(),
    made: {} as Record<string, number>,
    variables: { DATABASE_URL: "old" } as Record<string, string>,
    password: "old",
    sessionsEnded: false,
    credentials: 3,
    evidenceBefore: undefined as string | undefined,
    aside: [] as string[],
    told: [] as string[],
    incidents: new Set<string>(),
    /** Until when visitors are challenged, and what it was when a secret was first touched. */
    challengedUntil: attack?.since,
    challengedFirst: undefined as boolean | undefined,
  };
  const until = order.startedAt + 3_600_000;
  /** What each deployment was built with. */
  const builtWith = new Map<string, string | undefined>([["dpl_0", "old"]]);
  const redeploy: typeof platform.redeploy = async (input, signal) => {
    const made = await platform.redeploy(input, signal);
    if (!builtWith.has(made.id)) builtWith.set(made.id, state.variables["DATABASE_URL"]);
    return made;
  };
  const port: BreachWorld = {
    clock,
    releases,
    platform: { ...platform, redeploy },
    interrupted: new AbortController().signal,
    settings: { deadlines: { deploy: 600_000, settle: 60_000, shift: 60_000 } },
    old,
    within: { evidence: 600_000, values: 600_000, removal: 600_000 },
    secrets,
    async keepEvidence() {
      state.evidenceBefore ??= state.variables["SESSION_SECRET"] ?? "untouched";
      return { folder: "/evidence", files: [], intact: true, missing: [] };
    },
    ...(attack === undefined
      ? {}
      : {
          attackMode: {
            ends: attack.ends,
            async on() {
              if (attack.refuses === true) return { is: "refused", because: "the plan has none" };
              if (attack.since !== undefined) return { is: "by others", until: attack.since };
              state.challengedUntil = until;
              return { is: "on", until };
            },
            async off() {
              state.challengedUntil = undefined;
              return {};
            },
          },
        }),
    async openIncident() {
      state.incidents.add("inc_1");
      return "inc_1";
    },
    async makeValue({ variable, kind }) {
      state.challengedFirst ??= state.challengedUntil !== undefined;
      if (knobs.refuses === variable) throw secretNotRotated({ variable, because: "the issuer is away" });
      if (kind === "manual") return { is: "open" };
      if (state.kept.has(variable)) return { is: "made before" };
      state.made[variable] = (state.made[variable] ?? 0) + 1;
      state.kept.set(variable, `${variable} no. ${state.made[variable]}`);
      return { is: "made" };
    },
    async setVariable({ variable }) {
      const value = state.kept.get(variable);
      if (value === undefined || knobs.lost) throw newValueLost({ variable, where: "/keys" });
      state.variables[variable] = value;
    },
    async switchOver({ variable }) {
      state.password = state.kept.get(variable) ?? "";
      return "now";
    },
    async switchBack() {
      state.password = "old";
    },
    async endSessions() {
      state.sessionsEnded = true;
      return 2;
    },
    async endCredentials() {
      const ended = state.credentials;
      state.credentials = 0;
      return ended;
    },
    async finish(open) {
      state.aside = [...state.kept.keys()];
      return open.map((variable) => `${variable} is left`);
    },
    async proveWell({ hosts, deployment }) {
      const well = !knobs.sick && builtWith.get(deployment) === state.password;
      const saw = well ? "healthy" : "no way into the database";
      return { proven: well, hosts: hosts.map((host) => ({ host, right: well, saw })), ms: 1 };
    },
    async tell({ text }) {
      state.told.push(text);
    },
  };
  const flow = recoverBreachFlow(async () => port);
  const there = async () => (await platform.deployments(99)).map(({ id }) => id);
  const operation = operationEngine(flow, order, { clock, ledger, releases });
  return {
    clock,
    ledger,
    releases,
    platform,
    order,
    knobs,
    state,
    builtWith,
    there,
    ...operation,
  };
}

/** Nobody is cut off: what serves has the password that the database takes. */
const fits = (w: ReturnType<typeof world>) =>
  expect(w.builtWith.get(w.platform.serving() ?? "")).toBe(w.state.password);

describe("recovering from a breach", () => {
  it("keeps evidence first, gives every secret a new value once, and shuts out what came in by old ones", async () => {
    const w = world();
    await w.releases.prove(
      { service: "shop", environment: "production", deployment: "dpl_0", address: "x", version: "v1", at: 1 },
      [],
    );
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(w.state).toMatchObject({
      evidenceBefore: "untouched",
      made: { SESSION_SECRET: 1, DATABASE_URL: 1, PAY_KEY: 1 },
      password: "DATABASE_URL no. 1",
      sessionsEnded: true,
      credentials: 0,
      variables: { SESSION_SECRET: "SESSION_SECRET no. 1", PAY_KEY: "PAY_KEY no. 1" },
    });
    expect(w.platform.serving()).not.toBe("dpl_0");
    fits(w);
    const proven = await w.releases.proven("shop", "production", 9);
    expect(proven.map(({ deployment }) => deployment)).toEqual([w.platform.serving()]);
    const [finished] = await w.ledger.read({ kind: "recovery.finished", limit: 9 });
    expect(finished?.data).toMatchObject({
      scenario: "security_breach",
      rotated: ["SESSION_SECRET", "DATABASE_URL", "PAY_KEY"],
      open: ["MAIL_KEY"],
      incident: "inc_1",
      credentials: 3,
      afterwards: ["MAIL_KEY is left"],
    });
    expect(JSON.stringify([await w.ledger.read({ limit: 999 }), w.state.told])).not.toContain(" no. ");
  });

  it("stops when a provider refuses, says what was done and what was not, and changes nothing for users", async () => {
    const w = world();
    w.knobs.refuses = "PAY_KEY";
    await w.start();
    expect(await w.result()).toMatchObject({
      state: "failed",
      problem: {
        code: "ATM-696",
        stillTrue: expect.stringMatching(
          /Done: evidence .*Not done: setting SESSION_SECRET; setting DATABASE_URL; deploying/,
        ),
        fix: expect.stringContaining("atoms recover security_breach"),
      },
    });
    expect(w.state.variables).toEqual({ DATABASE_URL: "old" });
    expect(w.state.kept.size).toBe(2);
    fits(w);
  });

  it("takes the password back when the service is not well with it, so that what serves goes on", async () => {
    const w = world();
    w.knobs.sick = true;
    await w.start();
    const ended = await w.result();
    expect(ended).toMatchObject({ state: "failed", problem: { code: "ATM-698" } });
    expect(JSON.stringify(ended)).toContain("The database has its old password again");
    expect(w.platform.serving()).toBe("dpl_0");
    expect(w.state.credentials).toBe(3);
    fits(w);
  });

  it("does not make a value anew when the one it made is gone", async () => {
    const w = world();
    w.knobs.lost = true;
    await w.start();
    expect(await w.result()).toMatchObject({ state: "failed", problem: { code: "ATM-697" } });
    expect(w.state.made).toEqual({ SESSION_SECRET: 1, DATABASE_URL: 1, PAY_KEY: 1 });
    fits(w);
  });

  it("goes on after a crash at any moment of any step, with the same values and each thing told once", {
    timeout: 180_000,
  }, async () => {
    const make = () => world(list, { ends: "recovery" }, "remove");
    const whole = make();
    const moments: string[] = [];
    whole.running.crashWhen(({ step, when }) => moments.push(`${step}, ${when}`) < 0);
    await whole.start();
    await whole.result();
    const expected = await whole.keys();
    expect(moments.length).toBeGreaterThan(40);
    for (const moment of [...new Set(moments)]) {
      const w = make();
      w.running.crashWhen(({ step, when }) => `${step}, ${when}` === moment);
      await w.start();
      await w.clock.advance(60_000);
      expect(w.running.crashed, moment).toBe(true);
      const next = w.engine();
      await next.resume();
      expect(await w.result(next), moment).toMatchObject({ state: "released" });
      expect(w.state.made, moment).toEqual({ SESSION_SECRET: 1, DATABASE_URL: 1, PAY_KEY: 1 });
      fits(w);
      expect(w.state).toMatchObject({ challengedFirst: true, challengedUntil: undefined });
      expect(await w.keys(), moment).toEqual(expected);
      expect(await w.there(), moment).toEqual([w.platform.serving()]);
      await next.close(0);
    }
  });
});

describe("deployments made before", () => {
  const finished = async (w: ReturnType<typeof world>) =>
    (await w.ledger.read({ kind: "recovery.finished", limit: 9 }))[0]?.data;

  it("are kept unless the playbook says otherwise", async () => {
    const w = world();
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(await w.there()).toEqual(expect.arrayContaining(["dpl_before", "dpl_0"]));
    expect(await finished(w)).not.toHaveProperty("removed");
  });

  it("are removed when the new one is in service and proven, not one made meanwhile with the new values", async () => {
    const w = world(list, undefined, "remove");
    w.running.crashWhen(({ step, when }) => {
      if (step === "end credentials" && when === "before")
        w.platform.seed({ id: "dpl_later", createdAt: w.clock.now() + 1 });
      return false;
    });
    await w.start();
    expect(await w.result()).toMatchObject({
      because: expect.stringContaining("2 deployments with the old"),
    });
    expect((await w.there()).sort()).toEqual([w.platform.serving(), "dpl_later"].sort());
    const [event] = await w.ledger.read({ kind: "breach.removed", limit: 9 });
    expect(event?.data).toEqual({ deployments: ["dpl_0", "dpl_before"], refused: [] });
    expect(await finished(w)).toMatchObject({ removed: 2, afterwards: ["MAIL_KEY is left"] });
  });

  it("are left where production does not serve the new one any more", async () => {
    const w = world(list, undefined, "remove");
    w.running.crashWhen(({ step, when }) => {
      if (step === "find old deployments" && when === "before") void w.platform.promote("dpl_0");
      return false;
    });
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(await w.there()).toEqual(expect.arrayContaining(["dpl_before", "dpl_0"]));
    expect(JSON.stringify(await finished(w))).toContain("production serves dpl_0 meanwhile");
  });

  it("are left to people where the platform refuses, and the recovery is through", async () => {
    const w = world(list, undefined, "remove");
    for (let n = 0; n < 30; n += 1)
      w.platform.seed({ id: `dpl_old_${n}`, createdAt: w.clock.now() - 2_000 - n });
    w.platform.fail("removeDeployment", { how: "before", times: 3 });
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(await finished(w)).toMatchObject({
      removed: 0,
      afterwards: [
        expect.stringMatching(/Remove dpl_0 by hand \(the platform refused: ATM-300/),
        expect.stringContaining("dpl_before"),
        expect.stringContaining("dpl_old_0"),
        expect.stringContaining("29 of 32 are there still, dpl_old_1 the newest"),
        "MAIL_KEY is left",
      ],
    });
  });
});

describe("attack mode", () => {
  const afterwards = async (w: ReturnType<typeof world>) =>
    JSON.stringify((await w.ledger.read({ kind: "recovery.finished", limit: 9 }))[0]?.data["afterwards"]);

  it("is on before the first secret is touched, and off when the recovery is through", async () => {
    const w = world(list, { ends: "recovery" });
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(w.state).toMatchObject({ challengedFirst: true, challengedUntil: undefined });
    expect(await w.keys()).toEqual(expect.arrayContaining([expect.stringContaining("attack-mode/off")]));
    expect(await afterwards(w)).not.toContain("ttack mode");
  });

  it.each([
    { what: "by its time where that is wanted", attack: { ends: "time" }, on: true, says: undefined },
    {
      what: "not at all where somebody has it on for longer",
      attack: { ends: "recovery", since: 9e15 },
      on: true,
      says: "Attack mode was on before",
    },
    {
      what: "never where the platform refuses it, and the recovery goes on",
      attack: { ends: "recovery", refuses: true },
      on: false,
      says: "the plan has none",
    },
  ] as const)("ends $what", async ({ attack, on, says }) => {
    const w = world(list, attack);
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(w.state.challengedUntil !== undefined).toBe(on);
    if (says === undefined) expect(await afterwards(w)).not.toContain("ttack mode");
    else expect(await afterwards(w)).toContain(says);
  });

  it("stays on until its time when the recovery fails, and that is told", async () => {
    const w = world(list, { ends: "recovery" });
    w.knobs.refuses = "PAY_KEY";
    await w.start();
    const ended = await w.result();
    expect(ended).toMatchObject({ state: "failed" });
    expect(w.state.challengedUntil).toBe(w.order.startedAt + 3_600_000);
    expect(JSON.stringify(ended)).toContain("challenges visitors that it does not know until");
  });
});

describe("the list of secrets", () => {
  it.each([
    ["a variable that is none", { variable: "A B", kind: "generated" }],
    ["a kind that is none", { variable: "A", kind: "magic" }],
    ["too few characters", { variable: "A", kind: "generated", length: 8 }],
    ["a database that is not named", { variable: "A", kind: "postgres_password" }],
  ])("refuses %s", (_, secret) => {
    expect(BreachSettings.safeParse({ secrets: [secret] }).success).toBe(false);
  });
});
