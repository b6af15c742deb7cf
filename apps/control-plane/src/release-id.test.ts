import fc from "fast-check";
import { expect, it } from "vitest";
import { newReleaseId, versionAt } from "./release-id.js";

it("stamps a version with the second of its release, in UTC", () => {
  expect(versionAt(Date.UTC(2026, 10, 23, 9, 45, 0))).toBe("v20261123.094500");
});

it("makes ids that sort by time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 44 }), fc.integer({ min: 1, max: 2 ** 30 }), (at, later) => {
      const zeros = (size: number) => new Uint8Array(size).fill(31);
      const ones = (size: number) => new Uint8Array(size);
      expect(newReleaseId(at, zeros) < newReleaseId(at + later, ones)).toBe(true);
    }),
  );
});

it("makes ids of one shape", () => {
  expect(newReleaseId(Date.UTC(2026, 10, 23))).toMatch(/^rel_[0-9a-hjkmnp-tv-z]{16}$/);
});
