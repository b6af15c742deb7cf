import { expect, it } from "vitest";
import { samplePoints, seeded, strides } from "./sample.js";

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

it("lets each process come at least one point far, and none further than was said", () => {
  const all = strides(20, 500, seeded(3));
  expect(all).toHaveLength(500);
  expect(Math.min(...all)).toBe(1);
  expect(Math.max(...all)).toBe(20);
  expect(strides(0.2, 2, seeded(3))).toEqual([1, 1]);
});
