import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "./folder-lock.js";

describe("the lock of a folder", () => {
  let folder: string;
  let lock: string;
  const holder = () => JSON.parse(readFileSync(lock, "utf8")) as Record<string, unknown>;
  const held = (pid: number, began: string) =>
    writeFileSync(
      lock,
      JSON.stringify({ pid, began, command: "atoms up", since: "2026-01-05T12:00:00.000Z" }),
    );
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "atoms-lock-"));
    lock = join(folder, "lock");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is taken, refused to another, and given back", () => {
    const unlock = lockFolder(folder);
    expect(holder()).toMatchObject({ pid: process.pid });
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid}`);
    unlock();
    expect(readdirSync(folder)).toEqual([]);
    lockFolder(folder)();
  });

  it("is refused while its holder lives, with its command and since when", () => {
    lockFolder(folder);
    const { began } = holder();
    held(process.pid, String(began));
    expect(() => lockFolder(folder)).toThrow(/atoms up.*2026-01-05T12:00:00.000Z/);
  });

  it("is taken over from a dead process", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => dead.once("exit", resolve));
    held(dead.pid ?? 0, "whenever");
    lockFolder(folder);
    expect(holder()).toMatchObject({ pid: process.pid });
  });

  it("is taken over from a dead process whose number another one has now", () => {
    for (const pid of [process.pid, process.ppid, 1]) {
      held(pid, "another boot/1");
      const unlock = lockFolder(folder);
      expect(holder()).toMatchObject({ pid: process.pid });
      unlock();
    }
  });

  it.each(["", "half a lo", "null"])("is taken over when its text is %o", (text) => {
    writeFileSync(lock, text);
    lockFolder(folder)();
    expect(existsSync(lock)).toBe(false);
  });

  it("is left to one taker at a time; the mark of a taker that died is no obstacle for long", () => {
    held(1, "another boot/1");
    const mark = join(folder, "lock.takeover");
    mkdirSync(mark);
    expect(() => lockFolder(folder)).toThrow("ATM-701");
    const old = new Date(Date.now() - 60_000);
    utimesSync(mark, old, old);
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not given back by one who lost it", () => {
    const unlock = lockFolder(folder);
    held(1, "another boot/1");
    unlock();
    expect(existsSync(lock)).toBe(true);
  });
});
