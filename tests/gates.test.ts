import { describe, expect, it } from "vitest";
import { healthy, order, releaseScenario } from "./release.world.js";

const minute = 60_000;
const sick = { requests: 100, errors: 30, slow: { "500": 0 }, latency: [[60, 70]] } as const;
const hook = { name: "board", url: "http://board.test/gate", secret: "0123456789abcdef" };
/** The release of the scenarios starts at 12:00 UTC on Monday, 5 January 2026. */
const lunch = { name: "lunch", from: "Monday 11:00", to: "Monday 12:30" };

describe("before any traffic moves", () => {
  it.each(["standard", "blue-green", "canary"] as const)(
    "a %s release waits for a person, says so with the end of the wait, and goes on",
    async (strategy) => {
      const scenario = releaseScenario({ strategy, gates: { approval: { before_shift: true } } });
      const seen = await scenario.run(async () => {
        const asked = await scenario.until("approval.asked");
        await scenario.until("gate.shut");
        await scenario.clock.advance(1_000);
        const activity = (await scenario.releases.get("rel_1"))?.activity;
        expect(activity).toMatchObject({
          doing: expect.stringMatching(
            /a person to approve: giving traffic to dpl_1 in place of dpl_good .*atoms approve/,
          ),
          waits: [{ gate: "approval", until: asked.at + 30 * minute, otherwise: "refuse" }],
        });
        expect(activity?.until).toBeGreaterThan(asked.at + 30 * minute);
        expect(scenario.platform.serving()).toBe("dpl_good");
        await scenario.approve("ben");
      });
      expect(seen.release?.state).toBe("released");
      const given = seen.entries.find(({ kind }) => kind === "approval.given");
      expect(given).toMatchObject({
        actor: { name: "ben", via: "cli" },
        data: { of: "shift", via: "command" },
      });
      expect(seen.kinds.indexOf("approval.given")).toBeLessThan(seen.kinds.indexOf("traffic.shifting"));
    },
  );

  it("tells people what waits, and of a link for whoever may answer", async () => {
    const scenario = releaseScenario({ gates: { approval: { before_shift: true } } });
    await scenario.run(async () => {
      await scenario.until("gate.shut");
      await scenario.clock.advance(500);
      const notices = (await scenario.outbox.list({ limit: 99 })).filter(({ key }) => key.includes("/gate/"));
      expect(notices).toMatchObject([
        {
          channel: "#deployments",
          text: expect.stringMatching(
            /^shop v\S+ in production waits \(shift\) for a person .* then it is refused\. To answer: atoms approve rel_1$/,
          ),
          approval: { release: "rel_1", of: "shift" },
        },
      ]);
      await scenario.approve();
    });
  });

  it("gives links of their own to approvers that are named, and none that anybody could press", async () => {
    const approvers = [
      { name: "ben", channel: "ben@example.com" },
      { name: "eve", channel: "#eve" },
      { name: "cyd" },
    ];
    const scenario = releaseScenario({ gates: { approval: { before_shift: true, people: 2, approvers } } });
    const seen = await scenario.run(async () => {
      await scenario.until("gate.shut");
      await scenario.clock.advance(500);
      const notices = (await scenario.outbox.list({ limit: 99 })).filter(({ key }) => key.includes("/gate/"));
      expect(notices.map(({ channel, approval }) => [channel, approval?.who])).toEqual(
        expect.arrayContaining([
          ["ben@example.com", "ben"],
          ["#eve", "eve"],
          ["#deployments", undefined],
        ]),
      );
      expect(notices.find(({ channel }) => channel === "#deployments")?.approval).toBeUndefined();
      await scenario.approve("ben");
      await scenario.clock.advance(minute);
      expect((await scenario.releases.get("rel_1"))?.activity?.waits?.[0]?.because).toContain("1 of 2: ben");
      await expect(scenario.approve("zoe")).rejects.toMatchObject({ code: "ATM-525" });
      await scenario.approve("ben");
      await scenario.clock.advance(minute);
      expect(scenario.platform.serving()).toBe("dpl_good");
      await scenario.approve("cyd");
    });
    expect(seen.release?.state).toBe("released");
  });

  it("does not let whoever started it be one of two", async () => {
    const scenario = releaseScenario({ gates: { approval: { before_shift: true, people: 2 } } });
    await scenario.run(async () => {
      await scenario.until("gate.shut");
      await expect(scenario.approve(order.actor.name)).rejects.toMatchObject({
        code: "ATM-525",
        happened: expect.stringContaining("whoever started"),
      });
      await scenario.approve("ben");
      await scenario.approve("eve");
    });
  });

  it.each([
    { on_expiry: "refuse", state: "failed", serving: "dpl_good" },
    { on_expiry: "open", state: "released", serving: "dpl_1" },
  ] as const)(
    "does what is stated when nobody answers: $on_expiry",
    async ({ on_expiry, state, serving }) => {
      const scenario = releaseScenario({
        gates: { approval: { before_shift: true, expires: "5m", on_expiry } },
      });
      const seen = await scenario.run();
      expect(seen).toMatchObject({ serving, release: { state } });
      if (state === "failed")
        expect(seen.release?.problem).toMatchObject({ code: "ATM-561", ending: "refused" });
    },
  );

  it("ends when a person says no, with the reason", async () => {
    const scenario = releaseScenario({ gates: { approval: { before_shift: true } } });
    const seen = await scenario.run(async () => {
      await scenario.until("gate.shut");
      await scenario.approve("eve", { yes: false, because: "not before the talk" });
    });
    expect(seen.serving).toBe("dpl_good");
    expect(seen.release).toMatchObject({ state: "failed", problem: { code: "ATM-524", ending: "refused" } });
    expect(seen.release?.problem?.happened).toContain("not before the talk");
  });

  it("takes an answer that was written down by a process that died before it could wake the release", async () => {
    const scenario = releaseScenario({ gates: { approval: { before_shift: true } } });
    const seen = await scenario.run(async () => {
      const { data } = await scenario.until("approval.asked");
      await scenario.until("gate.shut");
      const { release, service, environment } = order;
      const by = { kind: "person", name: "ben", via: "cli" } as const;
      const at = scenario.clock.now();
      const given = { of: data["of"], by: "ben", via: "command" };
      await scenario.ledger.append([
        {
          key: "rel_1/approval/shift/by/ben",
          kind: "approval.given",
          at,
          actor: by,
          service,
          environment,
          release,
          data: given,
        },
      ]);
      await scenario.clock.advance(31_000);
      await scenario.until("approval.settled");
    });
    expect(seen.release?.state).toBe("released");
  });

  it("can be aborted at a gate", async () => {
    const scenario = releaseScenario({ gates: { approval: { before_shift: true } } });
    const seen = await scenario.run(async () => {
      await scenario.until("gate.shut");
      await scenario.abort();
    });
    expect(seen).toMatchObject({
      serving: "dpl_good",
      release: { state: "aborted", problem: { code: "ATM-504" } },
    });
  });
});

