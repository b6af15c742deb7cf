import { type ArmCounts, binOf } from "../statistics/index.js";
import { atomsItself, type LedgerEntry, type Release } from "../terms/index.js";

// Releases as the ledger tells of them, for tests.

const begun = Date.UTC(2026, 10, 27, 15, 0, 0);

export const release: Release = {
  id: "rel_1m84nj48tbvrhrfg",
  service: "shop",
  environment: "production",
  platform: "local",
  strategy: "canary",
  version: "v20261127.150000",
  state: "released",
  phase: "finish",
  startedBy: { kind: "person", name: "ada", via: "cli" },
  startedAt: begun,
  source: "sha256-0123456789abcdef",
  candidate: { id: "dpl_CNWrBM4Jon6pisAXaKPMHHQ2", address: "http://shop-new.localhost:4000" },
  previous: { id: "dpl_7dGQGYMK2abukqTJADuSM3St", address: "http://shop-old.localhost:4000" },
  split: 1,
  because: "production serves dpl_CNWrBM4Jon6pisAXaKPMHHQ2, which passed its watch",
};

/** Makes entries, one second after the other unless told otherwise. */
export function ledgerOf() {
  const entries: LedgerEntry[] = [];
  return {
    entries,
    add(kind: string, data: LedgerEntry["data"], at: number, actor = atomsItself) {
      const seq = entries.length + 1;
      entries.push({
        seq,
        hash: "",
        previous: "",
        key: `${release.id}/${kind}/${seq}`,
        kind,
        at: begun + at * 1_000,
        actor,
        service: "shop",
        environment: "production",
        release: release.id,
        data,
      });
    },
  };
}

export const settings = {
  guardrails: [
    { kind: "errors", id: "error rate", limit: 0.01, profile: "strict" },
    { kind: "slow", id: "p95 latency", over: 500, limit: 0.05 },
    { kind: "relative_errors", id: "errors against stable" },
    { kind: "relative_latency", id: "latency against stable" },
  ],
  warm_up_seconds: 10,
};

/** A stream of numbers in [0, 1) that is the same every time. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function arm(random: () => number, requests: number, errorRate: number, median: number): ArmCounts {
  const bins = new Map<number, number>();
  let [errors, slow] = [0, 0];
  for (let i = 0; i < requests; i++) {
    if (random() < errorRate) {
      errors++;
      continue;
    }
    const ms =
      median * Math.exp(0.5 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
    if (ms > 500) slow++;
    bins.set(binOf(ms), (bins.get(binOf(ms)) ?? 0) + 1);
  }
  return { requests, errors, slow: { "500": slow }, latency: [...bins] };
}

/**
 * A canary with so many looks of so many one-second buckets, evenly over its steps.
 * @param bad Share of the canary's requests that fail in the second half.
 */
export function canaryLedger({
  looks = 60,
  seconds = 5,
  bad = 0.002,
  base = 0.002,
  rate = 40,
  steps = [0.1, 0.25, 0.5, 0.75],
} = {}) {
  const random = numbers(looks * 7 + Math.round(bad * 1e4));
  const { entries, add } = ledgerOf();
  const phase = (name: string, at: number, more = {}) => add("phase.started", { phase: name, ...more }, at);
  const over = (name: string, at: number, ms: number) => add("phase.finished", { phase: name, ms }, at);
  add(
    "release.started",
    { strategy: "canary", platform: "local", version: release.version },
    0,
    release.startedBy,
  );
  phase("preflight", 0);
  add(
    "check.finished",
    { phase: "preflight", title: "Git is clean", outcome: "pass", saw: "clean", ms: 20 },
    0.2,
  );
  add(
    "check.finished",
    {
      phase: "preflight",
      title: "Dependencies",
      outcome: "warn",
      saw: "2 are outdated",
      fix: "`npm outdated`",
      ms: 80,
    },
    0.4,
  );
  over("preflight", 0.5, 500);
  phase("deploy", 0.5);
  add("deployment.created", { deployment: release.candidate?.id, address: release.candidate?.address }, 1.2);
  over("deploy", 1.5, 1_000);
  phase("shift", 2);
  add(
    "traffic.shifting",
    {
      to: release.candidate?.id,
      from: release.previous?.id,
      steps: steps.map((s) => s * 100),
      analysis: settings,
    },
    2,
  );
  let at = 2;
  for (let look = 0; look < looks; look++) {
    const each = looks / steps.length;
    const step = Math.min(steps.length - 1, Math.floor(look / each));
    const split = steps[step] ?? 0;
    if (look === Math.ceil(step * each))
      add(
        "traffic.step",
        {
          to: release.candidate?.id,
          split,
          step: step + 1,
          of: steps.length + 1,
          next: steps[step + 1] ?? 1,
          bakeMs: 300_000,
          holdMs: 600_000,
          minRequests: 200,
          needsApproval: step === steps.length - 1,
        },
        at,
      );
    const buckets = Array.from({ length: seconds }, (_, i) => ({
      start: begun + (at + i) * 1_000,
      seconds: 1,
      split,
      canary: arm(random, Math.round(rate * split), look > looks / 2 ? bad : base, 82),
      stable: arm(random, Math.round(rate * (1 - split)), base, 80),
    }));
    at += seconds;
    add(
      "analysis.observed",
      { step: step + 1, look: look + 1, buckets: JSON.parse(JSON.stringify(buckets)) },
      at,
    );
  }
  return { entries, add, phase, over, at };
}

/** The same, to its end: gone back when it was bad. */
export function endedCanary(options: Parameters<typeof canaryLedger>[0] = {}): {
  release: Release;
  entries: LedgerEntry[];
} {
  const told = canaryLedger(options);
  const { add, phase, over, at, entries } = told;
  const bad = (options.bad ?? 0) > 0.02;
  const because = "error rate: requests that failed: 4.76% of 231, though at most 1% may fail";
  add(
    "analysis.verdict",
    { step: 4, split: 0.75, move: bad ? "roll back" : "next", because: bad ? because : "proof of health" },
    at,
  );
  if (bad) {
    phase("rollback", at, { because });
    add("rollback.decided", { to: release.previous?.id, from: release.candidate?.id, because }, at + 0.1);
    add("rollback.verified", { to: release.previous?.id, ms: 184, hosts: [] }, at + 0.3);
    over("rollback", at + 0.4, 400);
  } else {
    add("traffic.shifted", { to: release.candidate?.id, ms: 52, hosts: [] }, at);
    over("shift", at, (at - 2) * 1_000);
  }
  const state = bad ? "rolled back" : "released";
  const why = bad
    ? `The canary was worse. Production serves ${release.previous?.id} again.`
    : (release.because ?? "");
  add("release.ended", { state, because: why }, at + 1);
  return {
    entries,
    release: {
      ...release,
      state,
      because: why,
      split: bad ? 0 : 1,
      endedAt: begun + (at + 1) * 1_000,
      ...(bad
        ? {
            problem: {
              code: "ATM-512",
              title: "The canary was worse",
              happened: because,
              stillTrue: "Production serves the deployment before.",
              fix: "`atoms logs` says what it wrote.",
              ending: "failed" as const,
            },
          }
        : {}),
    },
  };
}
