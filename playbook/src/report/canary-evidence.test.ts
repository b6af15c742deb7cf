import { describe, expect, it } from "vitest";
import { replay } from "../statistics/index.js";
import { followEvidence, recordingOf } from "./canary-evidence.js";
import { canaryLedger } from "./ledger.contract.js";

const followed = (options: Parameters<typeof canaryLedger>[0]) => {
  const { entries } = canaryLedger(options);
  const following = followEvidence();
  for (const entry of entries) following.take(entry);
  return { now: following.now(), entries };
};

describe("the evidence about a canary, followed entry by entry", () => {
  it("is what a replay of the whole recording gives", () => {
    const { now, entries } = followed({ looks: 40, bad: 0.03 });
    const recording = recordingOf(entries);
    expect(recording).toBeDefined();
    if (recording === undefined) return;
    expect(now?.report.verdict).toEqual(replay(recording.settings, recording.buckets).report.verdict);
  });

  it("is nothing before anything was measured", () => {
    expect(followed({ looks: 0 }).now).toBeUndefined();
  });

  it("knows the step, its end and what comes then", () => {
    const { now, entries } = followed({ looks: 60 });
    const began = entries.findLast(({ kind }) => kind === "traffic.step")?.at ?? 0;
    expect(now?.step).toEqual({
      step: 4,
      of: 5,
      split: 0.75,
      since: began,
      next: 1,
      until: began + 300_000,
      heldUntil: began + 900_000,
      minRequests: 200,
      needsApproval: true,
    });
    // 15 looks of 5 s with 30 requests a second.
    expect(now?.requestsInStep).toBe(2_250);
    expect(now?.rate).toBeCloseTo(30, 0);
  });

  it("says how far off proof of health is, and counts down to it", () => {
    const at = [8, 10, 12].map((looks) => followed({ looks, steps: [0.5], bad: 0, base: 0 }).now);
    const told = at.map((now) => now?.toHealth);
    const left = told.map((outlook) => outlook?.requests ?? Number.NaN);
    expect(left[0]).toBeGreaterThan(left[1] ?? 0);
    expect(left[1]).toBeGreaterThan(left[2] ?? 0);
    const leastOfTheStep = 60 - (at[1]?.report.step.seconds ?? 0);
    expect(told[1]?.seconds).toBeCloseTo(Math.max(leastOfTheStep, (left[1] ?? 0) / 20), 0);
  });

  it("promises no proof of health before a step has lasted its shortest time", () => {
    const told = followed({ looks: 7, steps: [0.5], bad: 0, base: 0, rate: 400 }).now;
    const { seconds = 0 } = told?.report.step ?? {};
    expect(seconds).toBeLessThan(60);
    expect(told?.toHealth?.seconds).toBeGreaterThanOrEqual(60 - seconds);
  });

  it("knows what was measured of the canary in this step, and when last", () => {
    const { entries } = followed({ looks: 20, steps: [0.5, 0.75] });
    const following = followEvidence();
    expect(following.step()).toBeUndefined();
    for (const entry of entries) {
      following.take(entry);
      if (entry.kind === "traffic.step")
        expect(following.step()).toMatchObject({ requests: 0, step: { since: entry.at } });
      if (entry.kind === "traffic.step") expect(following.step()?.heardAt).toBeUndefined();
      if (entry.kind === "analysis.observed") expect(following.step()?.heardAt).toBe(entry.at);
    }
  });

  it("says how far off proof of harm is only while the evidence grows", () => {
    expect(followed({ looks: 60 }).now?.toHarm).toBeNull();
    const { entries } = canaryLedger({ looks: 60, bad: 0.03, steps: [0.5] });
    const following = followEvidence();
    const told: number[] = [];
    for (const entry of entries) {
      following.take(entry);
      const now = following.now();
      if (now?.toHarm) told.push(now.toHarm.requests);
      if (now?.report.verdict.kind === "fail") break;
    }
    expect(told.length).toBeGreaterThan(0);
    expect(following.now()?.report.verdict.kind).toBe("fail");
    expect(following.now()?.toHarm).toBeNull();
  });
});
