import { describe, expect, it } from "vitest";
import { createWatch, year } from "./watch.js";

const errors = { kind: "errors", id: "errors" } as const;
const second = (requests: number, bad: number) => ({ seconds: 1, counts: { requests, errors: bad } });

describe("the watch after the release", () => {
  it("sees a change soon, also after a long healthy time", () => {
    const watch = createWatch({ guardrails: [errors] });
    for (let s = 0; s < 20_000; s++)
      expect(watch.observe(second(100, s % 2 === 0 ? 1 : 0)).alarm).toBe(false);
    let seconds = 0;
    let report = watch.observe(second(100, 5));
    while (!report.alarm && seconds < 60) {
      seconds++;
      report = watch.observe(second(100, 5));
    }
    expect(seconds).toBeLessThan(10);
    expect(report.because).toBe("errors: no longer at most 1% of requests fail");
    expect(report.threshold).toBeCloseTo(Math.log(year), 12);
  });

  it("begins afresh after an alarm", () => {
    const watch = createWatch({ guardrails: [errors] });
    const alarms = Array.from({ length: 40 }, () => watch.observe(second(100, 6)).alarm);
    expect(alarms.filter(Boolean).length).toBeGreaterThan(3);
    expect(alarms.filter((alarm, i) => alarm && alarms[i + 1])).toEqual([]);
  });

  it("names the guardrail that broke", () => {
    const watch = createWatch({ guardrails: [errors, { kind: "slow", id: "slow", over: 500 }] });
    const reports = Array.from({ length: 30 }, () =>
      watch.observe({ seconds: 1, counts: { requests: 100, errors: 0, slow: { "500": 40 } } }),
    );
    expect(reports.find((report) => report.alarm)?.because).toMatch(/^slow: no longer/);
  });

  it("goes on from a snapshot as if it had never stopped", () => {
    const settings = { guardrails: [errors] };
    const whole = createWatch(settings);
    let parts = createWatch(settings);
    for (let s = 0; s < 50; s++) {
      if (s === 20) parts = createWatch(settings, JSON.parse(JSON.stringify(parts.snapshot())));
      expect(parts.observe(second(90, s % 3))).toEqual(whole.observe(second(90, s % 3)));
    }
  });

  it.each([
    ["nothing to watch", { guardrails: [] }],
    ["an impossible time", { guardrails: [errors], false_alarm_every_seconds: 0 }],
    ["an impossible limit", { guardrails: [{ ...errors, limit: 2 }] }],
  ])("refuses %s", (_, settings) => expect(() => createWatch(settings)).toThrow(RangeError));
});
