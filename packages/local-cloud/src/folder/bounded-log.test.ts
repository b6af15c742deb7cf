import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BoundedLog } from "./bounded-log.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bounded-log-"));
  path = join(folder, "log.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const numbers = async (log: BoundedLog<{ n: number }>) => (await log.read()).map(({ n }) => n);

it("a line that a killed process left torn takes no other one with it", async () => {
  writeFileSync(path, '{"n":1}\n{"n":2}\n{"n":3');
  const log = new BoundedLog<{ n: number }>(path, 1024);
  log.append({ n: 4 });
  expect(await numbers(log)).toEqual([1, 2, 4]);
  const again = new BoundedLog<{ n: number }>(path, 1024);
  again.append({ n: 5 });
  again.append({ n: 6 });
  expect(await numbers(again)).toEqual([1, 2, 4, 5, 6]);
});

it("a torn line at the end of the old half takes none of the new one with it", async () => {
  const log = new BoundedLog<{ n: number }>(path, 40);
  for (let n = 0; n < 4; n++) log.append({ n });
  await log.flush();
  appendFileSync(`${path}.1`, '{"n":');
  log.append({ n: 4 });
  expect(await numbers(log)).toContain(4);
});

it("keeps the newest entries in at most two files of its size", async () => {
  const log = new BoundedLog<{ n: number }>(path, 100);
  for (let n = 0; n < 100; n++) {
    log.append({ n });
    if (n % 7 === 0) await log.flush();
  }
  const kept = await numbers(log);
  expect(kept.at(-1)).toBe(99);
  expect(kept).toEqual(kept.map((_, i) => (kept[0] ?? 0) + i));
  expect(kept.length).toBeLessThan(30);
});
