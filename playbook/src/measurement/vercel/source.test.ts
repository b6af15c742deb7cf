import { fakeClock } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { type AnalysisSettings, createAnalysis } from "../../statistics/index.js";
import { defineProblem } from "../../terms/index.js";
import { VercelMetricsSettings } from "../settings.js";
import { bucketFrom, bucketMs, type RequestCount } from "./counts.js";
import { proveCounts } from "./prove.js";
import { vercelSource } from "./source.js";

const minute = 60_000;
const arm = (deployment: string) => ({
  deployment,
  address: `https://${deployment}.example.com`,
  headers: {},
});
const arms = { canary: arm("dpl_1"), stable: arm("dpl_0") };
const refused = defineProblem<object>({
  code: "ATM-999",
  title: "No",
  happened: () => "It says no.",
  stillTrue: () => "",
  fix: () => "Ask somebody else.",
});

/** A platform that counts as the source sees it, where a bucket that is not over yet holds what came so far. */
function scenario({ settle = "1m", errors = 0, warmUpMs = 0 } = {}) {
  const clock = fakeClock();
  const asked: { from: number; to: number; at: number }[] = [];
  const knobs = { refuses: false };
  const platform = {
    async requestCounts({ from, to }: { from: number; to: number }): Promise<RequestCount[]> {
      if (knobs.refuses) throw refused({});
      asked.push({ from, to, at: clock.now() });
      const counts: RequestCount[] = [];
      for (let at = from; at < to; at += bucketMs) {
        const seconds = Math.min(bucketMs, clock.now() - at) / 1_000;
        counts.push({ at, deployment: "dpl_0", status: 200, requests: 9 * seconds });
        counts.push({ at, deployment: "dpl_1", status: 200, requests: (1 - errors) * seconds });
        if (errors > 0) counts.push({ at, deployment: "dpl_1", status: 503, requests: errors * seconds });
        counts.push({ at, deployment: "dpl_other", status: 500, requests: 1_000 });
      }
      return counts;
    },
  };
  const source = vercelSource(
    { settings: VercelMetricsSettings.parse({ settle }), warmUpMs },
    { clock, platform },
  );
  const notes: string[] = [];
  const measure = (split = 0.1, seconds = 5) =>
    clock.runUntil(
      source.measure(arms, { seconds, split }, new AbortController().signal, (one) => notes.push(one)),
    );
  /** Measures for so long; the buckets of it all. */
  const measureFor = async (ms: number, split = 0.1) => {
    const until = clock.now() + ms;
    const buckets = [];
    while (clock.now() < until) buckets.push(...(await measure(split)));
    return buckets;
  };
  return { clock, asked, knobs, notes, measure, measureFor };
}

describe("the source vercel", () => {
  it("reads a bucket once, whole, and never before it is over and settled", async () => {
    const { clock, asked, notes, measureFor } = scenario();
    const began = clock.now();
    const buckets = await measureFor(17 * minute);
    expect(buckets.length).toBeGreaterThanOrEqual(2);
    for (const [i, bucket] of buckets.entries()) {
      expect(bucket.start).toBe(bucketFrom(began) + i * bucketMs);
      expect(bucket).toMatchObject({
        seconds: 300,
        split: 0.1,
        canary: { requests: 300, errors: 0 },
        stable: { requests: 2_700, errors: 0 },
      });
    }
    for (const { to, at } of asked) expect(at).toBeGreaterThanOrEqual(to + minute);
    expect(notes[0]).toMatch(/next five minutes are complete at \d{4}-/);
  });

  it("begins with the first bucket after the warm-up", async () => {
    const { clock, measureFor } = scenario({ warmUpMs: bucketMs });
    const began = clock.now();
    const [first] = await measureFor(21 * minute);
    expect(first?.start).toBe(bucketFrom(began + bucketMs));
  });

  it("leaves out the bucket in which the share changed, and tells late ones with the share they had", async () => {
    const { clock, notes, measureFor } = scenario();
    // The change comes in the middle of a bucket; the one before it is not settled yet.
    await clock.advance(bucketFrom(clock.now()) - clock.now());
    const first = await measureFor(bucketMs + 30_000, 0.1);
    const later = await measureFor(11 * minute, 0.25);
    expect(first).toEqual([]);
    expect(later.map(({ split }) => split)).toEqual([0.1, 0.25]);
    expect((later[1]?.start ?? 0) - (later[0]?.start ?? 0)).toBe(2 * bucketMs);
    expect(notes.join()).toContain("5 minutes in which the share changed are left out");
  });

  it("says why there is nothing, and reads what it missed when the platform answers again", async () => {
    const { knobs, notes, measureFor } = scenario();
    knobs.refuses = true;
    expect(await measureFor(17 * minute)).toEqual([]);
    expect(notes.at(-1)).toBe("It says no.");
    knobs.refuses = false;
    expect((await measureFor(10_000)).length).toBeGreaterThanOrEqual(2);
  });

  it("leaves out, and says so, what could not be read for an hour", async () => {
    const { knobs, notes, measureFor } = scenario();
    knobs.refuses = true;
    await measureFor(75 * minute);
    expect(notes.join()).toContain("that could not be read are left out");
  });

  it("gives numbers that a verdict can be made of: a bad canary by its first bucket, a good one not at all", async () => {
    const settings: AnalysisSettings = {
      guardrails: [{ kind: "errors", id: "error rate", limit: 0.01, profile: "strict" }],
      warm_up_seconds: 0,
    };
    const verdictAfter = async (errors: number, buckets: number) => {
      const { measureFor } = scenario({ errors });
      const analysis = createAnalysis(settings);
      analysis.beginStep(0.1);
      for (const bucket of (await measureFor((buckets * 5 + 7) * minute)).slice(0, buckets))
        analysis.observe(bucket);
      return analysis.verdict.kind;
    };
    expect(await verdictAfter(0.2, 1)).toBe("fail");
    expect(await verdictAfter(0, 6)).not.toBe("fail");
  });
});

it.each([
  { given: "an answer", refuses: false, outcome: "pass", saw: "counted", fix: undefined },
  { given: "a refusal", refuses: true, outcome: "error", saw: "It says no.", fix: "Ask somebody else." },
])("proves before a release: $given", async ({ refuses, outcome, saw, fix }) => {
  const clock = fakeClock();
  const platform = {
    requestCounts: async () => {
      if (refuses) throw refused({});
      return [];
    },
  };
  const found = await proveCounts({ clock, platform }, "dpl_0", new AbortController().signal);
  expect(found).toMatchObject({ outcome, saw: expect.stringContaining(saw) });
  expect(found.fix).toBe(fix);
});
