import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRetryAfter, usualPatience, waitBeforeRetry } from "./retries.js";
import { VercelError } from "./vercel-error.js";

const failure = (of: Partial<VercelError>) =>
  new VercelError({
    status: 500,
    code: "x",
    message: "x",
    retryable: true,
    actMayHaveHappened: false,
    ...of,
  });

describe("waitBeforeRetry", () => {
  test.each([
    {
      given: "a failure that will stay",
      error: { retryable: false },
      repeatable: true,
      tried: 1,
      waits: false,
    },
    {
      given: "an act that may have happened",
      error: { actMayHaveHappened: true },
      repeatable: false,
      tried: 1,
      waits: false,
    },
    {
      given: "the same, safe to repeat",
      error: { actMayHaveHappened: true },
      repeatable: true,
      tried: 1,
      waits: true,
    },
    { given: "the last try", error: {}, repeatable: true, tried: 4, waits: false },
    {
      given: "a wait that is too long",
      error: { retryAfterMs: 60_001 },
      repeatable: true,
      tried: 1,
      waits: false,
    },
    { given: "the longest wait", error: { retryAfterMs: 60_000 }, repeatable: true, tried: 1, waits: true },
  ])("$given", ({ error, repeatable, tried, waits }) => {
    expect(waitBeforeRetry(failure(error), tried, repeatable, 0.5) !== undefined).toBe(waits);
  });

  test("waits are bounded, and never shorter than the platform asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
        (tried, random, retryAfterMs) => {
          const patience = { ...usualPatience, attempts: 100 };
          const error = failure(retryAfterMs === undefined ? {} : { retryAfterMs });
          const wait = waitBeforeRetry(error, tried, true, random, patience) as number;
          expect(wait).toBeGreaterThanOrEqual(retryAfterMs ?? patience.firstWaitMs / 2);
          expect(wait).toBeLessThanOrEqual((retryAfterMs ?? patience.longestWaitMs) + patience.firstWaitMs);
        },
      ),
    );
  });
});

test.each([
  ["3", 3000],
  ["0", 0],
  ["-5", 0],
  ["Mon, 05 Jan 2026 12:00:10 GMT", 10_000],
  ["Mon, 05 Jan 2026 11:00:00 GMT", 0],
  ["soon", undefined],
  ["", undefined],
  [null, undefined],
])("Retry-After %j means %j ms", (header, ms) => {
  expect(readRetryAfter(header, Date.UTC(2026, 0, 5, 12))).toBe(ms);
});
