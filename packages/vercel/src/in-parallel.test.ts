import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { inParallel } from "./in-parallel.js";

test("results keep their order, and never more than so many run", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 3, 2, 4], 2, async (ms) => {
    running += 1;
    most = Math.max(most, running);
    await wait(ms);
    running -= 1;
    return ms * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});

test("after a failure nothing further is begun, and nothing goes on in the background", async () => {
  const begun: number[] = [];
  let ended = 0;
  const work = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item);
    await wait(item === 1 ? 1 : 20);
    ended += 1;
    if (item === 1) throw new Error("no");
  });
  await expect(work).rejects.toThrow("no");
  expect(begun).toEqual([1, 2]);
  expect(ended).toBe(2);
});
