import { type MemoryEngine, type MemoryJournal, memoryEngine } from "@atoms/engine";
import {
  analysisSettings,
  answerQuestion,
  BlueGreenSettings,
  CanarySettings,
  type Command,
  type ContractComparison,
  ContractSettings,
  commandSignal,
  DeadlineSettings,
  type Finding,
  GateSettings,
  type LedgerEntry,
  type Look,
  openQuestion,
  type ReleaseOrder,
  type ReleaseWorld,
  type Reply,
  type RetireOrder,
  RollbackSettings,
  releaseFlow,
  type SafetyFacts,
  type SafetySettings,
  StandardSettings,
  type StrategyKind,
  verdictOf,
} from "@atoms/playbook";
import type { ArmCounts, Bucket } from "@atoms/playbook/statistics";
import {
  fakeClock,
  fakeHttp,
  fakePlatform,
  memoryLedger,
  memoryOutbox,
  memoryReleases,
} from "@atoms/testkit";
import type { z } from "zod";

export const order: ReleaseOrder = {
  release: "rel_1",
  service: "shop",
  environment: "production",
  platform: "local",
  strategy: "standard",
  version: "v20260105.120000",
  actor: { kind: "person", name: "ada", via: "cli" },
  startedAt: Date.UTC(2026, 0, 5, 12),
  playbook: { path: "/shop/playbook.yaml", text: "" },
  folder: "/shop",
  source: "digest",
  commit: null,
  variables: {},
  now: true,
  skip: [],
  overrides: {},
};

const host = "http://shop.localhost";
export const finding = (outcome: Finding["outcome"], saw = "as it should be"): Finding => ({
  check: "tests",
  title: "Tests",
  outcome,
  saw,
  ms: 5,
});

/** A hundred requests that all were well and quick. */
export const healthy: ArmCounts = { requests: 100, errors: 0, slow: { "500": 0 }, latency: [[60, 100]] };

