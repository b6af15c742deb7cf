import {
  type Alert,
  type AlertAction,
  AlertingSettings,
  AlertRules,
  atomsItself,
  type Provider,
  type Release,
  rulesOf,
} from "@atoms/playbook";
import {
  fakeClock,
  memoryAlerts,
  memoryLedger,
  memoryOutbox,
  memoryReleases,
  memorySamples,
} from "@atoms/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { keepEvaluating, type WatchdogWorld, watchEvaluation } from "./keep-evaluating.js";
import { type ReadStored, sampleCache } from "./sample-cache.js";
import { type AlertSetup, type AlertWorld, readyRules } from "./world.js";

const second = 1_000;
const minute = 60 * second;
const providersLooking = (everyMs: number): Provider[] => [
  { monitor: "api", series: ["health_check_failed", "error_rate"], labels: {}, everyMs },
];
const down = {
  name: "service_down",
  condition: "health_check_failed",
  duration: "2m",
  severity: "critical",
  actions: ["page_oncall", "slack_notification"],
};

let stop: AbortController | undefined;
afterEach(() => stop?.abort(new Error("the test is over")));

/** Everything but people and monitors: a health monitor that looks every `lookMs`, and a fault that begins when told. */
function world(rules: object[], lookMs = 10 * second, alerting: object = {}) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  const alerts = memoryAlerts(outbox);
  const releases = memoryReleases(ledger);
  const kept = memorySamples();
  let looks = 0;
  const fault = {
    since: Number.POSITIVE_INFINITY,
    until: Number.POSITIVE_INFINITY,
    store: false,
    hangs: false,
  };
  const errors: string[] = [];
  const acted: string[] = [];
  const began = clock.now();
  const setup: AlertSetup = {
    service: "shop",
    environment: "production",
    ...readyRules(rulesOf(AlertRules.parse(rules)), providersLooking(lookMs)),
    channelsOf: (action) => (action === "slack_notification" ? ["#incidents"] : []),
    settings: AlertingSettings.parse(alerting),
  };
  const read: ReadStored = async (query) => {
    if (fault.hangs) return new Promise(() => undefined);
    if (fault.store) throw new Error("the store is away");
    for (; began + looks * lookMs <= clock.now(); looks++) {
      const at = began + looks * lookMs;
      const outcome = at >= fault.since && at < fault.until ? "down" : "up";
      await kept.append([
        { monitor: "api", service: "shop", environment: "production", at, outcome, values: {} },
      ]);
    }
    return kept.read({ service: "shop", environment: "production", ...query });
  };
  const samples = sampleCache(read);
  const it: AlertWorld = {
    clock,
    alerts,
    releases,
    samples,
    setup: async () => setup,
    act: async (alert: Alert, action: AlertAction) => {
      acted.push(`${action} ${alert.state}`);
      return { done: true, because: "done" };
    },
    pageAcknowledgedBy: async () => undefined,
    onError: (doing, error) =>
      errors.push(`${doing}: ${error instanceof Error ? error.message : String(error)}`),
  };
  const pages: string[] = [];
  const dog: WatchdogWorld = {
    clock,
    setup: async () => setup,
    lastEvaluated: (service, environment) => alerts.lastEvaluated(service, environment),
    put: (notices, events) => outbox.put(notices, events),
    page: async (id) => void pages.push(`page ${id.slice(0, 8)}`),
    endPage: async (id) => void pages.push(`end ${id.slice(0, 8)}`),
    onError: (doing, error) => errors.push(`${doing}: ${String(error)}`),
  };
  return {
    clock,
    ledger,
    outbox,
    alerts,
    releases,
    fault,
    errors,
    acted,
    pages,
    setup,
    world: it,
    start: () => {
      stop = new AbortController();
      void keepEvaluating(it, stop.signal);
      void watchEvaluation(dog, stop.signal);
    },
    kinds: () => ledger.entries.map(({ kind }) => kind),
    notices: () => outbox.list({ limit: 99 }),
  };
}

