import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { StoreUnavailable } from "./database.js";
import { Door, StoreBusy } from "./door.js";
import { DumpRefused, unpack } from "./dump.js";
import { AsideTaken, asideFolder, exchange, freshFolder, settleExchange } from "./exchange.js";

const root = await mkdtemp(join(tmpdir(), "atoms-mcp-exchange-"));
afterAll(() => rm(root, { recursive: true, force: true }));

let at = 0;
let home: string;
let data: string;
beforeEach(async () => {
  home = join(root, String(at++));
  data = join(home, "db");
  await mkdir(home);
});
const folder = async (path: string, holds: string) => {
  await mkdir(join(path, "base"), { recursive: true });
  await writeFile(join(path, "base", "rows"), holds);
};
const holds = (path: string) => readFile(join(path, "base", "rows"), "utf8");

describe("an exchange of folders", () => {
  it("puts the fresh one in place, and keeps the one before", async () => {
    await folder(data, "before");
    await folder(freshFolder(data), "after");
    await exchange(data, "kept");
    expect(await holds(data)).toBe("after");
    expect(await holds(asideFolder(data, "kept"))).toBe("before");
    expect((await readdir(home)).sort()).toEqual(["db", "kept"]);
  });

  it("does nothing when the name is taken, or the fresh one is gone", async () => {
    await folder(data, "before");
    await expect(exchange(data, "kept")).rejects.toMatchObject({ code: "ENOENT" });
    await folder(freshFolder(data), "after");
    await folder(asideFolder(data, "kept"), "older");
    await expect(exchange(data, "kept")).rejects.toThrow(AsideTaken);
    expect(await holds(data)).toBe("before");
    expect(await holds(asideFolder(data, "kept"))).toBe("older");
  });

  it.each(["..", "../x", "a/b", "", ".hidden", "a.b", "x".repeat(101)])("never leads to %j", (name) => {
    expect(() => asideFolder(data, name)).toThrow(RangeError);
  });

  // What a process that was killed leaves, step by step.
  it.each([
    {
      cut: "while the fresh one was filled",
      there: { db: "before", "db.fresh": "half" },
      note: "",
      in: "before",
    },
    {
      cut: "before the first rename",
      there: { db: "before", "db.fresh": "after" },
      note: '{"aside":"kept"}',
      in: "before",
    },
    {
      cut: "between the renames",
      there: { kept: "before", "db.fresh": "after" },
      note: '{"aside":"kept"}',
      in: "after",
    },
    {
      cut: "after the second",
      there: { kept: "before", db: "after" },
      note: '{"aside":"kept"}',
      in: "after",
    },
    {
      cut: "between the renames, and the fresh one was lost",
      there: { kept: "before" },
      note: '{"aside":"kept"}',
      in: "before",
    },
  ])("cut $cut, the next start opens a whole one", async ({ there, note, in: found }) => {
    for (const [name, rows] of Object.entries(there)) await folder(join(home, name), rows);
    if (note !== "") await writeFile(join(home, "db.exchange"), note);
    for (const _ of ["once", "and again"]) {
      await settleExchange(data);
      expect(await holds(data)).toBe(found);
      expect(existsSync(freshFolder(data))).toBe(false);
      expect(existsSync(join(home, "db.exchange"))).toBe(false);
    }
  });

  it("does not follow a note that leads elsewhere", async () => {
    await folder(join(root, "elsewhere"), "another's");
    await writeFile(join(home, "db.exchange"), '{"aside":"../elsewhere"}');
    await settleExchange(data);
    expect(existsSync(data)).toBe(false);
    expect(await holds(join(root, "elsewhere"))).toBe("another's");
  });
});

describe("a dump", () => {
  /** A tar of files by their names. */
  const tar = (files: Record<string, string>) => {
    const blocks = Object.entries(files).flatMap(([name, text]) => {
      const head = Buffer.alloc(512);
      head.write(name, 0);
      head.write(text.length.toString(8).padStart(11, "0"), 124);
      head.write("0", 156);
      return [head, Buffer.concat([Buffer.from(text)], Math.ceil(text.length / 512) * 512)];
    });
    return Buffer.concat([...blocks, Buffer.alloc(1024)]);
  };
  const whole = tar({ "/base/1": "x".repeat(700), "/PG_VERSION": "18\n" });

  it("is unpacked", async () => {
    expect(Buffer.from(await unpack(gzipSync(whole), 18)).equals(whole)).toBe(true);
  });

  it.each([
    { what: "cut short", given: gzipSync(whole).subarray(0, 60), says: /no gzip file, or was cut short/ },
    { what: "nothing", given: Buffer.alloc(0), says: /no gzip file/ },
    { what: "not packed", given: whole, says: /no gzip file/ },
    {
      what: "packed after it was cut",
      given: gzipSync(whole.subarray(0, 900)),
      says: /no tar of a database/,
    },
    { what: "something else", given: gzipSync("hello"), says: /PG_VERSION is missing/ },
    { what: "of another version", given: gzipSync(tar({ "/PG_VERSION": "17\n" })), says: /of PostgreSQL 17/ },
    {
      what: "a file that leads out of the folder",
      given: gzipSync(tar({ "/PG_VERSION": "18", "/base/../../x": "y" })),
      says: /no tar of a database/,
    },
  ])("is refused when it is $what", async ({ given, says }) => {
    const unpacking = unpack(given, 18);
    await expect(unpacking).rejects.toThrow(DumpRefused);
    await expect(unpacking).rejects.toThrow(says);
  });
});

describe("the door to the database", () => {
  it("waits for who is inside, and lets the others in afterwards", async () => {
    const door = new Door();
    const story: string[] = [];
    const slow = door.pass(async () => {
      await pause(50);
      story.push("first out");
    });
    const alone = door.alone(async () => {
      await pause(20);
      story.push("alone");
    });
    const later = door.pass(async () => void story.push("later"));
    await Promise.all([slow, alone, later]);
    expect(story).toEqual(["first out", "alone", "later"]);
  });

  it("gives up waiting, on either side, and opens again", async () => {
    const door = new Door(30);
    let end: () => void = () => undefined;
    const stuck = door.pass(() => new Promise<void>((resolve) => (end = resolve)));
    await expect(door.alone(async () => undefined)).rejects.toThrow(StoreBusy);
    end();
    await stuck;
    const long = door.alone(() => new Promise<void>((resolve) => (end = resolve)));
    await expect(door.pass(async () => undefined)).rejects.toThrow(StoreUnavailable);
    end();
    await long;
    expect(await door.pass(async () => "in")).toBe("in");
  });
});
