import { fakeClock, fakePlatform, memoryLedger, memoryReleases } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { operationEngine } from "./operation-engine.world.js";
import { recoverOutageFlow } from "./recover-outage.js";
import type { OutageWorld } from "./recover-outage-end.js";
import {
  type DnsRecord,
  dnsRefused,
  type OutageFacts,
  type OutageMove,
  type OutageOrder,
  RecoveryTargets,
  sameRecords,
} from "./recovery/index.js";

const a = (value: string, ttl = 300): DnsRecord => ({ type: "A", value, ttl });
const home = [a("192.0.2.1")];
const standby = [a("198.51.100.7", 60)];
const name = "app.example.com";

/** A service whose platform is out, and the knobs that scenarios turn. */
function world(more: Partial<OutageOrder> = {}) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const releases = memoryReleases(ledger);
  const platform = fakePlatform({ clock, buildMs: 5_000 });
  platform.seed({ id: "dpl_0", regions: ["iad1"] }, { inProduction: true });
  const order: OutageOrder = {
    release: "rel_1",
    service: "shop",
    environment: "production",
    platform: "vercel",
    version: "v2",
    actor: { kind: "person", name: "ada", via: "cli" },
    startedAt: clock.now(),
    because: "The status page says so.",
    playbook: { path: "/shop/playbook.yaml", text: "" },
    ...more,
  };
  const knobs = {
    ill: false,
    blind: false,
    /** What a change does besides or instead. */
    change: "works" as "works" | "is refused" | "is made and refused" | "finds others",
    readable: true,
    /** The platform's interface answers, and the region that it serves from is out. */
    regional: false,
    /** The deployment in the other region is well. */
    elsewhere: true,
  };
  const state = {
    records: more.back === undefined ? home : standby,
    writes: 0,
    incidents: new Set<string>(),
    told: [] as string[],
  };
  const well = (right: boolean) => ({
    proven: right,
    hosts: [{ host: "https://x", right, saw: "said" }],
    ms: 1,
  });
  const port: OutageWorld = {
    clock,
    releases,
    interrupted: new AbortController().signal,
    settings: {
      targets: RecoveryTargets.parse({}),
      deadlines: { look: 600_000, deploy: 600_000, settle: 600_000, shift: 600_000 },
      regions: ["iad1", "fra1"],
      standby: { name, url: "https://standby", records: standby },
    },
    async look(): Promise<OutageFacts> {
      const silent = { asked: 3, well: 0, answer: "silent", saw: "is silent" } as const;
      return {
        platform: knobs.regional
          ? { answers: true, deployment: "dpl_0", regions: ["iad1"] }
          : { answers: false, because: "no answer" },
        looks: [{ what: "public", url: `https://${name}`, ...silent }],
        name: {
          name,
          where: "somewhere",
          read: true,
          records: state.records,
          standby: sameRecords(state.records, standby),
        },
      };
    },
    async openIncident() {
      state.incidents.add("inc_1");
      return "inc_1";
    },
    platform,
    async proveIn({ deployment, regions }) {
      const runs = (await platform.deployment(deployment))?.regions ?? [];
      return well(knobs.elsewhere && regions.every((region) => runs.includes(region)));
    },
    proveWell: async () => well(!knobs.ill),
    async readRecords() {
      if (!knobs.readable) throw dnsRefused({ where: "somewhere", because: "it is away" });
      return state.records;
    },
    async changeRecords({ was, to }) {
      if (sameRecords(state.records, to)) return { is: "so already" };
      if (knobs.change === "finds others") state.records = [a("203.0.113.9")];
      if (!sameRecords(state.records, was)) return { is: "other", found: state.records };
      if (knobs.change === "is refused") throw dnsRefused({ where: "somewhere", because: "wrong token" });
      state.records = [...to];
      state.writes++;
      if (knobs.change === "is made and refused")
        throw dnsRefused({ where: "somewhere", because: "it answers 502", may: true });
      return { is: "changed" };
    },
    async verifyOutside(records) {
      const right = !knobs.blind && sameRecords(records, state.records);
      const said = { server: "ns", right, says: "A 192.0.2.1" };
      return {
        ...well(right),
        health: well(right).hosts,
        servers: [said],
        resolvers: [{ ...said, right: false }],
      };
    },
    async tell({ text }) {
      state.told.push(text);
    },
  };
  const flow = recoverOutageFlow(async () => port);
  const operation = operationEngine(flow, order, { clock, ledger, releases });
  return { clock, platform, releases, order, knobs, state, ...operation };
}

