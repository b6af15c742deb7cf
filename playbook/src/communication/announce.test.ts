import { memoryEngine } from "@atoms/engine";
import { fakeClock, memoryLedger, memoryOutbox } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import type { Flow, FlowDefinition } from "../terms/index.js";
import { type AnnouncedEnd, announceEnd, announceRollback, announceStart } from "./announce.js";
import type { EndState } from "./plan.js";
import { seedPlan } from "./seed.contract.js";
import { CommunicationPlan } from "./settings.js";

const minute = 60_000;
const start = Date.UTC(2026, 0, 5, 12);
const facts = {
  release: "rel_1",
  service: "atoms-mcp",
  environment: "production",
  version: "v20260105.120000",
  plan: CommunicationPlan.parse(seedPlan),
};

function world() {
  const clock = fakeClock(start);
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  /** Delivers what is due, as the control plane would. */
  const dispatch = async () => {
    for (const { key } of await outbox.take(clock.now(), 100, minute))
      await outbox.settle(key, { sent: true }, clock.now());
  };
  /** Steps in which the process died. */
  const survived = new Set<string>();
  /** Runs a flow; `dying`: the process dies once in every step, when its work is done and not yet written down. */
  const run = async <O>(work: (flow: Flow) => Promise<O>, dying = false): Promise<O> => {
    const definition: FlowDefinition<null, O> = { name: "release", version: 1, run: (flow) => work(flow) };
    const options = { clock, random: () => 0.5, flows: [definition] };
    let engine = memoryEngine(options);
    await engine.start(definition, "rel_1", null);
    while (dying) {
      const death = new Promise<undefined>((die) => {
        engine.crashWhen(({ step, when }) => {
          if (when !== "unwritten" || survived.has(step)) return false;
          survived.add(step);
          die(undefined);
          return true;
        });
      });
      const done = engine.result<O>("rel_1", 86_400_000).then((result) => ({ result }));
      const ended = await clock.runUntil(Promise.race([done, death]));
      if (ended !== undefined) return ended.result;
      engine = memoryEngine({ ...options, journal: engine.journal });
      await engine.resume();
    }
    return clock.runUntil(engine.result<O>("rel_1", 86_400_000));
  };
  const all = async () =>
    (await outbox.list({ limit: 100 })).map(({ channel, text, state, dueAt }) => ({
      at: Math.round((dueAt - start) / minute),
      channel,
      text,
      state,
    }));
  const told = async () => (await all()).map(({ at, channel, state }) => `${at} ${channel} ${state}`);
  return { clock, ledger, outbox, dispatch, run, survived, all, told };
}

const ended = (state: EndState, more: Partial<AnnouncedEnd> = {}): AnnouncedEnd => ({
  ...facts,
  state,
  because: "error rate 4 % over 60 s",
  ...more,
});

describe("the start", () => {
  it("promises fifteen minutes, and writes down who is told when", async () => {
    const { run, outbox, told, ledger } = world();
    const { shiftAt } = await run((flow) => announceStart(flow, { outbox }, facts));
    expect(shiftAt).toBe(start + 15 * minute);
    expect(await told()).toEqual([
      "0 #atoms-deployments waiting",
      "5 #atoms-engineering waiting",
      "15 #atoms-status waiting",
    ]);
    expect(ledger.entries.map(({ key, kind, data }) => ({ key, kind, channel: data["channel"] }))).toEqual([
      { key: "rel_1/notice/start/1/notice.planned", kind: "notice.planned", channel: "#atoms-deployments" },
      { key: "rel_1/notice/start/2/notice.planned", kind: "notice.planned", channel: "#atoms-engineering" },
      { key: "rel_1/notice/start/3/notice.planned", kind: "notice.planned", channel: "#atoms-status" },
    ]);
  });

  it.each([
    { given: "--now", more: { now: true }, notices: 3 },
    { given: "no plan", more: { plan: undefined }, notices: 0 },
  ])("with $given traffic may move at once", async ({ more, notices }) => {
    const { run, outbox, told } = world();
    const { shiftAt } = await run((flow) => announceStart(flow, { outbox }, { ...facts, ...more }));
    expect(shiftAt).toBe(start);
    expect(await told()).toHaveLength(notices);
  });
});

