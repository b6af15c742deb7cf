// One worker with a canary in each of many environments, all at once: the product's flows, engine, store, ledger and
// analysis on a real PostgreSQL. The platform and what measures are stand-ins that cost nothing, for they would be other
// machines. Started by environments.mjs: `node worker.mjs <how many> <database> <times faster>`; speaks over the channel of
// `fork`.

import { openDbosEngine, systemClock } from "../../packages/engine/dist/index.js";
import { openStore } from "../../packages/store/dist/index.js";
import { fakeHttp, fakePlatform } from "../../packages/testkit/dist/index.js";
import {
  analysisSettings,
  BlueGreenSettings,
  CanarySettings,
  ContractSettings,
  DeadlineSettings,
  GateSettings,
  RollbackSettings,
  releaseFlow,
  StandardSettings,
  verdictOf,
} from "../../playbook/dist/index.js";

const [, , count, url, faster] = process.argv;
const clock = fasterClock(Number(faster));
/** Long enough that no canary ends while it is measured. */
const canary = CanarySettings.parse({ steps: [50, 100], bake: "48h", step_minimum: "48h" });
const actor = { kind: "person", name: "ada", via: "cli" };
const store = await openStore({ url });
const worlds = new Map();
/** When each look began, in milliseconds of the monotonic clock, by environment. */
const looks = new Map();
let looked = 0;

const flow = releaseFlow(async (order) => worlds.get(order.service));
const engine = await openDbosEngine({ connectionString: url, flows: [flow], shared: faster === "1", clock });

for (let i = 0; i < Number(count); i++) {
  const service = `service-${i}`;
  worlds.set(service, worldOf(service));
  await begin(service);
}
process.on("message", (word) => {
  if (word === "heap") {
    globalThis.gc();
    process.send({ looked, heap: process.memoryUsage().heapUsed / 2 ** 20 });
  }
  if (word === "measure") {
    looks.clear();
    process.send({ cpu: process.cpuUsage() });
  }
  if (word === "tell")
    process.send({
      cpu: process.cpuUsage(),
      memory: process.memoryUsage.rss() / 2 ** 20,
      gaps: [...looks.values()].flatMap((at) => at.slice(1).map((time, n) => time - at[n])),
      watched: [...looks.values()].filter((at) => at.length > 1).length,
    });
});
process.send("begun");

async function begin(service) {
  const order = {
    release: `rel_${service}`,
    service,
    environment: "production",
    platform: "local",
    strategy: "canary",
    version: "v1",
    actor,
    startedAt: clock.now(),
    playbook: { path: "/playbook.yaml", text: "" },
    folder: "/",
    source: "digest",
    commit: null,
    variables: {},
    now: true,
    skip: [],
    overrides: {},
  };
  const { release: id, environment, platform, strategy, version, startedAt, source } = order;
  const old = { service, environment, deployment: "dpl_good", address: "http://good", version: "v0", at: 1 };
  await store.releases.prove(old, []);
  const state = { state: "running", phase: "preflight", startedBy: actor, split: 0 };
  await store.releases.open(
    { id, service, environment, platform, strategy, version, startedAt, source, ...state },
    [],
  );
  await engine.start(flow, id, order);
}

function worldOf(service) {
  const host = `http://${service}`;
  const platform = fakePlatform({ clock, hosts: [host], buildMs: 100, moveMs: 100 });
  platform.seed({ id: "dpl_good", version: "v0" }, { inProduction: true });
  const findings = [{ check: "tests", title: "Tests", outcome: "pass", saw: "as it should be", ms: 5 }];
  const well = async () => ({ findings, verdict: verdictOf(findings) });
  return {
    settings: {
      standard: StandardSettings.parse({}),
      "blue-green": BlueGreenSettings.parse({}),
      canary,
      analysis: analysisSettings(canary, "http"),
      deadlines: DeadlineSettings.parse({}),
      rollback: RollbackSettings.parse({}),
      contract: ContractSettings.parse({}),
      gates: GateSettings.parse({}),
      gateChannel: "#deployments",
      plan: { pre_deployment: [], during_deployment: [], post_deployment: [], rollback: [] },
    },
    platform,
    releases: store.releases,
    ledger: store.ledger,
    outbox: store.outbox,
    http: fakeHttp({
      [`${host}/health`]: () => ({
        status: 200,
        headers: { "x-atoms-deployment": platform.serving() ?? "" },
      }),
    }),
    clock,
    interrupted: new AbortController().signal,
    sign: () => "",
    rollbackOf: async () => undefined,
    openIncidents: async () => [],
    preflight: well,
    validate: well,
    safety: async () => ({
      stable: { id: "dpl_good", createdAt: 0 },
      variables: { known: { changed: [], willChange: [] } },
      crons: { known: { before: [], after: [] } },
      migrations: null,
    }),
    backup: async () => ({ folder: "backups/1", note: "" }),
    setVariables: async () => ({ set: [] }),
    source: async () => ({
      digest: "digest",
      files: [{ path: "a", sha1: "0".repeat(40), size: 3, mode: 0o100644 }],
    }),
    readSource: async () => new Uint8Array(3),
    contract: async () => ({
      changes: [],
      back: [],
      tools: { stable: 2, candidate: 2 },
      ttlMs: { stable: null, candidate: null },
    }),
    look: async () => ({ ok: true, saw: "healthy", ms: 2 }),
    async measure(_arms, { seconds, split }, signal) {
      looked++;
      // What the stand-in remembers of its calls is not Atoms' memory.
      platform.calls.length = 0;
      if (faster === "1") looks.set(service, [...(looks.get(service) ?? []), performance.now()]);
      const start = clock.now();
      await clock.sleep(seconds * 1_000, signal);
      return Array.from({ length: seconds }, (_, second) => ({
        start: start + second * 1_000,
        seconds: 1,
        split,
        canary: second10(),
        stable: second10(),
      }));
    },
    touch: async () => ({ ok: true, saw: "answers 200", ms: 3 }),
    retire: async () => undefined,
    record: async () => ({ file: "x.json", tag: "v1" }),
  };
}

/** Ten requests of one second, all well. */
function second10() {
  return {
    requests: 10,
    errors: 0,
    slow: { 500: 0 },
    latency: [
      [60, 6],
      [80, 4],
    ],
  };
}

/** A clock whose hours are short. */
function fasterClock(times) {
  if (times === 1) return systemClock;
  const wall = systemClock.now();
  const began = systemClock.monotonic();
  const monotonic = () => (systemClock.monotonic() - began) * times;
  return {
    monotonic,
    now: () => Math.round(wall + monotonic()),
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  };
}
