import { totalmem } from "node:os";

/** One finished request, as the rolling window remembers it. */
export interface Sample {
  at: number;
  ms: number;
  error: boolean;
  toolCalls: number;
  toolErrors: number;
}

/** The rolling numbers of one process over the last `window_seconds`. */
export interface Snapshot {
  version: string;
  window_seconds: number;
  requests: number;
  errors: number;
  error_rate: number;
  success_rate: number;
  p50_latency: number;
  p95_latency: number;
  p99_latency: number;
  tool_calls: number;
  tool_errors: number;
  memory_percent: number;
  cpu_percent: number;
}

const KEEP_MS = 600_000;
const KEEP_SAMPLES = 100_000;

/** Remembers the last ten minutes of requests, at most 100,000 of them. */
export class RollingWindow {
  #samples: Sample[] = [];
  readonly #cpu: { at: number; micros: number }[] = [];

  constructor(now: number) {
    this.#markCpu(now);
  }

  add(sample: Sample): void {
    this.#samples.push(sample);
    this.#markCpu(sample.at);
    const first = this.#samples[0];
    // Trimmed rarely and in bulk: removing one by one would cost a copy per request.
    if (this.#samples.length > KEEP_SAMPLES * 1.2 || (first && this.#samples.length % 5000 === 0)) {
      this.#samples = this.#samples.filter((s) => s.at > sample.at - KEEP_MS).slice(-KEEP_SAMPLES);
    }
  }

  /**
   * @param seconds width of the window, 10 to 600
   * @param now wall clock, milliseconds
   * @param version the version to report
   */
  snapshot(seconds: number, now: number, version: string): Snapshot {
    const inside = this.#samples.filter((sample) => sample.at > now - seconds * 1000);
    const latencies = inside.map((sample) => sample.ms).sort((a, b) => a - b);
    const errors = inside.filter((sample) => sample.error).length;
    const rate = inside.length === 0 ? 0 : errors / inside.length;
    return {
      version,
      window_seconds: seconds,
      requests: inside.length,
      errors,
      error_rate: rate,
      success_rate: 1 - rate,
      p50_latency: quantile(latencies, 0.5),
      p95_latency: quantile(latencies, 0.95),
      p99_latency: quantile(latencies, 0.99),
      tool_calls: sum(inside.map((sample) => sample.toolCalls)),
      tool_errors: sum(inside.map((sample) => sample.toolErrors)),
      memory_percent: (100 * process.memoryUsage.rss()) / memoryLimit(),
      cpu_percent: this.#cpuPercent(now - seconds * 1000, now),
    };
  }

  #markCpu(now: number): void {
    const last = this.#cpu.at(-1);
    if (last && now - last.at < 1000) return;
    this.#cpu.push({ at: now, micros: cpuMicros() });
    if (this.#cpu.length > KEEP_MS / 1000) this.#cpu.shift();
  }

  #cpuPercent(since: number, now: number): number {
    // The last mark before the window opens, or the oldest one there is.
    const mark = this.#cpu.findLast((m) => m.at <= since) ?? this.#cpu[0];
    this.#markCpu(now);
    if (!mark || now <= mark.at) return 0;
    return (100 * (cpuMicros() - mark.micros)) / ((now - mark.at) * 1000);
  }
}

/** Nearest-rank quantile of sorted numbers; 0 when there are none. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function memoryLimit(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return limit > 0 && limit < total ? limit : total;
}
