import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextTry } from "./retry.js";

const dueAt = Date.UTC(2026, 0, 5, 12);
const hours = 3_600_000;
const day = 24 * hours;
const failed = (more = {}) => ({ sent: false, retry: true, because: "Slack answered 503", ...more }) as const;

describe("the wait before the next try", () => {
  it.each([
    { tries: 0, random: 0, wait: 1_000 },
    { tries: 0, random: 0.5, wait: 1_500 },
    { tries: 1, random: 0, wait: 2_000 },
    { tries: 4, random: 0.5, wait: 24_000 },
    { tries: 9, random: 0, wait: 450_000 },
    { tries: 5_000, random: 0, wait: 450_000 },
  ])("after $tries tries, by chance $random: $wait ms", ({ tries, random, wait }) => {
    expect(nextTry({ since: dueAt, tries }, failed(), dueAt, random, day)).toBe(dueAt + wait);
  });

  it.each([
    { given: "a longer wait asked for", retryAfterMs: 60_000, wait: 60_000 },
    { given: "a shorter wait asked for", retryAfterMs: 10, wait: 1_000 },
    { given: "a wait beyond the patience", retryAfterMs: 25 * hours, wait: undefined },
  ])("$given", ({ retryAfterMs, wait }) => {
    expect(nextTry({ since: dueAt, tries: 0 }, failed({ retryAfterMs }), dueAt, 0, day)).toBe(
      wait === undefined ? undefined : dueAt + wait,
    );
  });

  it("is final when another try would not help", () => {
    expect(
      nextTry({ since: dueAt, tries: 0 }, { sent: false, retry: false, because: "404" }, dueAt, 0, day),
    ).toBeUndefined();
  });

  it("ends after the patience of a day, and never lies beyond it", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        let now = dueAt;
        let tries = 0;
        for (; tries < 1_000; tries++) {
          const next = nextTry({ since: dueAt, tries }, failed(), now, random, day);
          if (next === undefined) break;
          expect(next).toBeGreaterThan(now);
          expect(next - now).toBeLessThanOrEqual(15 * 60_000);
          expect(next).toBeLessThanOrEqual(dueAt + 24 * hours);
          now = next;
        }
        // 96 waits of 15 minutes fill a day; halved by chance, twice as many.
        expect(tries).toBeGreaterThan(96);
        expect(tries).toBeLessThan(210);
        expect(now).toBeGreaterThan(dueAt + 23.7 * hours);
      }),
    );
  });
});
