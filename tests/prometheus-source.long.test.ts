import { prometheusSource } from "@atoms/playbook/measurement";
import type { ArmCounts, Bucket } from "@atoms/playbook/statistics";
import { expect, it } from "vitest";
import {
  arms,
  canary,
  countedOnce,
  never,
  ports,
  settings,
  stable,
  watchTwoVersions,
} from "./prometheus-source.world.js";

watchTwoVersions();

const sum = (buckets: readonly Bucket[], which: "canary" | "stable", of: (counts: ArmCounts) => number) =>
  buckets.reduce((so, bucket) => so + of(bucket[which]), 0);
const requests = (counts: ArmCounts) => counts.requests;
const errors = (counts: ArmCounts) => counts.errors;
const slow = (counts: ArmCounts) => counts.slow?.["500"] ?? Number.NaN;
const timed = (counts: ArmCounts) => (counts.latency ?? []).reduce((so, [, count]) => so + count, 0);

it("counts every request of both arms once, over a first error, a restart and buckets of its own length", async () => {
  await countedOnce();
  const source = prometheusSource({ settings: settings(), slow: [500] }, ports());
  const notes: string[] = [];
  const buckets: Bucket[] = [];
  const measure = async () =>
    buckets.push(...(await source.measure(arms, { seconds: 1, split: 0.1 }, never, (n) => notes.push(n))));

  await measure();
  canary.answered(40);
  canary.answered(5, { code: "500", seconds: 2 });
  stable.answered(200);
  await measure();
  await measure();
  canary.restart();
  canary.answered(7, { seconds: 0.7 });
  stable.answered(3, { seconds: 0.7 });
  for (let i = 0; i < 7; i++) await measure();

  expect(buckets.length).toBeGreaterThanOrEqual(3);
  for (const [i, bucket] of buckets.entries()) {
    expect(bucket).toMatchObject({ seconds: 2, split: 0.1 });
    expect(bucket.start).toBe((buckets[0] as Bucket).start + i * 2_000);
  }
  const seen = (which: "canary" | "stable") =>
    [requests, errors, slow, timed].map((of) => sum(buckets, which, of));
  expect(seen("canary")).toEqual([52, 5, 12, 52]);
  expect(seen("stable")).toEqual([203, 0, 3, 203]);
  expect(notes[0]).toMatch(/^the next bucket is complete at \d{4}-/);
});