/** A release that is announced, goes on for some minutes, and ends. */
const release = (w: ReturnType<typeof world>, after: number, end: AnnouncedEnd) => async (flow: Flow) => {
  await announceStart(flow, w, facts);
  await flow.step("dispatch what is due at once", w.dispatch);
  await flow.sleep(after * minute);
  await flow.step("dispatch what has become due", w.dispatch);
  if (end.state === "rolled back") await announceRollback(flow, w, end);
  await announceEnd(flow, w, end);
};

describe("the end", () => {
  it("of a release that passed: the rest of the plan, counted from T-0", async () => {
    const w = world();
    await w.run(release(w, 21, ended("released", { shiftAt: start + 15 * minute })));
    expect(await w.told()).toEqual([
      "0 #atoms-deployments sent",
      "5 #atoms-engineering sent",
      "15 #atoms-status sent",
      "21 #atoms-deployments waiting",
      "25 #atoms-engineering waiting",
    ]);
  });

  it("of a release that was rolled back: says so wherever it had been announced, and in the incident channel", async () => {
    const w = world();
    await w.run(release(w, 18, ended("rolled back")));
    expect((await w.all()).slice(3).map(({ at, channel, text }) => `${at} ${channel} ${text}`)).toEqual([
      "18 #atoms-incidents Rollback initiated",
      expect.stringMatching(
        /^18 #atoms-deployments Deployment of .* rolled back\. Error rate 4 % .* PRs can resume\.$/,
      ),
      expect.stringMatching(/^18 #atoms-engineering .* PRs can resume\.$/),
      expect.stringMatching(/^18 #atoms-status .* PRs can resume\.$/),
      expect.stringMatching(
        /^18 #atoms-incidents Deployment of .* rolled back\. Error rate 4 % over 60 s\.$/,
      ),
    ]);
  });

  it("of a release that failed early: what nobody heard is cancelled and not corrected", async () => {
    const w = world();
    await w.run(release(w, 6, ended("failed")));
    expect(await w.told()).toEqual([
      "0 #atoms-deployments sent",
      "5 #atoms-engineering sent",
      "6 #atoms-deployments waiting",
      "6 #atoms-engineering waiting",
      "15 #atoms-status cancelled",
    ]);
    const cancelled = w.ledger.entries.filter(({ kind }) => kind === "notice.cancelled");
    expect(cancelled.map(({ data }) => [data["channel"], data["state"]])).toEqual([
      ["#atoms-status", "failed"],
    ]);
  });

  it("counts a message as heard that was due and may be on its way", async () => {
    const w = world();
    await w.run(async (flow) => {
      await announceStart(flow, w, facts);
      await flow.step(
        "take and say nothing",
        async () => void (await w.outbox.take(w.clock.now(), 1, minute)),
      );
      await announceEnd(flow, w, ended("aborted"));
    });
    expect(await w.told()).toEqual([
      "0 #atoms-deployments cancelled",
      "0 #atoms-deployments waiting",
      "5 #atoms-engineering cancelled",
      "15 #atoms-status cancelled",
    ]);
  });

  it("of a rollback by hand: tells the rollback's channels only", async () => {
    const w = world();
    await w.run((flow) => announceEnd(flow, w, ended("rolled back", { version: "" })));
    expect((await w.all()).map(({ channel, text }) => `${channel} ${text}`)).toEqual([
      "#atoms-incidents Rollback initiated",
      "#atoms-incidents atoms-mcp in production ended: rolled back. Error rate 4 % over 60 s.",
    ]);
  });

  it("of a rollback by hand that was refused: says nothing", async () => {
    const w = world();
    await w.run((flow) => announceEnd(flow, w, ended("failed", { version: "" })));
    expect(await w.told()).toEqual([]);
  });
});

describe("a process that dies after writing and before its step is written", () => {
  it.each(["released", "rolled back", "failed", "aborted", "unsafe"] as const)(
    "says nothing twice and loses nothing: %s",
    async (state) => {
      const undisturbed = world();
      await undisturbed.run(release(undisturbed, 18, ended(state)));
      const dying = world();
      await dying.run(release(dying, 18, ended(state)), true);
      expect([...dying.survived]).toEqual(expect.arrayContaining(["announce the start", "announce the end"]));
      expect(await dying.all()).toEqual(await undisturbed.all());
      expect(dying.ledger.entries.map(({ key }) => key)).toEqual(
        undisturbed.ledger.entries.map(({ key }) => key),
      );
    },
  );
});