describe("from a fault to the first notice", () => {
  // The service fails at the worst moment, just after a look; nothing else is late.
  it.each([
    [10 * second, 2 * minute + 15 * second],
    [30 * second, 2 * minute + 35 * second],
  ])("a 2 m rule on a monitor that looks every %d ms tells within %d ms", async (lookMs, atMost) => {
    for (const offset of [1, 2_500, 4_999, 5_001, 9_999]) {
      const w = world([down], lookMs);
      w.start();
      await w.clock.advance(5 * minute + offset);
      w.fault.since = w.clock.now();
      await w.clock.advance(4 * minute);
      const [notice] = await w.notices();
      expect(notice?.text).toMatch(/service_down on api fires/);
      expect((notice?.dueAt ?? 0) - w.fault.since).toBeLessThanOrEqual(atMost);
      expect((notice?.dueAt ?? 0) - w.fault.since).toBeGreaterThanOrEqual(2 * minute);
      stop?.abort(new Error("next"));
    }
  });

  it("is told, set off, and over, each once", async () => {
    const w = world([down]);
    w.start();
    await w.clock.advance(minute);
    w.fault.since = w.clock.now();
    w.fault.until = w.clock.now() + 10 * minute;
    await w.clock.advance(20 * minute);
    expect((await w.notices()).map(({ status }) => status)).toEqual(["open", "resolved"]);
    expect(w.acted).toEqual(["page_oncall firing", "page_oncall resolved"]);
    expect(w.kinds()).toEqual([
      "alert.pending",
      "alert.firing",
      "alert.action",
      "alert.resolved",
      "alert.action",
    ]);
    expect(await w.alerts.open("shop", "production")).toEqual([]);
    expect(w.errors).toEqual([]);
  });

  it("two control planes at once tell and act once", async () => {
    const w = world([down]);
    w.start();
    const first = stop;
    void keepEvaluating(w.world, (first as AbortController).signal);
    await w.clock.advance(minute);
    w.fault.since = w.clock.now();
    await w.clock.advance(10 * minute);
    expect(await w.notices()).toHaveLength(1);
    expect(w.kinds().filter((kind) => kind === "alert.firing")).toHaveLength(1);
  });

  it("an action that fails is tried again, and what has been told is not told again", async () => {
    const w = world([down]);
    let left = 3;
    w.world.act = async () => {
      if (left-- > 0) throw new Error("not now");
      return { done: true, because: "at last" };
    };
    w.start();
    w.fault.since = w.clock.now();
    await w.clock.advance(5 * minute);
    expect((await w.alerts.open("shop", "production"))[0]).toMatchObject({
      due: [],
      outcomes: { page_oncall: { done: true, because: "at last" } },
    });
    expect(w.errors).toHaveLength(3);
    expect(await w.notices()).toHaveLength(1);
  });

  it("takes over who acknowledged the page, and is quiet then", async () => {
    const w = world([down], 10 * second, { repeat_every: "10m" });
    w.world.pageAcknowledgedBy = async () => "ana";
    w.start();
    w.fault.since = w.clock.now();
    await w.clock.advance(45 * minute);
    expect((await w.alerts.open("shop", "production"))[0]).toMatchObject({ acknowledgedBy: "ana" });
    expect(await w.notices()).toHaveLength(1);
  });
});

describe("rules about releases", () => {
  const failed = { ...down, name: "failed", condition: "deployment_status == failed", duration: "0s" };
  const releaseOf = (id: string, startedAt: number): Release => ({
    id,
    service: "shop",
    environment: "production",
    platform: "local",
    strategy: "standard",
    version: "v1",
    state: "running",
    phase: "deploy",
    startedBy: atomsItself,
    startedAt,
    source: "",
    split: 0,
  });

  it("deployment_status is how the last release ended, each a matter of its own", async () => {
    const w = world([failed]);
    const ends = async (id: string, state: "failed" | "released") => {
      await w.releases.open(releaseOf(id, w.clock.now()), []);
      await w.clock.advance(minute);
      await w.releases.change(id, { state, endedAt: w.clock.now() }, []);
      await w.clock.advance(6 * minute);
    };
    const texts = async () => (await w.notices()).map(({ text }) => text);
    w.start();
    await w.clock.advance(minute);
    expect(await texts()).toEqual([]);
    await ends("rel_1", "failed");
    expect(await texts()).toEqual([expect.stringMatching(/failed on rel_1 fires; deployment_status failed/)]);
    await ends("rel_2", "failed");
    expect((await texts())[1]).toMatch(/failed on rel_2 fires.*\n.*resolved: failed on rel_1/);
    await ends("rel_3", "released");
    expect((await texts())[2]).toMatch(/resolved: failed on rel_2/);
    expect(await w.alerts.open("shop", "production")).toEqual([]);
  });

  it("a mute that a person ended is not opened again by its release", async () => {
    const w = world([{ ...down, duration: "0s", during_release: "mute" }]);
    await w.releases.open(releaseOf("rel_1", w.clock.now()), []);
    w.start();
    w.fault.since = w.clock.now();
    await w.clock.advance(minute);
    expect(await w.notices()).toEqual([]);
    const mute = await w.alerts.getSilence("mute_rel_1");
    if (mute === undefined) throw new Error("a mute");
    const ended = { ...mute, endedAt: w.clock.now(), endsAt: w.clock.now() };
    await w.alerts.commit({ alerts: [], silences: [ended], notices: [], events: [] });
    await w.clock.advance(minute);
    expect(await w.notices()).toHaveLength(1);
    expect(await w.alerts.silences("shop", "production")).toEqual([]);
  });
});

describe("the watchdog", () => {
  it.each(["store", "hangs"] as const)(
    "makes it an alert when evaluation stops (%s), and says when it goes on",
    async (how) => {
      const w = world([down]);
      w.start();
      await w.clock.advance(5 * minute);
      w.fault[how] = true;
      await w.clock.advance(10 * minute);
      expect((await w.notices()).map(({ text }) => text)).toEqual([
        expect.stringMatching(
          /Alerts of shop in production are not being evaluated since 2026-01-05T12:0[45]/,
        ),
      ]);
      expect(w.pages).toEqual(["page watchdog"]);
      expect(w.errors.length).toBeGreaterThan(3);
      w.fault[how] = false;
      await w.clock.advance(2 * minute);
      expect((await w.notices())[1]?.text).toMatch(/are evaluated again, after 10m/);
      expect(w.pages).toEqual(["page watchdog", "end watchdog"]);
      expect(w.kinds()).toEqual(["evaluation.stopped", "evaluation.resumed"]);
    },
  );

  it("says nothing while all is well", async () => {
    const w = world([down]);
    w.start();
    await w.clock.advance(60 * minute);
    expect(await w.notices()).toEqual([]);
    expect(w.errors).toEqual([]);
  });
});
