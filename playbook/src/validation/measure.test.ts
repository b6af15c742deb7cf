import { afterEach, describe, expect, it } from "vitest";
import { judgePath, waited } from "./decide.js";
import { measure, warmUp } from "./measure.js";
import { PerformanceSettings } from "./settings.js";
import * as twins from "./twins.contract.js";
import { visit } from "./visit.js";

let twin: twins.Twin;
afterEach(() => twin.close());

async function measured(
  difference: twins.Difference,
  change: Record<string, unknown>,
  options: { timeout?: string; signal?: AbortSignal } = {},
) {
  twin = await twins.startTwin(difference);
  const settings = PerformanceSettings.parse({ rate: 200, baselines: { "/health": { p50: 1 } }, ...change });
  const plan = twins.everything((given) => {
    given["timeout"] = options.timeout ?? "1s";
  });
  const ports = twins.ports(options.signal === undefined ? {} : { signal: options.signal });
  const progress: number[] = [];
  const one = visit(twins.target(twin), plan, ports);
  const began = performance.now();
  const measurement = await measure(one, "/health", settings, ({ done }) => progress.push(done));
  return { measurement, settings, progress, took: performance.now() - began };
}

const ok: twins.Answer = { status: 200 };

describe("measure", () => {
  it("takes so many samples at the rate asked for, with the token and the probe header", async () => {
    const { measurement, progress, took } = await measured(
      () => undefined,
      { samples: 100 },
      { timeout: "10s" },
    );
    expect(measurement.shots).toHaveLength(100);
    expect(measurement.shots.every((shot) => shot.ok)).toBe(true);
    expect(took).toBeGreaterThan(99 * 5 - 5);
    expect(progress).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(twin.asked.every(({ headers }) => headers.authorization === `Bearer ${twins.token}`)).toBe(true);
    expect(twin.asked.every(({ headers }) => headers["x-atoms-probe"] === twins.probe)).toBe(true);
  });

  it("begins requests on schedule while earlier ones are unanswered", async () => {
    const { measurement, took } = await measured(() => ({ ...ok, afterMs: 300 }), { samples: 100 });
    expect(measurement.shots).toHaveLength(100);
    // One after the other it would take 30 s; begun on schedule, half a second and one answer.
    expect(took).toBeLessThan(9_000);
  });

  it("charges a stall to everyone who was due meanwhile", async () => {
    // One server thread, blocked once for 400 ms: a polite client would see a single slow answer in a hundred.
    let free = performance.now();
    const { measurement } = await measured(
      ({ number }) => {
        const now = performance.now();
        free = Math.max(free, now) + (number === 20 ? 400 : 0);
        return { ...ok, afterMs: free - now };
      },
      { samples: 100 },
    );
    expect(measurement.shots.filter((shot) => shot.ms > 100).length).toBeGreaterThan(40);
    expect(waited(measurement.shots).p95).toBeGreaterThan(250);
  });

  it("charges the wait for a turn to the service that took all the turns", async () => {
    const { measurement } = await measured(() => ({ ...ok, afterMs: 50 }), { samples: 40, concurrency: 1 });
    const last = measurement.shots.at(-1);
    expect(last?.ms).toBeGreaterThan(1_000);
    expect(last?.lateMs).toBeLessThan((last?.ms ?? 0) / 2);
  });

  it("counts what is not 2xx and what is cut as failures", async () => {
    const { measurement } = await measured(
      ({ number }) =>
        number % 4 === 0 ? { status: 302, headers: { location: "/" } } : number % 4 === 1 ? "cut" : ok,
      { samples: 40, max_failures: "60%" },
    );
    const failures = measurement.shots.filter((shot) => !shot.ok);
    expect(measurement.shots).toHaveLength(40);
    expect(failures.map((shot) => shot.status ?? shot.why).sort()).toEqual([
      ...Array(10).fill(302),
      ...Array(10).fill("cut"),
    ]);
  });

  it("stops once the failures are too many, and says so", async () => {
    const { measurement, settings, took } = await measured(() => ({ status: 500 }), {
      samples: 1_000,
      rate: 50,
    });
    expect(measurement.stopped).toBe("too many failures");
    expect(measurement.shots).toHaveLength(11);
    expect(took).toBeLessThan(9_000);
    expect(judgePath(measurement, { p95: 50 }, settings)).toMatchObject({
      outcome: "fail",
      saw: /the rest of 1000 was not asked/,
    });
  });

  it("does not wait for a service that hangs", async () => {
    const { measurement, settings, took } = await measured(
      ({ number }) => (number % 20 === 19 ? "hang" : ok),
      { samples: 100 },
      { timeout: "200ms" },
    );
    expect(took).toBeLessThan(7_000);
    expect(judgePath(measurement, { p95: 50 }, settings)).toMatchObject({ outcome: "fail", saw: /time-out/ });
  });

  it("ends when its time is up; what is unanswered then has failed", async () => {
    const { measurement, took } = await measured(
      () => "hang",
      { samples: 40, concurrency: 1, max_failures: "100%" },
      { timeout: "200ms" },
    );
    expect(took).toBeLessThan(7_000);
    expect(measurement.stopped).toBe("out of time");
    expect(measurement.shots).toHaveLength(40);
    expect(measurement.shots.every((shot) => !shot.ok)).toBe(true);
  });

  it("ends at once with the reason of its signal", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("stopped")), 100);
    const { signal } = stop;
    await expect(measured(() => "hang", { samples: 1_000 }, { signal })).rejects.toThrow("stopped");
  });
});

it("warms up one by one, and gives up when nothing answers", async () => {
  twin = await twins.startTwin(({ number }) => (number === 3 ? "cut" : ok));
  await warmUp(visit(twins.target(twin), twins.everything(), twins.ports()), "/health", 10);
  expect(twin.asked).toHaveLength(4);
});
