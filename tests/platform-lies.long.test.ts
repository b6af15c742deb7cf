import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lieOnce, passing } from "./chaos/lie-suite.js";
import { type Liar, openLiar } from "./chaos/lies.js";

/** What of the sample in platform-lies.test.ts has to wait for the platform to settle. */
describe("a platform that lies about", () => {
  let liar: Liar;
  beforeAll(async () => {
    liar = await openLiar();
  }, 120_000);
  afterAll(() => liar.close(), 60_000);

  it.each([
    {
      act: "a create",
      of: "standard, good",
      call: "POST ^/deployments$ #1",
      how: "acts, and is cut off before it answers",
    },
    {
      act: "a first share",
      of: "canary, good",
      call: "PATCH ^/projects/[^/]+/rolling-release/config$ #1",
      how: "acts, then says that it did not",
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
