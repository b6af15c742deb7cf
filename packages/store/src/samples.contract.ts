import { type MonitorSample, meanOf, type Retention, type SampleStore } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { noon } from "./fixtures.contract.js";

const aSample = (change: Partial<MonitorSample> = {}): MonitorSample => ({
  monitor: "health",
  service: "shop",
  environment: "production",
  at: noon,
  outcome: "up",
  values: { latency_ms: 12.5 },
  ...change,
});
const shop = { service: "shop", environment: "production" };
const everything = { from: 0, to: noon * 2 };
const minute = 60_000;
/** Whole for 10 minutes, a point for 5 minutes up to an hour, one for 10 minutes up to two. */
const retention: Retention = {
  wholeMs: 10 * minute,
  thinned: [
    { everyMs: 5 * minute, upToMs: 60 * minute },
    { everyMs: 10 * minute, upToMs: 120 * minute },
  ],
};

/** Holds samples to the words of their port. */
export function samplesContract(name: string, fresh: () => Promise<SampleStore>): void {
  describe(`samples (${name})`, () => {
    let store: SampleStore;
    beforeEach(async () => {
      store = await fresh();
    });

    it("gives back what was added, to the last digit", async () => {
      const down = aSample({
        at: noon + 1,
        outcome: "down",
        values: { latency_ms: 0.1 + 0.2, error_rate: 1e-9 },
        because: "nul \u0000 and half \ud83d",
        labels: { region: "fra1" },
      });
      await store.append([aSample(), down]);
      expect(await store.latest({ ...shop, looks: 5 })).toEqual([aSample(), down]);
      expect(await store.latest(shop)).toEqual([down]);
      expect(await store.latest({ ...shop, monitor: "tls" })).toEqual([]);
    });

    it("counts a sample once, however often it is sent", async () => {
      await store.append([]);
      await store.append([aSample(), aSample({ values: { latency_ms: 99 } })]);
      await store.append([aSample(), aSample({ at: noon + 1 })]);
      const [series] = await store.read({ ...shop, ...everything, metric: "latency_ms" });
      expect(series).toMatchObject({ at: [noon, noon + 1], values: [12.5, 12.5], counts: [1, 1] });
    });

    it("takes all of a batch or none", async () => {
      for (const values of [{ latency_ms: Number.NaN }, { latency_ms: Infinity }, { "P95 latency": 1 }])
        await expect(store.append([aSample(), aSample({ at: noon + 1, values })])).rejects.toThrow(TypeError);
      expect(await store.latest(shop)).toEqual([]);
    });

    it("reads one metric of each monitor that has it, between two moments", async () => {
      await store.append([
        aSample({ monitor: "tls", values: { days_left: 30 } }),
        ...[0, 1, 2, 3].map((i) => aSample({ at: noon + i, values: { latency_ms: i } })),
        aSample({ monitor: "api", at: noon + 2, outcome: "down", values: {} }),
        aSample({ service: "other" }),
        aSample({ environment: "preview" }),
      ]);
      const range = { ...shop, from: noon + 1, to: noon + 2 };
      expect(await store.read({ ...range, metric: "latency_ms" })).toEqual([
        {
          monitor: "health",
          at: [noon + 1, noon + 2],
          values: [1, 2],
          lows: [1, 2],
          highs: [1, 2],
          counts: [1, 1],
        },
      ]);
      const up = await store.read({ ...range, metric: "up" });
      expect(up.map(({ monitor, values }) => [monitor, values])).toEqual([
        ["api", [0]],
        ["health", [1, 1]],
      ]);
      expect(await store.read({ ...range, metric: "up", monitor: "api" })).toHaveLength(1);
      expect(await store.read({ ...range, metric: "nothing" })).toEqual([]);
    });

    it("thins out old samples and loses none of their sum, their number, their ends", async () => {
      // One a minute for 100 minutes; every tenth is down and slow.
      const samples = Array.from({ length: 100 }, (_, i) =>
        aSample({
          at: noon + i * minute,
          outcome: i % 10 === 3 ? "down" : "up",
          values: { latency_ms: i % 10 === 3 ? 1_000 : 10 },
        }),
      );
      await store.append(samples);
      await store.thinOut(noon + 100 * minute, retention);
      const [up] = await store.read({ ...shop, ...everything, metric: "up" });
      expect(up && meanOf(up)).toBeCloseTo(0.9);
      const [latency] = await store.read({ ...shop, ...everything, metric: "latency_ms" });
      expect(latency?.counts).toEqual([...Array(4).fill(10), ...Array(10).fill(5), ...Array(10).fill(1)]);
      expect(latency?.at.slice(0, 6).map((at) => (at - noon) / minute)).toEqual([0, 10, 20, 30, 40, 45]);
      expect([latency?.values[0], latency?.lows[0], latency?.highs[0]]).toEqual([109, 10, 1_000]);
      // Again, and with late ones: what is thinned out grows, and is not counted twice.
      await store.thinOut(noon + 100 * minute, retention);
      await store.append([aSample({ at: noon + 30_000, values: { latency_ms: 5_000 } })]);
      await store.thinOut(noon + 100 * minute, retention);
      const [again] = await store.read({ ...shop, ...everything, metric: "latency_ms" });
      expect([again?.counts[0], again?.highs[0], again?.lows[0]]).toEqual([11, 5_000, 10]);
      expect(again?.counts.reduce((a, b) => a + b)).toBe(101);
    });

    it("drops what is older than is kept", async () => {
      await store.append([aSample(), aSample({ at: noon + 130 * minute })]);
      await store.thinOut(noon + 131 * minute, retention);
      const [series] = await store.read({ ...shop, ...everything, metric: "up" });
      expect(series?.at).toEqual([noon + 130 * minute]);
      await store.thinOut(noon + 200 * minute, { wholeMs: minute, thinned: [] });
      expect(await store.read({ ...shop, ...everything, metric: "up" })).toEqual([]);
    });

    it("may be thinned out and added to by several at once", async () => {
      const batch = (from: number) =>
        Array.from({ length: 200 }, (_, i) =>
          aSample({ monitor: `m${i % 7}`, at: noon + (from + i) * 1_000 }),
        );
      await Promise.all([
        store.append(batch(0)),
        store.append(batch(200).toReversed()),
        store.thinOut(noon + 60 * minute, retention),
        store.thinOut(noon + 60 * minute, retention),
        store.append(batch(100)),
      ]);
      const at = noon + 30 * minute;
      await Promise.all([store.thinOut(at, retention), store.thinOut(at, retention)]);
      const series = await store.read({ ...shop, ...everything, metric: "up" });
      expect(series).toHaveLength(7);
      expect(series.every((one) => one.values.every((value) => value === 1))).toBe(true);
    });
  });
}
