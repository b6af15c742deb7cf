import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatabase } from "./journal.contract.js";

let folder: string;
let diary: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atoms-kill-"));
  diary = join(folder, "diary");
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  rmSync(folder, { recursive: true, force: true });
});

describe("a process killed in the middle of a step", () => {
  it("leaves a flow that the next process ends, every finished step's work done once", async () => {
    const at = { folder: join(folder, "store") };
    const first = run({ at, diary, hangIn: "two", shared: false, begin: true });
    await first.until((line) => line === "two");
    await first.kill();

    const second = run({ at, diary, shared: false, begin: false });
    expect(await second.says("resumed")).toMatchObject({
      state: { state: "interrupted" },
      resumed: ["rel_1"],
    });
    expect((await second.says("result"))["result"]).toMatchObject({
      made: ["one of shop", "TypeError", "two of shop", "TypeError", "three of shop", "TypeError"],
      word: "early word",
      child: 21,
    });
    expect(await second.ended).toBe(0);
    // Only the step that was in hand ran again; failures that were written down did not.
    expect(done()).toEqual(["one", "one fails", "two", "two", "two fails", "three", "three fails", "child"]);
    // Nothing on its terminal: a command's output is its own.
    expect(second.out).toEqual([]);
  }, 60_000);

  const url = process.env["ATOMS_TEST_DB"];
  if (url !== undefined)
    it("leaves a flow that a living worker on the same server takes over within 15 s", async () => {
      const database = await createDatabase(url);
      try {
        const at = { url: database.url };
        const first = run({ at, diary, hangIn: "two", shared: true, begin: true });
        await first.until((line) => line === "two");
        const second = run({ at, diary, shared: true, begin: false });
        await second.says("ready");
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        // The first still lives: nobody has touched its flow.
        expect(done().filter((line) => line === "two")).toHaveLength(1);

        const killed = performance.now();
        await first.kill();
        await second.until((line) => line === "two fails");
        expect(performance.now() - killed).toBeLessThan(15_000);
        expect((await second.says("result"))["result"]).toMatchObject({ word: "early word", child: 21 });
        expect(await second.ended).toBe(0);
        expect(done()).toEqual([
          "one",
          "one fails",
          "two",
          "two",
          "two fails",
          "three",
          "three fails",
          "child",
        ]);
      } finally {
        for (const child of children) child.kill("SIGKILL");
        await database.drop();
      }
    }, 60_000);
});

function done(): string[] {
  return readFileSync(diary, "utf8").trim().split("\n");
}

type Word = Record<string, unknown>;

function run(order: Record<string, unknown>) {
  const child = fork(fileURLToPath(new URL("kill.child.mjs", import.meta.url)), [JSON.stringify(order)], {
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  children.add(child);
  const words: Word[] = [];
  const out: string[] = [];
  child.on("message", (word) => words.push(word as Word));
  child.stdout?.on("data", (chunk) => out.push(String(chunk)));
  child.stderr?.on("data", (chunk) => out.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const wait = async <T>(look: () => T | undefined): Promise<T> => {
    const end = Date.now() + 40_000;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`the child ended or did not get there:\n${out.join("")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    ended,
    /** What it wrote to its terminal. */
    out,
    says: (key: string) => wait(() => words.find((word) => key in word)),
    until: (line: (line: string) => boolean) =>
      wait(() => {
        try {
          return done().find(line);
        } catch {
          return undefined;
        }
      }),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
