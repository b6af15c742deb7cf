import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { startOfProcess } from "../folder/process-identity.js";
import { familyOf, type ProcessFacts, processFacts, readProcesses } from "./process-table.js";

const one = (pid: number, parent: number, group: number): ProcessFacts => ({
  pid,
  parent,
  group,
  started: String(pid),
  bytes: 1,
});

it("reads what the kernel says, whatever the program is called", () => {
  const rest = "1 7 7 0 -1 4194304 100 0 0 0 5 5 0 0 20 0 11 0 4242 900000000 250 18446744073709551615";
  for (const name of ["node", "a) S 9 9 (b", "sh -c"])
    expect(processFacts(`12 (${name}) S ${rest}`)).toEqual({
      pid: 12,
      parent: 1,
      group: 7,
      started: "4242",
      bytes: 250 * 4096,
    });
  expect(processFacts(`12 (node) Z ${rest}`)).toBeNull();
});

it.each([
  ["the group", [one(10, 1, 10), one(11, 1, 10)], [], [10, 11]],
  ["children that left it, and theirs", [one(12, 11, 12), one(11, 10, 11), one(10, 1, 10)], [], [10, 11, 12]],
  ["those known from before, and what they start", [one(20, 1, 20), one(21, 20, 21)], [20], [20, 21]],
  ["nobody else", [one(10, 1, 10), one(30, 1, 30), one(31, 30, 30)], [], [10]],
])("a family is %s", (_what, all, known, pids) => {
  const family = familyOf(10, new Set(known), all).map(({ pid }) => pid);
  expect(family.sort()).toEqual(pids);
});

it("finds a real process with its start and its memory", async () => {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"]);
  await once(child.stdout, "data");
  const found = (await readProcesses()).find(({ pid }) => pid === child.pid);
  expect(found).toMatchObject({ parent: process.pid, started: startOfProcess(child.pid as number) });
  expect(found?.bytes).toBeGreaterThan(10 * 2 ** 20);
  child.kill("SIGKILL");
});