describe("a freeze", () => {
  it("refuses a release while nothing was touched", async () => {
    const seen = await releaseScenario({ gates: { freeze: { windows: [lunch] } } }).run();
    expect(seen.release).toMatchObject({ state: "failed", problem: { code: "ATM-520", ending: "refused" } });
    expect(seen.release?.problem?.fix).toContain("2026-01-05 12:30 UTC");
    expect(seen.made).toBe(0);
  });

  it("is waited for where the playbook says so, and the wait is told", async () => {
    const scenario = releaseScenario({ gates: { freeze: { windows: [lunch], hold: "1h" } } });
    const seen = await scenario.run();
    expect(seen.release?.state).toBe("released");
    expect(seen.entries.find(({ kind }) => kind === "deployment.created")?.at).toBeGreaterThanOrEqual(
      order.startedAt + 30 * minute,
    );
    expect((await scenario.outbox.list({ limit: 99 })).map(({ text }) => text)).toContainEqual(
      expect.stringContaining("the freeze lunch (UTC) lasts, until 2026-01-05 12:30 UTC"),
    );
  });

  it("that begins before the shift is met there", async () => {
    const soon = { name: "soon", from: "Monday 12:00", to: "Monday 18:00", time_zone: "Etc/GMT-1" };
    const later = { ...soon, from: "Monday 13:01" };
    const seen = await releaseScenario({
      buildMs: 3 * minute,
      gates: { freeze: { windows: [later] } },
    }).run();
    expect(seen).toMatchObject({ made: 1, serving: "dpl_good", release: { problem: { code: "ATM-520" } } });
  });

  it("is gone past for a reason, which the ledger keeps with who it was", async () => {
    const overrides = { freeze: "payments are down" };
    const seen = await releaseScenario({ overrides, gates: { freeze: { windows: [lunch] } } }).run();
    expect(seen.release?.state).toBe("released");
    expect(seen.entries.filter(({ kind }) => kind === "gate.overridden")).toMatchObject([
      { actor: order.actor, data: { gate: "freeze", point: "start", reason: "payments are down" } },
      { data: { point: "shift" } },
    ]);
  });

  it("keeps no rollback back", async () => {
    const freeze = { windows: [{ name: "later", from: "Monday 12:02", to: "Monday 20:00" }] };
    const scenario = releaseScenario({ gates: { freeze } });
    scenario.knobs.looks = [
      { ok: true, saw: "", ms: 1 },
      { ok: false, saw: "503", ms: 1 },
    ];
    expect(await scenario.run()).toMatchObject({ serving: "dpl_good", release: { state: "rolled back" } });
  });
});

