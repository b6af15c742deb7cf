import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../http/rate-limit.js";
import { errorFields, jsonLog } from "./log.js";
import { Metrics } from "./metrics.js";
import { quantile, RollingWindow } from "./window.js";

describe("token buckets", () => {
  const bucket = { name: "b", perMinute: 60, burst: 10 };
  it("never give more than the burst plus what flowed in", () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 3000 }),
      cost: fc.integer({ min: 1, max: 15 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = memoryStore();
        let now = 0;
        let given = 0;
        for (const { wait, cost } of steps) {
          now += wait;
          const taken = store.take(bucket, "k", cost, now) as { allowed: boolean; retryAfter: number };
          if (taken.allowed) given += cost;
          else if (taken.retryAfter < 1) return false;
          // A request larger than the bucket may leave a debt of at most itself less the burst.
          if (given > 10 + now / 1000 + 5) return false;
        }
        return true;
      }),
    );
  });
  it("retry-after is enough and not too much", () => {
    const store = memoryStore();
    void store.take(bucket, "k", 10, 0);
    const refused = store.take(bucket, "k", 3, 0) as { retryAfter: number };
    expect(refused.retryAfter).toBe(3);
    expect(store.take(bucket, "k", 3, 2999)).toMatchObject({ allowed: false });
    expect(store.take(bucket, "k", 3, 3000)).toMatchObject({ allowed: true });
    expect(store.take(bucket, "other", 10, 0)).toMatchObject({
      allowed: true,
      remaining: 0,
      resetSeconds: 10,
    });
  });
});

describe("the rolling window", () => {
  const sample = (at: number, ms: number, error = false) => ({ at, ms, error, toolCalls: 0, toolErrors: 0 });
  it("forgets what is older than the window, and counts a request once", () => {
    const window = new RollingWindow(0);
    for (let i = 1; i <= 100; i += 1) window.add(sample(i * 1000, i, i % 10 === 0));
    expect(window.snapshot(50, 100_000, "v1")).toMatchObject({
      requests: 50,
      errors: 5,
      error_rate: 0.1,
      success_rate: 0.9,
    });
    expect(window.snapshot(600, 100_000, "v1")).toMatchObject({
      requests: 100,
      p50_latency: 50,
      p95_latency: 95,
      p99_latency: 99,
    });
    expect(window.snapshot(10, 900_000, "v1")).toMatchObject({
      requests: 0,
      error_rate: 0,
      success_rate: 1,
      p95_latency: 0,
    });
  });
  it("stays bounded", () => {
    const window = new RollingWindow(0);
    for (let i = 0; i < 130_000; i += 1) window.add(sample(1000, 1));
    expect(window.snapshot(600, 1000, "v1").requests).toBeLessThanOrEqual(120_000);
  });
  it("quantiles are elements, and ordered", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (numbers) => {
        const sorted = numbers.sort((a, b) => a - b);
        const [p50, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.95)];
        return sorted.includes(p50) && sorted.includes(p95) && p50 <= p95;
      }),
    );
  });
});

describe("metrics", () => {
  it("count into every bound at or above the value, so that thresholds are exact", () => {
    const metrics = new Metrics();
    metrics.requestSeconds.observe({ route: "/x" }, 0.2);
    metrics.requestSeconds.observe({ route: "/x" }, 0.2001);
    const text = metrics.text({ version: 'a"b\n' }, { maintenance: false, faultsEnabled: false });
    expect(text).toContain('http_request_duration_seconds_bucket{route="/x",le="0.1"} 0');
    expect(text).toContain('http_request_duration_seconds_bucket{route="/x",le="0.2"} 1');
    expect(text).toContain('http_request_duration_seconds_bucket{route="/x",le="0.25"} 2');
    expect(text).toContain('http_request_duration_seconds_bucket{route="/x",le="+Inf"} 2');
    expect(text).toContain('atoms_build_info{version="a\\"b\\n"} 1');
  });
});

describe("the log", () => {
  it("writes JSON lines at and above its level", () => {
    const lines: string[] = [];
    const log = jsonLog(
      "warn",
      { version: "v1" },
      (line) => lines.push(line),
      () => 0,
    );
    log("info", "quiet");
    log("error", "loud", { n: 1 });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { time: "1970-01-01T00:00:00.000Z", level: "error", event: "loud", version: "v1", n: 1 },
    ]);
  });
  it("keeps a database's own text, which can quote rows, out", () => {
    const error = Object.assign(new Error("Key (email)=(a@b.c) already exists"), { code: "23505" });
    expect(JSON.stringify(errorFields(error))).not.toContain("a@b.c");
    expect(errorFields(new Error("plain"))).toMatchObject({ reason: "plain" });
  });
});
