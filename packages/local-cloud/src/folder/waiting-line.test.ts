import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WaitingLine } from "./waiting-line.js";

const BOUNDS = { entries: 100_000, bytes: 64 * 1024 * 1024 };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waiting-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is written at the end of a turn of the event loop is written. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
const all = (line: WaitingLine) => line.front(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).entries;

describe("what waits", () => {
  it("is there again after a kill, without what was taken", async () => {
    const line = WaitingLine.open(folder, BOUNDS);
    for (const entry of ["a", "b", "c", "d"]) line.add(entry);
    await turn();
    const { from, entries } = line.front(2, 1_000);
    line.taken(from + entries.length);
    await turn();
    // No close: that is what a kill leaves.
    const next = WaitingLine.open(folder, BOUNDS);
    expect(all(next)).toEqual(["c", "d"]);
    next.add("e");
    await turn();
    expect(all(WaitingLine.open(folder, BOUNDS))).toEqual(["c", "d", "e"]);
  });

  it("leaves nothing on the disk once all of it was taken", async () => {
    const line = WaitingLine.open(folder, BOUNDS);
    line.add("a");
    await turn();
    line.taken(1);
    await turn();
    expect(readdirSync(folder)).toEqual([]);
    line.add("b");
    line.close();
    expect(all(WaitingLine.open(folder, BOUNDS))).toEqual(["b"]);
    line.remove();
    expect(existsSync(folder)).toBe(false);
  });

  it("is whole behind a line that a kill tore", async () => {
    const line = WaitingLine.open(folder, BOUNDS);
    line.add("a");
    await turn();
    const file = join(folder, readdirSync(folder)[0] ?? "");
    appendFileSync(file, "half of an ent");
    const next = WaitingLine.open(folder, BOUNDS);
    next.add("b");
    await turn();
    expect(all(WaitingLine.open(folder, BOUNDS))).toEqual(["a", "b"]);
    expect(readFileSync(file, "utf8")).not.toContain("half");
  });

  it.each([
    ["by number", { entries: 10, bytes: 1e9 }, 10],
    ["by size", { entries: 1e6, bytes: 1_000 }, 10],
  ])("is bounded %s, the oldest dropped and counted", async (_, bounds, kept) => {
    const line = WaitingLine.open(folder, bounds);
    for (let i = 0; i < 50; i++) line.add(`x${String(i).padStart(99, "0")}`);
    await turn();
    expect(line.length).toBeLessThanOrEqual(kept);
    expect(line.dropped + line.length).toBe(50);
    expect(all(line).at(-1)).toMatch(/49$/);
    expect(all(WaitingLine.open(folder, bounds))).toEqual(all(line));
  });

  it("does not fill the disk while a receiver keeps up slowly", async () => {
    const line = WaitingLine.open(folder, { entries: 1e6, bytes: 16 * 1024 * 1024 });
    const entry = "x".repeat(64 * 1024);
    for (let i = 0; i < 800; i++) {
      line.add(entry);
      await turn();
      if (line.length > 20) line.taken(line.front(1, 1).from + 10);
    }
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(20 * 1024 * 1024);
    line.close();
  });

  it("is in order and complete whatever is added, taken and killed", async () => {
    const moves = fc.array(
      fc.oneof(
        fc.record({ add: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ take: fc.integer({ min: 1, max: 7 }) }),
        fc.constant({ kill: true as const }),
      ),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(moves, async (list) => {
        rmSync(folder, { recursive: true, force: true });
        let line = WaitingLine.open(folder, BOUNDS);
        let expected: string[] = [];
        let name = 0;
        for (const move of list) {
          if ("add" in move) {
            for (let i = 0; i < move.add; i++) {
              line.add(`e${name}`);
              expected.push(`e${name++}`);
            }
          } else if ("take" in move) {
            const { from, entries } = line.front(move.take, 1e9);
            expect(entries).toEqual(expected.slice(0, move.take));
            line.taken(from + entries.length);
            expected = expected.slice(entries.length);
          } else line = WaitingLine.open(folder, BOUNDS);
          await turn();
        }
        expect(all(line)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
