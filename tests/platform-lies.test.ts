import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lieOnce, passing } from "./chaos/lie-suite.js";
import { type Liar, openLiar } from "./chaos/lies.js";

/**
 * A sample: the acts that move production, each in one way. More of it is in platform-lies.long.test.ts, and all calls in
 * all ways in `npm run chaos`.
 */
describe("a platform that lies about", () => {
  let liar: Liar;
  beforeAll(async () => {
    liar = await openLiar();
  }, 120_000);
  afterAll(() => liar.close(), 60_000);

  it.each([
    {
      act: "a promote",
      of: "standard, good",
      call: "POST ^/projects/[^/]+/promote/[^/]+$ #1",
      how: "acts, then says that it did not",
    },
    {
      act: "a rollback",
      of: "standard, bad",
      call: "POST ^/projects/[^/]+/rollback/[^/]+$ #1",
      how: "acts, and is cut off before it answers",
    },
    {
      act: "the way back of a canary",
      of: "canary, bad",
      call: "POST ^/projects/[^/]+/rollback/[^/]+$ #1",
      how: "is cut off before it was heard",
    },
  ] as const)(
    "$act ($of) leaves the release as it would have been",
    { timeout: 240_000 },
    async ({ of, call, how }) => {
      expect(passing).toContain(how);
      const [strategy, candidate] = of.split(", ") as ["standard", "good"];
      const [method = "", path = "", nth = ""] = call.split(" ");
      const lie = { method, path, nth: Number(nth.slice(1)), how };
      expect(await lieOnce(liar, { strategy, candidate }, lie)).toEqual({ met: true, wrong: [] });
    },
  );
});