describe("recovering from an outage", () => {
  it("writes down what was seen and what the records were before it changes them, and proves it from outside", async () => {
    const w = world();
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(w.state.records).toEqual(standby);
    const entries = await w.entries();
    const at = (kind: string) => entries.findIndex((one) => one.kind === kind);
    expect(at("outage.evidence")).toBeGreaterThan(-1);
    expect(at("outage.evidence")).toBeLessThan(at("outage.moving"));
    expect(at("outage.moving")).toBeLessThan(at("outage.moved"));
    expect(entries[at("outage.moving")]?.data).toMatchObject({ name, was: home, to: standby });
    expect(entries[at("recovery.finished")]?.data).toMatchObject({
      scenario: "service_outage",
      incident: "inc_1",
      met: true,
      afterwards: [expect.stringMatching(/up to 300 s; ns has it still/), expect.stringContaining("--back")],
    });
  });

  const back: OutageMove = { of: "records", release: "rel_0", name, was: home, to: standby };
  it("leads back what was moved, and says which move it was", async () => {
    const w = world({ back });
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(w.state.records).toEqual(home);
    expect(w.state.incidents.size).toBe(0);
    const returned = (await w.entries()).find(({ kind }) => kind === "outage.returned");
    expect(returned?.data).toMatchObject({ of: "rel_0" });
  });

  const stops: [
    string,
    Partial<ReturnType<typeof world>["knobs"]>,
    Partial<OutageOrder>,
    string,
    string,
    RegExp,
  ][] = [
    [
      "a standby that is ill",
      { ill: true },
      {},
      "failed",
      "ATM-864",
      /as they were.*Not done: leading users to the standby/,
    ],
    [
      "an outage that is not over, on the way back",
      { ill: true },
      { back },
      "failed",
      "ATM-869",
      /Not done: leading app/,
    ],
    [
      "records of somebody else",
      { change: "finds others" },
      {},
      "failed",
      "ATM-865",
      /left as they are.*Done: the standby is well/,
    ],
    [
      "a provider that refuses",
      { change: "is refused" },
      {},
      "failed",
      "ATM-866",
      /changed nothing.*Not done: leading users/,
    ],
    [
      "a provider that refuses and cannot be asked",
      { change: "is refused", readable: false },
      {},
      "unsafe",
      "ATM-866",
      /Done/,
    ],
    [
      "what cannot be seen from outside",
      { blind: true },
      {},
      "unsafe",
      "ATM-867",
      /were changed.*Not done: proving it/,
    ],
  ];
  it.each(stops)(
    "stops at %s, and says what was done, what was not, and how to go on",
    async (_, knobs, order, state, code, told) => {
      const w = world(order);
      Object.assign(w.knobs, knobs);
      await w.start();
      const ended = await w.result();
      expect(ended).toMatchObject({
        state,
        problem: { code, stillTrue: expect.stringMatching(told) },
      });
      if (code === "ATM-865") expect(w.state.records).toEqual([a("203.0.113.9")]);
      else if (state === "failed") expect(w.state.records).toEqual(order.back === undefined ? home : standby);
      if (order.back === undefined) expect(w.state.told.at(-1)).toContain("ended without success");
    },
  );

  it("moves to another region where the platform's interface answers, and notes where it was before traffic moves", async () => {
    const w = world();
    w.knobs.regional = true;
    const proof = {
      service: "shop",
      environment: "production",
      deployment: "dpl_0",
      address: "x",
      version: "v1",
      at: 1,
    };
    await w.releases.prove(proof, []);
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    const served = w.platform.serving() ?? "";
    expect(await w.platform.deployment(served)).toMatchObject({ regions: ["fra1"] });
    expect(w.state).toMatchObject({ writes: 0, records: home });
    const entries = await w.entries();
    const at = (kind: string) => entries.findIndex((one) => one.kind === kind);
    expect(entries[at("outage.moving")]?.data).toEqual({ of: "regions", was: ["iad1"], to: ["fra1"] });
    expect(at("outage.moving")).toBeLessThan(at("traffic.shifting"));
    // The copy of what was proven good is; that one itself does not answer.
    expect((await w.releases.proven("shop", "production", 9)).map(({ deployment }) => deployment)).toEqual([
      served,
    ]);
  });

  it("leads users to the standby when the other region does not answer, unless a person named the region", async () => {
    const w = world();
    Object.assign(w.knobs, { regional: true, elsewhere: false });
    await w.start();
    expect(await w.result()).toMatchObject({
      state: "released",
      because: expect.stringMatching(/a move to fra1 was tried and left \(ATM-720\)/),
    });
    expect([w.platform.serving(), w.state.records]).toEqual(["dpl_0", standby]);

    const named = world({ way: "regions", region: "fra1" });
    Object.assign(named.knobs, { regional: true, elsewhere: false });
    await named.start();
    expect(await named.result()).toMatchObject({
      state: "failed",
      problem: { code: "ATM-720", stillTrue: expect.stringMatching(/pointed at what it was/) },
    });
    expect([named.platform.serving(), named.state.records]).toEqual(["dpl_0", home]);
  });

  const region: OutageMove = { of: "regions", release: "rel_0", was: ["iad1"], to: ["fra1"] };
  it("takes the region back when it answers again, and not past a release that has left it since", async () => {
    const w = world({ back: region });
    w.platform.seed({ id: "dpl_fra", regions: ["fra1"] }, { inProduction: true });
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(await w.platform.deployment(w.platform.serving() ?? "")).toMatchObject({ regions: ["iad1"] });

    const since = world({ back: region });
    await since.start();
    expect(await since.result()).toMatchObject({
      state: "released",
      because: expect.stringMatching(/dpl_0 from iad1 since, and was left there/),
    });
    expect(since.platform.serving()).toBe("dpl_0");
  });

  it("goes on when a provider made the change and said otherwise", async () => {
    const w = world();
    w.knobs.change = "is made and refused";
    await w.start();
    expect(await w.result()).toMatchObject({ state: "released" });
    expect(w.state.writes).toBe(1);
  });

  it.each([
    ["changes the records once", {}],
    ["makes one deployment in the other region", { regional: true }],
    ["tries both", { regional: true, elsewhere: false }],
  ])("goes on after a crash at any moment of any step, and %s", { timeout: 120_000 }, async (_, knobs) => {
    const whole = world();
    Object.assign(whole.knobs, knobs);
    const moments: string[] = [];
    whole.running.crashWhen(({ step, when }) => moments.push(`${step}, ${when}`) < 0);
    await whole.start();
    await whole.result();
    const expected = await whole.keys();
    expect(moments.length).toBeGreaterThan(30);
    for (const moment of [...new Set(moments)]) {
      const w = world();
      Object.assign(w.knobs, knobs);
      w.running.crashWhen(({ step, when }) => `${step}, ${when}` === moment);
      await w.start();
      await w.clock.advance(60_000);
      expect(w.running.crashed, moment).toBe(true);
      const next = w.engine();
      await next.resume();
      expect(await w.result(next), moment).toMatchObject({ state: "released" });
      expect(await w.keys(), moment).toEqual(expected);
      expect([w.state.writes, w.state.records], moment).toEqual([whole.state.writes, whole.state.records]);
      expect((await w.platform.deployments(9)).length, moment).toBe(
        (await whole.platform.deployments(9)).length,
      );
      await next.close(0);
    }
  });
});
