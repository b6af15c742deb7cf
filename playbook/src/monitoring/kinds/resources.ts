import { z } from "zod";
import { Bytes, formatPercentage, Percentage } from "../../terms/index.js";
import type { MonitorSample } from "../model.js";
import { readPrometheusText, sumOf, type TextSample } from "../prometheus-text.js";
import { addressed, common, defineKind, firstTarget, hasAddress, type Look, Path, tenth } from "./kind.js";

const MetricName = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, {
  error: "expected the name of a metric, such as process_resident_memory_bytes",
});

export const resources = defineKind({
  title: "Room to work",
  why: "A service that runs out of memory or processor takes everybody down with it, and says so before.",
  settings: z.strictObject({
    kind: z.literal("resources"),
    ...common({ interval: 60_000, timeout: 5_000 }),
    ...addressed,
    path: Path.default("/metrics").describe(
      "Path of the service's metrics, in the text format of Prometheus.",
    ),
    memory: Percentage.default(0.8).describe("It is down when it uses a larger share of its memory."),
    memory_size: Bytes.default(1024 ** 3).describe("Memory that the service may use."),
    memory_metric: MetricName.default("process_resident_memory_bytes").describe(
      "Metric of the bytes it uses.",
    ),
    cpu: Percentage.default(0.8).describe("It is down when it uses a larger share of its processors."),
    cpus: z.number().positive().max(1_024).default(1).describe("Processors that the service may use."),
    cpu_metric: MetricName.default("process_cpu_seconds_total").describe(
      "Counter of the seconds that its processors worked.",
    ),
  }),
  series: ["memory", "memory_bytes", "cpu", "latency_ms"],
  limitMs: ({ timeout }) => timeout + 1_000,
  elsewhere: hasAddress,
  async look(settings, world) {
    const answer = await world.visit(firstTarget(world)).ask({ path: settings.path, as: "user" });
    const values = { latency_ms: tenth(answer.ms) };
    const down = (because: string): Look => ({ outcome: "down", values, because });
    if (!answer.answered) return down(`${settings.path}: ${answer.message}`);
    if (answer.status !== 200) return down(`${settings.path} answered ${answer.status}.`);
    const { samples } = readPrometheusText(answer.body);
    return judgeUse(samples, values, settings, await world.previous(), world.at);
  },
});

/**
 * Judges what a service uses. The share of the processors is that since the look before: undefined, and not zero, where
 * there was none, or when the counter has begun anew because the process has.
 */
export function judgeUse(
  samples: readonly TextSample[],
  times: Readonly<Record<string, number>>,
  settings: {
    path: string;
    memory: number;
    memory_size: number;
    memory_metric: string;
    cpu: number;
    cpus: number;
    cpu_metric: string;
  },
  previous: Pick<MonitorSample, "at" | "values"> | undefined,
  at: number,
): Look {
  const bytes = sumOf(samples, settings.memory_metric);
  const seconds = sumOf(samples, settings.cpu_metric);
  const lacking = [
    ...(bytes === undefined ? [settings.memory_metric] : []),
    ...(seconds === undefined ? [settings.cpu_metric] : []),
  ];
  const before = previous?.values["cpu_seconds"];
  const spent = seconds === undefined || before === undefined ? undefined : seconds - before;
  const passed = previous === undefined ? 0 : (at - previous.at) / 1_000;
  const memory = bytes === undefined ? undefined : bytes / settings.memory_size;
  const cpu = spent === undefined || spent < 0 || passed <= 0 ? undefined : spent / passed / settings.cpus;
  const values = {
    ...times,
    ...(bytes === undefined ? {} : { memory_bytes: bytes }),
    ...(memory === undefined ? {} : { memory }),
    ...(seconds === undefined ? {} : { cpu_seconds: seconds }),
    ...(cpu === undefined ? {} : { cpu }),
  };
  const over = (what: string, used: number | undefined, most: number) =>
    used !== undefined && used > most
      ? [`${what} at ${formatPercentage(Number(used.toFixed(3)))}, ${formatPercentage(most)} is the limit`]
      : [];
  const because = [
    ...(lacking.length === 0 ? [] : [`${settings.path} holds no ${lacking.join(" and no ")}`]),
    ...over("memory", memory, settings.memory),
    ...over("cpu", cpu, settings.cpu),
  ].join("; ");
  return because === "" ? { outcome: "up", values } : { outcome: "down", values, because: `${because}.` };
}