/** A world in memory with one deployment in production, and the knobs that scenarios turn. */
export function releaseScenario(
  options: {
    first?: boolean;
    buildMs?: number;
    moveMs?: number;
    strategy?: StrategyKind;
    /** Shares time, ledger and releases with another scenario: two services of one store. */
    beside?: {
      clock: ReturnType<typeof fakeClock>;
      ledger: ReturnType<typeof memoryLedger>;
      releases: ReturnType<typeof memoryReleases>;
      outbox: ReturnType<typeof memoryOutbox>;
    };
    canary?: z.input<typeof CanarySettings>;
    contract?: z.input<typeof ContractSettings>;
    safety?: z.input<typeof SafetySettings>;
    gates?: z.input<typeof GateSettings>;
    /** Whether the playbook wants an incident when production is taken back, and what comes of opening it. */
    onRollback?: "opens" | "fails";
    overrides?: ReleaseOrder["overrides"];
    /** A deployment of somebody else's is released as it is. */
    existing?: Partial<ReleaseOrder["existing"]>;
    /** Answers of other systems by address, in order; the last one for ever. */
    webhooks?: Parameters<typeof fakeHttp>[0];
  } = {},
) {
  const clock = options.beside?.clock ?? fakeClock(order.startedAt);
  const ledger = options.beside?.ledger ?? memoryLedger();
  const releases = options.beside?.releases ?? memoryReleases(ledger);
  const outbox = options.beside?.outbox ?? memoryOutbox(ledger);
  const platform = fakePlatform({
    clock,
    hosts: [host],
    buildMs: options.buildMs ?? 3_000,
    moveMs: options.moveMs ?? 500,
  });
  if (options.first !== true) platform.seed({ id: "dpl_good", version: "v1" }, { inProduction: true });
  if (options.existing !== undefined) platform.seed({ id: "dpl_theirs" });
  const interrupt = new AbortController();
  const knobs = {
    preflight: [finding("pass")],
    validate: [finding("pass")],
    /** What going back would meet. */
    safety: {
      stable: { id: "dpl_good", createdAt: 0 },
      variables: { known: { changed: [], willChange: [] } },
      crons: { known: { before: [], after: [] } },
      migrations: null,
    } as SafetyFacts,
    /** What comparing the MCP contracts gives. */
    contract: {
      changes: [],
      back: [],
      tools: { stable: 2, candidate: 2 },
      ttlMs: { stable: null, candidate: null },
    } as ContractComparison,
    /** Incidents that are open, and those that the release wanted opened. */
    openIncidents: [] as { id: string; severity: "P1" | "P2"; title: string }[],
    incidents: [] as { title: string; because: string; unsafe: boolean }[],
    /** What each look sees; the last one for ever. */
    looks: [{ ok: true, saw: "healthy", ms: 2 }] as Look[],
    /** What both arms answer in a window of five seconds. */
    arms: (_split: number, _at: number, _probing: boolean): Pick<Bucket, "canary" | "stable"> => ({
      canary: healthy,
      stable: healthy,
    }),
    /** The split at each measurement, in order. */
    measured: [] as number[],
    touched: [] as string[],
    touch: { ok: true, saw: "answers 200", ms: 3 },
    /** What was handed over to be kept warm and retired. */
    retired: [] as RetireOrder[],
    /** Who made the rollback that pins production, if it was made through Atoms. */
    rollback: undefined as { by: string; byHand: boolean } | undefined,
    records: [] as string[],
    backups: [] as string[],
  };
  let looked = 0;
  const http = fakeHttp({
    [`${host}/health`]: () => ({ status: 200, headers: { "x-atoms-deployment": platform.serving() ?? "" } }),
    ...options.webhooks,
  });
  const checked = (findings: Finding[]) => ({ findings, verdict: verdictOf(findings) });
  const canary = CanarySettings.parse({
    interval: "5s",
    watch: { duration: "60s", interval: "10s" },
    ...options.canary,
  });
  const world: ReleaseWorld = {
    settings: {
      standard: StandardSettings.parse({ watch: { duration: "60s", interval: "10s" } }),
      "blue-green": BlueGreenSettings.parse({ warm_up: 3, watch: { duration: "60s", interval: "10s" } }),
      canary,
      analysis: analysisSettings(canary, "http"),
      deadlines: DeadlineSettings.parse({}),
      rollback: RollbackSettings.parse({ safety: { ...options.safety } }),
      contract: ContractSettings.parse({ ...options.contract }),
      gates: GateSettings.parse({ ...options.gates }),
      gateChannel: "#deployments",
      plan: {
        pre_deployment: [{ channel: "#deployments", message: "starting {service}", timing: -900_000 }],
        during_deployment: [],
        post_deployment: [{ channel: "#deployments", message: "done {service}", timing: 300_000 }],
        rollback: [{ channel: "#incidents", message: "rollback of {service}", timing: "immediate" }],
      },
    },
    platform,
    releases,
    ledger,
    outbox,
    http,
    clock,
    interrupted: interrupt.signal,
    sign: (secret, text) => `${secret.length}.${text.length}`,
    rollbackOf: async () => knobs.rollback,
    openIncidents: async () => knobs.openIncidents,
    ...(options.onRollback === undefined
      ? {}
      : {
          async openIncident(of) {
            knobs.incidents.push(of);
            if (options.onRollback === "fails") throw new Error("the store is away");
          },
        }),
    async preflight(_, onFinding) {
      for (const one of knobs.preflight) onFinding(one);
      return checked(knobs.preflight);
    },
    safety: async () => knobs.safety,
    async backup(for_) {
      knobs.backups.push(for_.release);
      return { folder: "backups/1", note: "" };
    },
    setVariables: async () => ({ set: [] }),
    source: async () => ({
      digest: "digest",
      files: [{ path: "a", sha1: "0".repeat(40), size: 3, mode: 0o100644 }],
    }),
    readSource: async () => new Uint8Array(3),
    async validate(_, onFinding) {
      for (const one of knobs.validate) onFinding(one);
      return checked(knobs.validate);
    },
    contract: async () => knobs.contract,
    async look() {
      const look = knobs.looks[Math.min(looked++, knobs.looks.length - 1)];
      if (look === undefined) throw new Error("the scenario has no look");
      return look;
    },
    async measure(_arms, { seconds, split, probing, after = 0 }, signal) {
      const start = Math.max(clock.now(), after);
      await clock.sleep(seconds * 1_000, signal);
      knobs.measured.push(split);
      return [{ start, seconds, split, ...knobs.arms(split, start, probing === true) }];
    },
    async touch(address) {
      knobs.touched.push(address);
      return knobs.touch;
    },
    async retire(retiring) {
      knobs.retired.push(retiring);
    },
    async record(record) {
      knobs.records.push(record.version);
      return { file: "deployments/x.json", tag: record.version };
    },
  };
  const mine = {
    ...order,
    strategy: options.strategy ?? order.strategy,
    overrides: options.overrides ?? {},
    ...(options.existing === undefined
      ? {}
      : {
          source: "",
          existing: {
            id: "dpl_theirs",
            address: "http://dpl-theirs.localhost",
            stamp: null,
            branch: null,
            unchecked: ["source", "tests"],
            ...options.existing,
          },
        }),
  };
  const flow = releaseFlow(async () => world);
  const open = async () => {
    await releases.open(
      {
        id: order.release,
        service: order.service,
        environment: order.environment,
        platform: "local",
        strategy: mine.strategy,
        version: order.version,
        state: "running",
        phase: "preflight",
        startedBy: order.actor,
        startedAt: order.startedAt,
        source: order.source,
        split: 0,
      },
      [],
    );
    if (options.first === true) return;
    await releases.prove(
      {
        service: "shop",
        environment: "production",
        deployment: "dpl_good",
        address: "http://dpl-good.localhost",
        version: "v1",
        at: 1,
      },
      [],
    );
  };
  const engineOn = (journal?: MemoryJournal): MemoryEngine =>
    memoryEngine({ clock, random: () => 0.5, flows: [flow], ...(journal === undefined ? {} : { journal }) });
  let engine = engineOn();
  return {
    clock,
    ledger,
    releases,
    outbox,
    platform,
    world,
    knobs,
    flow,
    open,
    engineOn,
    abort: async () => {
      const command: Command = { do: "abort", by: "ada", because: "wrong branch" };
      await engine.signal(order.release, commandSignal, command);
      interrupt.abort(new Error("aborted"));
    },
    /** Answers what the release asks, as `atoms approve` does; nothing when it asks nothing. */
    async approve(by = "ada", reply: Partial<Reply> = {}) {
      const release = await releases.get(order.release);
      const question = release && (await openQuestion(ledger, release));
      if (question === undefined || release === undefined) return;
      const given = { yes: true, via: "command", ...reply } as const;
      await answerQuestion({ ledger, clock }, release, question, given, {
        kind: "person",
        name: by,
        via: "cli",
      });
      await engine.signal(order.release, commandSignal, { do: "look" } satisfies Command);
    },
    /** Lets time pass until the ledger tells of something. @returns what it tells. */
    async until(kind: string, wanted: (entry: LedgerEntry) => boolean = () => true): Promise<LedgerEntry> {
      for (let i = 0; i < 20_000; i++) {
        const found = (await ledger.read({ kind, limit: 500 })).find(wanted);
        if (found !== undefined) return found;
        await clock.advance(250);
      }
      throw new Error(`the ledger never told of ${kind}`);
    },
    /** Runs the release to its end, undisturbed. */
    async run(during?: () => Promise<void>) {
      await open();
      await engine.start(flow, order.release, mine);
      const result = engine.result(order.release, 86_400_000);
      if (during !== undefined) await during();
      await clock.runUntil(result);
      return this.seen();
    },
    /** Runs it to its end, and calls before each step begins. */
    async runAndWatch(before: (step: string) => void) {
      engine.crashWhen(({ step, when }) => {
        if (when === "before") before(step);
        return false;
      });
      return this.run();
    },
    /** Runs it and dies where it is told to. @returns whether it died, and what is written down of it then. */
    async runUntilItDies(dies: Parameters<MemoryEngine["crashWhen"]>[0]) {
      await open();
      let died = false;
      engine.crashWhen((moment) => {
        if (died || !dies(moment)) return false;
        died = true;
        return true;
      });
      await engine.start(flow, order.release, mine);
      const first = engine.result(order.release, 86_400_000).catch(() => undefined);
      for (let i = 0; i < 2_000 && !engine.crashed; i++) {
        const done = await Promise.race([first.then(() => true), clock.advance(250).then(() => false)]);
        if (done) break;
      }
      return { died, journal: engine.journal };
    },
    /** Runs it and dies where it is told to; then goes on in another engine until the end. */
    async runAndDie(dies: Parameters<MemoryEngine["crashWhen"]>[0]) {
      const { died } = await this.runUntilItDies(dies);
      if (engine.crashed) {
        engine = engineOn(engine.journal);
        await engine.resume();
        await clock.runUntil(engine.result(order.release, 86_400_000));
      }
      return { died, ...(await this.seen()) };
    },
    async seen() {
      const release = await releases.get(order.release);
      const entries = await ledger.read({ release: order.release, limit: 500 });
      const made = platform.calls.filter((c) => c.call === "createDeployment").length;
      const deployments = (await platform.deployments(100)).filter((d) => d.release === order.release).length;
      return {
        release,
        kinds: entries.map((e) => e.kind),
        entries,
        serving: platform.serving(),
        made,
        deployments,
      };
    },
  };
}