describe("a rollback pin", () => {
  const pinned = async (
    by: { by: string; byHand: boolean } | undefined,
    more: Parameters<typeof releaseScenario>[0] = {},
  ) => {
    const scenario = releaseScenario({ moveMs: 0, ...more });
    scenario.platform.seed({ id: "dpl_bad" }, { inProduction: true });
    await scenario.platform.rollBack("dpl_good", "by hand");
    scenario.knobs.rollback = by;
    return scenario.run();
  };

  it("that somebody else set is respected", async () => {
    const seen = await pinned(undefined);
    expect(seen).toMatchObject({
      made: 0,
      serving: "dpl_good",
      release: { problem: { code: "ATM-522", ending: "refused" } },
    });
  });

  it.each([
    { who: "Atoms itself", by: { by: "atoms", byHand: false } },
    { who: "the same person", by: { by: order.actor.name, byHand: true } },
  ])("that $who set is gone on from", async ({ by }) => {
    expect((await pinned(by)).release?.state).toBe("released");
  });

  it("is gone past for a reason", async () => {
    expect((await pinned(undefined, { overrides: { pin: "agreed with ben" } })).release?.state).toBe(
      "released",
    );
  });
});

describe("a webhook gate", () => {
  const answers = (...all: object[]) => ({
    [`POST ${hook.url}`]: all.map((body) => ({ status: 200, body })),
  });

  it("is asked again while it holds, and opens", async () => {
    const webhooks = answers(
      { answer: "hold", because: "in review" },
      { answer: "hold", because: "in review" },
      { answer: "open", because: "CHG-7" },
    );
    const scenario = releaseScenario({ webhooks, gates: { webhooks: [hook] } });
    const seen = await scenario.run();
    expect(seen.release?.state).toBe("released");
    expect(
      seen.entries
        .filter(({ kind }) => kind.startsWith("gate."))
        .map(({ kind, data }) => [kind, data["because"]]),
    ).toEqual([
      ["gate.shut", "it holds: in review"],
      ["gate.opened", "CHG-7"],
    ]);
  });

  it("that refuses ends the release before traffic moves", async () => {
    const webhooks = answers({ answer: "refuse", because: "no change number" });
    const seen = await releaseScenario({ webhooks, gates: { webhooks: [hook] } }).run();
    expect(seen).toMatchObject({
      serving: "dpl_good",
      release: { problem: { code: "ATM-523", ending: "refused" } },
    });
    expect(seen.release?.problem?.happened).toContain("no change number");
  });

  it.each([
    { no_answer: "refuse", state: "failed" },
    { no_answer: "open", state: "released" },
  ] as const)(
    "that is silent until its deadline means what was declared: $no_answer",
    async ({ no_answer, state }) => {
      const webhooks = { [`POST ${hook.url}`]: "refused" as const };
      const gates = { webhooks: [{ ...hook, deadline: "2m", no_answer }] };
      expect((await releaseScenario({ webhooks, gates }).run()).release?.state).toBe(state);
    },
  );
});

