import fc from "fast-check";
import { expect, it } from "vitest";
import { RecentLines } from "./recent-lines.js";

const lines = fc.array(
  fc.record({
    line: fc.oneof(
      fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
      fc.nat(200_000).map((length) => "€".repeat(length)),
    ),
    at: fc.nat(1_000),
  }),
);

it("gives back the newest lines, whatever is in them, and forgets only older ones", () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 8 }), (added, max) => {
      const recent = new RecentLines(max);
      for (const { line, at } of added) recent.add(line, at);
      const kept = [...recent.newest()].flat();
      const all = added.map(({ line }) => line).reverse();
      expect(kept).toEqual(all.slice(0, kept.length));
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(max, added.length));
    }),
  );
});

it("leaves none out that came in the time asked for", () => {
  fc.assert(
    fc.property(lines, fc.nat(1_000), fc.nat(1_000), (added, from, to) => {
      const recent = new RecentLines(1_000_000);
      for (const { line, at } of added) recent.add(line, at);
      const wanted = added.filter(({ at }) => at >= from && at <= to).map(({ line }) => line);
      const given = [...recent.newest(from, to)].flat().reverse();
      let next = 0;
      for (const line of wanted) {
        next = given.indexOf(line, next) + 1;
        expect(next).toBeGreaterThan(0);
      }
    }),
  );
});

it("keeps as many as asked for and at most a chunk more, however many come", () => {
  const recent = new RecentLines(1_000);
  const line = "x".repeat(999);
  for (let n = 0; n < 20_000; n++) recent.add(line, n);
  const kept = [...recent.newest()].flat().length;
  expect(kept).toBeGreaterThanOrEqual(1_000);
  expect(kept).toBeLessThan(1_000 + 2 * 66);
});

it("never mixes lines up for a reader that takes its time, whatever comes meanwhile", () => {
  const recent = new RecentLines(1_000);
  const line = (n: number) => `${n} ${"x".repeat(n % 900)}`;
  let next = 0;
  const come = (count: number) => {
    for (const until = next + count; next < until; next++) recent.add(line(next), next);
  };
  come(3_000);
  const read: number[] = [];
  for (const lines of recent.newest()) {
    for (const one of lines) {
      read.push(Number.parseInt(one, 10));
      expect(one).toBe(line(read.at(-1) as number));
    }
    come(700);
  }
  expect(read.length).toBeGreaterThan(0);
  expect(read).toEqual(read.toSorted((a, b) => b - a));
  expect(new Set(read).size).toBe(read.length);
});
