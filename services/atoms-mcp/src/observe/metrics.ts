type Labels = Record<string, string>;

/** Upper bounds in seconds; the thresholds that gates and alerts use each have a bound of their own. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 1, 2.5, 5, 10];

/** A number that only grows, per set of labels. */
class Counter {
  readonly #values = new Map<string, number>();
  add(labels: Labels, by = 1): void {
    const key = render(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }
  lines(name: string): string[] {
    return [
      `# TYPE ${name} counter`,
      ...[...this.#values].map(([labels, value]) => `${name}${labels} ${value}`),
    ];
  }
}

/** How many observations stayed at or below each bound, per set of labels. */
class Histogram {
  readonly #series = new Map<string, { labels: Labels; buckets: number[]; sum: number; count: number }>();
  observe(labels: Labels, seconds: number): void {
    const key = render(labels);
    const series = this.#series.get(key) ?? { labels, buckets: BOUNDS.map(() => 0), sum: 0, count: 0 };
    this.#series.set(key, series);
    series.sum += seconds;
    series.count += 1;
    BOUNDS.forEach((bound, i) => {
      if (seconds <= bound) series.buckets[i] = (series.buckets[i] ?? 0) + 1;
    });
  }
  lines(name: string): string[] {
    const lines = [`# TYPE ${name} histogram`];
    for (const [key, { labels, buckets, sum, count }] of this.#series) {
      BOUNDS.forEach((bound, i) => {
        lines.push(`${name}_bucket${render({ ...labels, le: String(bound) })} ${buckets[i]}`);
      });
      lines.push(`${name}_bucket${render({ ...labels, le: "+Inf" })} ${count}`);
      lines.push(`${name}_sum${key} ${sum}`, `${name}_count${key} ${count}`);
    }
    return lines;
  }
}

function render(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function quoted(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

/** The counters and histograms of one process. */
export class Metrics {
  readonly requests = new Counter();
  readonly requestSeconds = new Histogram();
  readonly tools = new Counter();
  readonly toolSeconds = new Histogram();
  readonly rateLimited = new Counter();
  readonly authFailures = new Counter();
  readonly querySeconds = new Histogram();
  readonly faults = new Counter();

  /**
   * Everything in Prometheus text format.
   * @param build labels of `atoms_build_info`
   * @param state gauges read at this moment
   */
  text(build: Labels, state: { maintenance: boolean; faultsEnabled: boolean }): string {
    const cpu = process.cpuUsage();
    const lines = [
      ...this.requests.lines("http_requests_total"),
      ...this.requestSeconds.lines("http_request_duration_seconds"),
      ...this.tools.lines("tool_executions_total"),
      ...this.toolSeconds.lines("tool_execution_duration_seconds"),
      ...this.rateLimited.lines("rate_limit_rejections_total"),
      ...this.authFailures.lines("auth_failures_total"),
      ...this.querySeconds.lines("db_query_duration_seconds"),
      "# TYPE process_cpu_seconds_total counter",
      `process_cpu_seconds_total ${(cpu.user + cpu.system) / 1_000_000}`,
      "# TYPE process_resident_memory_bytes gauge",
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      "# TYPE atoms_build_info gauge",
      `atoms_build_info${render(build)} 1`,
      "# TYPE atoms_maintenance gauge",
      `atoms_maintenance ${state.maintenance ? 1 : 0}`,
    ];
    if (state.faultsEnabled) lines.push(...this.faults.lines("atoms_fault_injections_total"));
    return `${lines.join("\n")}\n`;
  }
}
