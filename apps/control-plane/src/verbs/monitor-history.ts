import { type MetricSlice, slicesOf, upMetric } from "@atoms/playbook";
import { z } from "zod";
import { monitorSetupOf } from "../monitoring/index.js";
import { noSuchMonitor } from "../problems.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** What monitors saw over a span of time, in equal slices; those in which nothing was seen are left out. */
export type MonitorHistory = {
  /** Milliseconds since the epoch, as is `until`. */
  from: number;
  until: number;
  /** The length of a slice, in milliseconds. */
  sliceMs: number;
  /** Of each monitor the share of looks that found it up, as the mean of each slice. */
  up: { monitor: string; slices: MetricSlice[] }[];
  /** What one monitor measured; empty where none was named. */
  metrics: { metric: string; slices: MetricSlice[] }[];
};

const hour = 3_600_000;
/** Looks that say which metrics a monitor has. */
const looks = 20;

/** What monitors saw over time. */
export const monitorHistory = defineVerb({
  name: "monitor history",
  method: "GET",
  role: "viewer",
  path: "/monitors/history",
  summary: "Tell what monitors saw over time, in equal slices",
  input: z.strictObject({
    ...playbookRef,
    monitor: z.string().min(1).optional().describe("With it also what it measured; all when left out."),
    hours: z.int().min(1).max(2_160).default(24),
    slices: z.int().min(1).max(500).default(48),
  }),
  async run(plane, input): Promise<MonitorHistory> {
    const open = await plane.open(input);
    const { service, environment, monitors } = monitorSetupOf(open);
    const { monitor } = input;
    if (monitor !== undefined && !monitors.some(({ name }) => name === monitor))
      throw noSuchMonitor({ monitor, known: monitors.map(({ name }) => name) });
    const { samples } = await plane.store();
    const until = plane.clock.now();
    const from = until - input.hours * hour;
    const named = monitor === undefined ? {} : { monitor };
    const read = async (metric: string) =>
      (await samples.read({ service, environment, metric, ...named, from, to: until })).map((series) => ({
        monitor: series.monitor,
        slices: slicesOf(series, from, until, input.slices),
      }));
    const newest =
      monitor === undefined ? [] : await samples.latest({ service, environment, monitor, looks });
    const names = [...new Set(newest.flatMap(({ values }) => Object.keys(values)))].sort();
    const [up, metrics] = await Promise.all([
      read(upMetric),
      Promise.all(
        names.map(async (metric) =>
          (await read(metric))
            .map(({ slices }) => ({ metric, slices }))
            .filter((one) => one.slices.length > 0),
        ),
      ),
    ]);
    return { from, until, sliceMs: (until - from) / input.slices, up, metrics: metrics.flat() };
  },
});
