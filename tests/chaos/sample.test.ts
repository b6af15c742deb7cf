import { expect, it } from "vitest";
import { samplePoints, seeded } from "./sample.js";

const points = [
  "write commit #1 before",
  "write commit #2 before",
  "write commit #3 before",
  "call POST /x #1 during",
];

it("takes each kind once before any twice, and never more than there are", () => {
  const two = samplePoints(points, 2, seeded(1));
  expect(two).toContain("call POST /x #1 during");
  expect(two.some((point) => point.startsWith("write commit"))).toBe(true);
  expect([...samplePoints(points, 99, seeded(1))].sort()).toEqual([...points].sort());
});

it("picks the same points for the same seed", () => {
  expect(samplePoints(points, 3, seeded(7))).toEqual(samplePoints(points, 3, seeded(7)));
});