describe("between the steps of a canary", () => {
  const canary = { steps: [50, 100], approve: "before 100" as const };

  it("a person is asked once the step has proven itself, not before", async () => {
    const scenario = releaseScenario({ strategy: "canary", canary });
    const seen = await scenario.run(async () => {
      await scenario.until("traffic.step");
      await scenario.approve("ben");
      expect(await scenario.ledger.read({ kind: "approval.given" })).toEqual([]);
      await scenario.until("approval.asked");
      await scenario.clock.advance(10_000);
      expect((await scenario.releases.get("rel_1"))?.activity).toMatchObject({
        doing: expect.stringContaining(
          "proof of health; waiting for a person to approve: giving dpl_1 100 %",
        ),
        waits: [{ gate: "approval" }],
      });
      await scenario.approve("ben");
    });
    expect(seen.release?.state).toBe("released");
  });

  it("proof of harm goes back at once while two people and a webhook are waited for", async () => {
    const scenario = releaseScenario({
      strategy: "canary",
      canary: { ...canary, hold: "3h" },
      webhooks: { [`POST ${hook.url}`]: { status: 200, body: { answer: "hold" } } },
      gates: { approval: { people: 2 }, webhooks: [{ ...hook, at: ["step"], deadline: "3h" }] },
    });
    let turns = Number.POSITIVE_INFINITY;
    scenario.knobs.arms = (_split, at) => ({ canary: at >= turns ? sick : healthy, stable: healthy });
    const seen = await scenario.run(async () => {
      await scenario.until("gate.shut");
      turns = scenario.clock.now() + 10 * minute;
    });
    expect(seen).toMatchObject({
      serving: "dpl_good",
      release: { state: "rolled back", problem: { code: "ATM-512" } },
    });
    const verdict = seen.entries.find(({ kind }) => kind === "analysis.verdict");
    expect((verdict?.at ?? 0) - turns).toBeLessThan(2 * minute);
  });

  it.each([
    { what: "refused", reply: true, says: "eve refused: too risky" },
    { what: "not approved in time", reply: false, says: "nobody approved in time" },
  ])("that is $what it goes back", async ({ reply, says }) => {
    const scenario = releaseScenario({ strategy: "canary", canary: { ...canary, hold: "10m" } });
    const seen = await scenario.run(async () => {
      await scenario.until("approval.asked");
      if (reply) await scenario.approve("eve", { yes: false, because: "too risky" });
    });
    expect(seen).toMatchObject({ serving: "dpl_good", release: { state: "rolled back" } });
    expect(seen.release?.problem?.happened).toContain(says);
  });
});

describe("kill -9 at any moment in front of gates", () => {
  it("ends as if nothing had happened, with one question and each message once", {
    timeout: 120_000,
  }, async () => {
    const make = () =>
      releaseScenario({
        buildMs: 500,
        webhooks: {
          [`POST ${hook.url}`]: [
            { status: 200, body: { answer: "hold" } },
            { status: 200, body: { answer: "hold" } },
            { status: 200, body: { answer: "open" } },
          ],
        },
        gates: {
          approval: { before_shift: true, expires: "20s", on_expiry: "open" },
          webhooks: [hook],
          freeze: { hold: "1h", windows: [{ name: "w", from: "Monday 11:00", to: "Monday 12:01" }] },
        },
      });
    const steps = new Set<string>();
    await make().runAndDie(({ step }) => {
      if (/gate|question/.test(step)) steps.add(step);
      return false;
    });
    expect(steps.size).toBeGreaterThan(8);
    for (const step of steps)
      for (const when of ["before", "unwritten", "written"] as const) {
        const scenario = make();
        const seen = await scenario.runAndDie((moment) => moment.step === step && moment.when === when);
        const where = `killed ${when} "${step}"`;
        expect({ died: seen.died, state: seen.release?.state, serving: seen.serving }, where).toEqual({
          died: true,
          state: "released",
          serving: "dpl_1",
        });
        expect(
          seen.kinds.filter((kind) => kind === "approval.asked"),
          where,
        ).toHaveLength(1);
        const told = (await scenario.outbox.list({ limit: 99 })).filter(({ key }) => key.includes("/gate/"));
        expect(new Set(told.map(({ text }) => text)).size, where).toBe(told.length);
        expect(told, where).toHaveLength(3);
      }
  });
});
