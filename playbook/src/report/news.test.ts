import { describe, expect, it } from "vitest";
import { judgementOf } from "./judgement.js";
import { canaryLedger, ledgerOf } from "./ledger.contract.js";
import { followJudgements, isNews, newsOf } from "./news.js";
import { followRelease } from "./release-now.js";

const begun = Date.UTC(2026, 10, 27, 15, 0, 0);

function entryOf(kind: string, data: Parameters<ReturnType<typeof ledgerOf>["add"]>[1]) {
  const { entries, add } = ledgerOf();
  add(kind, data, 0);
  return entries[0] as (typeof entries)[number];
}

describe("what is told at the moment it happens", () => {
  it.each([
    [
      "traffic.step",
      { step: 2, of: 4, split: 0.25, to: "dpl_new", bakeMs: 300_000 },
      "step 2 of 4: 25 % on dpl_new, for 5 m 0 s or until there is proof of health",
    ],
    [
      "gate.shut",
      { gate: "approval", because: "a person to approve: it", until: begun + 600_000, otherwise: "refuse" },
      "approval keeps it waiting: a person to approve: it; until 15:10:00 UTC, then it is refused",
    ],
    [
      "gate.shut",
      { gate: "freeze", because: "the freeze lasts", until: begun + 90_000_000, otherwise: "open" },
      "freeze keeps it waiting: the freeze lasts; until 2026-11-28 16:00:00 UTC, then it goes on",
    ],
    [
      "gate.shut",
      { gate: "freeze", because: "no end was written" },
      "freeze keeps it waiting: no end was written",
    ],
    [
      "gate.shut",
      { gate: "pin", because: "x", until: 1e300 },
      "pin keeps it waiting: x; until no time, then it is refused",
    ],
    ["gate.opened", { gate: "freeze", because: "no freeze" }, "freeze is open: no freeze"],
    ["gate.refused", { gate: "approval", because: "ada refused: no" }, "approval refused: ada refused: no"],
    [
      "gate.overridden",
      { gate: "freeze", because: "a freeze", reason: "payments are down" },
      "freeze was gone past, payments are down: a freeze",
    ],
    ["phase.started", { phase: "watch", waitsMs: 300_000 }, "watch lasts 5 m 0 s, until 15:05:00 UTC"],
    [
      "phase.started",
      { phase: "announce", waitsUntil: begun + 60_000 },
      "announce lasts 1 m 0 s, until 15:01:00 UTC",
    ],
    ["phase.started", { phase: "rollback", because: "it was worse" }, "rollback begins: it was worse"],
    [
      "analysis.verdict",
      { step: 1, split: 0.1, move: "next", because: "proof of health" },
      "step 1 (10 %) may end: proof of health",
    ],
    ["watch.failed-look", { saw: "503" }, "a look at production failed: 503"],
    ["abort.asked", { because: "wrong branch" }, "an end was asked for: wrong branch"],
  ])("%s %o", (kind, data, words) => {
    const entry = entryOf(kind, data);
    expect(isNews(entry)).toBe(true);
    expect(newsOf(entry)).toBe(words);
  });

  it.each([
    ["phase.started", { phase: "validate" }],
    ["check.finished", { title: "x", outcome: "pass" }],
    ["analysis.observed", { buckets: [] }],
    ["traffic.shifted", { to: "dpl_new" }],
  ])("is not %s %o", (kind, data) => {
    expect(isNews(entryOf(kind, data))).toBe(false);
  });
});

describe("a guardrail that is judged otherwise than before", () => {
  const told = (options: Parameters<typeof canaryLedger>[0]) => {
    const followed = followRelease();
    const judgements = followJudgements();
    return canaryLedger(options).entries.flatMap((entry) => {
      followed.take(entry);
      return entry.kind === "analysis.observed" ? judgements.look(followed.now(entry.at)) : [];
    });
  };

  it("is told once: from suspect to proof of harm", () => {
    const lines = told({ looks: 60, bad: 0.2, steps: [0.5] }).filter((line) =>
      line.startsWith("error rate:"),
    );
    expect(lines.at(-1)).toMatch(
      /^error rate: proof of harm \(requests that failed: [\d.]+% of \d+, [\d.]+% on stable\)$/,
    );
    expect(lines.filter((line) => line.includes("proof of harm"))).toHaveLength(1);
  });

  it("is told once: proof of health, also when a new step takes it back and it is proved anew", () => {
    const lines = told({ looks: 40, bad: 0, base: 0, steps: [0.5] }).filter((line) => line.startsWith("p95"));
    expect(lines).toEqual([expect.stringMatching(/^p95 latency: proof of health/)]);
    const twice = told({ looks: 160, bad: 0, base: 0, steps: [0.5, 0.75] });
    expect(twice.filter((line) => /^error rate: proof of health/.test(line))).toHaveLength(2);
    expect(twice.filter((line) => line.includes("undecided"))).toEqual([]);
  });

  it("is silent about one that is judged as before", () => {
    const { entries } = canaryLedger({ looks: 30 });
    const followed = followRelease();
    const judgements = followJudgements();
    for (const entry of entries) followed.take(entry);
    judgements.look(followed.now(0));
    expect(judgements.look(followed.now(0))).toEqual([]);
  });

  it("is suspect from half of the evidence on, and until there is less than a quarter of it", () => {
    const { entries } = canaryLedger({ looks: 30 });
    const followed = followRelease();
    for (const entry of entries) followed.take(entry);
    const report = followed.now(0).canary?.report;
    const guardrail = report?.guardrails[0];
    if (report === undefined || guardrail === undefined) throw new Error("nothing was measured");
    const with_ = (part: number) =>
      [
        { ...guardrail, pass: null, evidence: { ...guardrail.evidence, share: 1, alone: false } },
        { ...report, verdict: { kind: "inconclusive", because: "" } as const, logE: part * report.threshold },
      ] as const;
    expect(judgementOf(...with_(0.49))).toBe("undecided");
    expect(judgementOf(...with_(0.51))).toBe("suspect");
    expect(judgementOf(...with_(0.3), "suspect")).toBe("suspect");
    expect(judgementOf(...with_(0.2), "suspect")).toBe("undecided");
  });
});
