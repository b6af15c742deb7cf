import { memoryEngine, memoryJournal } from "@atoms/engine";
import { fakeClock, memoryIncidents, memoryLedger, memoryOutbox } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { acknowledged, closed, drafted, openedIncident, resolved, withSeverity } from "./change.js";
import { incidentFlow, incidentSignal } from "./flow.js";
import type { Incident } from "./model.js";
import type { ChannelMade, IncidentChange } from "./ports.js";
import { IncidentSettings, incidentRules } from "./settings.js";

const minute = 60_000;
const ada = { kind: "person", name: "ada", via: "cli" } as const;

async function world(given: { slackApp?: boolean; channel?: ChannelMade[]; paging?: boolean } = {}) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  const store = memoryIncidents(ledger, outbox);
  const rules = incidentRules(IncidentSettings.parse({}), {
    incidents: "#inc",
    slackApp: given.slackApp ?? false,
  });
  const answers = [...(given.channel ?? [])];
  const pages: string[] = [];
  const flow = incidentFlow({
    clock,
    store: async () => store,
    rules: async () => rules,
    async page({ id }, of) {
      if (!pages.includes(of.id)) pages.push(of.id);
      return `page_${id}:${of.id}`;
    },
    isPaging: async () => given.paging ?? false,
    makeChannel: async ({ channel }) => answers.shift() ?? { is: "there", name: channel?.name ?? "" },
  });
  const journal = memoryJournal();
  const engine = () => memoryEngine({ clock, random: () => 0, flows: [flow], journal });
  const hand = () => ({ actor: ada, at: clock.now(), rules });
  await store.open(
    openedIncident(
      {
        id: "inc_1",
        service: "shop",
        environment: "production",
        severity: "P1",
        title: "down",
        source: { kind: "person", id: "ada" },
        fromSeq: 0,
        playbook: { path: "", text: "", platform: "local" },
      },
      hand(),
    ),
  );
  const running = engine();
  await running.start(flow, "inc_1", { incident: "inc_1" });
  const change = async (how: (one: Incident, by: ReturnType<typeof hand>) => IncidentChange | undefined) => {
    await store.change("inc_1", (one) => how(one, hand()));
    await running.signal("inc_1", incidentSignal, 1);
    await clock.advance(1);
  };
  const kinds = async () => (await ledger.read({})).map(({ kind }) => kind.replace("incident.", ""));
  const now = async () => store.get("inc_1");
  return { clock, outbox, pages, change, kinds, now, running, engine, flow };
}

describe("an incident that is looked after", () => {
  it("pages at once, again when nobody has it, and when it is not over in time; each once", async () => {
    const { clock, pages, kinds } = await world();
    await clock.advance(minute);
    expect(pages).toEqual(["opened"]);
    await clock.advance(4 * minute);
    expect(pages).toHaveLength(2);
    await clock.advance(24 * 60 * minute);
    expect(pages.map((id) => id.split(":")[0])).toEqual(["opened", "response", "resolution"]);
    expect(await kinds()).toEqual(["opened", "paged", "target-missed", "target-missed"]);
  });

  it("does not begin anew with those who are being told one after the other", async () => {
    const { clock, pages, kinds } = await world({ paging: true });
    await clock.advance(6 * minute);
    expect(pages).toEqual(["opened"]);
    expect(await kinds()).toContain("target-missed");
  });

  it("leaves alone who keeps the promises, and ends when it is closed and reviewed", async () => {
    const { clock, pages, change, running, kinds } = await world();
    await clock.advance(minute);
    await change(acknowledged);
    await clock.advance(30 * minute);
    await change((one, by) => resolved(one, by, { text: "ok", findings: [] }));
    await change(drafted);
    await change(closed);
    expect(await running.result("inc_1", 1_000)).toEqual({ state: "closed" });
    expect(pages).toEqual(["opened"]);
    expect(await kinds()).toEqual(["opened", "paged", "acknowledged", "resolved", "reviewed", "closed"]);
  });

  it("reminds once of a post-mortem that nobody drafted", async () => {
    const { clock, change, running, kinds } = await world();
    await change((one, by) => resolved(one, by, { text: "ok", findings: [] }));
    await change(closed);
    await clock.advance(6 * 86_400_000);
    expect(await running.result("inc_1", 1_000)).toEqual({ state: "closed" });
    expect((await kinds()).filter((kind) => kind === "review-due")).toHaveLength(1);
  });

  it("counts anew when it is made worse or better", async () => {
    const { clock, pages, change } = await world();
    await change((one, by) => withSeverity(one, by, "P3"));
    await clock.advance(30 * minute);
    expect(pages).toEqual(["opened"]);
    await change((one, by) => withSeverity(one, by, "P1"));
    await clock.advance(4 * minute);
    expect(pages).toEqual(["opened"]);
    await clock.advance(2 * minute);
    expect(pages).toHaveLength(2);
  });

  it("has its channel made, tried again when Slack is busy, and given up when it refuses", async () => {
    const busy = { is: "not there", retry: true, because: "ratelimited" } as const;
    const { clock, now, outbox } = await world({ slackApp: true, channel: [busy, busy] });
    await clock.advance(minute);
    expect((await now())?.channel).toMatchObject({ is: "there", tries: 3 });
    expect((await outbox.list({ limit: 9 })).map(({ channel }) => channel)).toContain(
      (await now())?.channel?.name,
    );
    const refused = await world({
      slackApp: true,
      channel: [{ is: "not there", retry: false, because: "missing_scope" }],
    });
    await refused.clock.advance(minute);
    expect((await refused.now())?.channel).toMatchObject({ is: "failed", because: "missing_scope" });
  });

  it("goes on after its process died", async () => {
    const { clock, pages, running, engine } = await world();
    await clock.advance(minute);
    await running.close(0);
    await clock.advance(30 * minute);
    const next = engine();
    await next.resume();
    await clock.advance(1_000);
    expect(pages.map((id) => id.split(":")[0])).toEqual(["opened", "response"]);
  });
});
