import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filePathProblem } from "../build/file-path.js";
import { sha1 } from "../testing/cloud-under-test.js";
import { Blobs, BlobTooLargeError, DigestMismatchError } from "./blobs.js";
import { BoundedLog } from "./bounded-log.js";
import { Journal } from "./journal.js";
import { Places } from "./places.js";
import { Seal } from "./seal.js";
import { sweepBlobs } from "./sweep-blobs.js";
import { Table, Transactions } from "./table.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-cloud-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly id: string;
  readonly n: number;
}

function openTable(path: string) {
  const ledger = new Transactions();
  const rows = new Table<Row>("rows", ledger);
  const journal = Journal.open(path, (changes) => ledger.replay(changes));
  ledger.attach(journal);
  return { ledger, rows, journal };
}

describe("the journal", () => {
  it("gives back what was written, whatever was done in whatever order", () => {
    const action = fc.record({
      id: fc.constantFrom("a", "b", "c"),
      n: fc.integer(),
      what: fc.constantFrom("put", "delete", "fail", "compact"),
    });
    let run = 0;
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const path = join(folder, `journal-${run++}`);
        const first = openTable(path);
        for (const { id, n, what } of actions) {
          if (what === "put") first.rows.put({ id, n });
          if (what === "delete") first.rows.delete(id);
          if (what === "compact") first.journal.compact(first.ledger.snapshot());
          if (what === "fail") {
            const fail = () =>
              first.ledger.transaction(() => {
                first.rows.put({ id, n });
                throw new Error("no");
              });
            expect(fail).toThrow("no");
          }
        }
        first.journal.close();
        const second = openTable(path);
        second.journal.close();
        const sorted = (rows: Row[]) => [...rows].sort((a, b) => a.id.localeCompare(b.id));
        expect(sorted(second.rows.all())).toEqual(sorted(first.rows.all()));
      }),
      { numRuns: 60 },
    );
  });

  it("cut anywhere, keeps whole transactions only", () => {
    const path = join(folder, "journal");
    const first = openTable(path);
    for (let n = 1; n <= 5; n++) {
      first.ledger.transaction(() => {
        first.rows.put({ id: "left", n });
        first.rows.put({ id: "right", n });
      });
    }
    first.journal.close();
    const whole = readFileSync(path);
    for (let cut = whole.length - 1; cut > 0; cut -= 7) {
      truncateSync(path, cut);
      const { rows, journal } = openTable(path);
      journal.close();
      expect(rows.get("left")?.n).toBe(rows.get("right")?.n);
    }
  });

  it("goes on after a torn line", () => {
    const path = join(folder, "journal");
    const first = openTable(path);
    first.rows.put({ id: "a", n: 1 });
    first.journal.close();
    appendFileSync(path, '[["rows","a",{"id":"a"');
    const second = openTable(path);
    second.rows.put({ id: "b", n: 2 });
    second.journal.close();
    const third = openTable(path);
    third.journal.close();
    expect(third.rows.all()).toEqual([
      { id: "a", n: 1 },
      { id: "b", n: 2 },
    ]);
  });
});

describe("a damaged journal", () => {
  it("is not read half: the line is named, and the file is left as it is", () => {
    const path = join(folder, "journal");
    const text = '[["rows","a",{"id":"a","n":1}]]\n[["rows",\n[["rows","b",{"id":"b","n":2}]]\n';
    writeFileSync(path, text);
    expect(() => openTable(path)).toThrow(/damaged in line 2/);
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

describe("files that no deployment uses", () => {
  it("go after a day; those in use, and young ones, stay", async () => {
    const places = new Places(folder);
    const blobs = new Blobs(places.blobs, 100);
    const [used, old, young] = await Promise.all(
      ["used", "old", "young"].map((text) => blobs.writeBytes(Buffer.from(text))),
    );
    await mkdir(places.deployment("dpl_1"), { recursive: true });
    writeFileSync(
      places.manifest("dpl_1"),
      JSON.stringify([{ file: "a", sha: used?.sha, size: 4, mode: 33188 }]),
    );
    const longAgo = new Date(Date.now() - 2 * 24 * 60 * 60_000);
    for (const blob of [used, old]) await utimes(blobs.path(blob?.sha ?? ""), longAgo, longAgo);
    expect(await sweepBlobs(places, ["dpl_1", "dpl_lost"], Date.now())).toBe(0);
    expect(await sweepBlobs(places, ["dpl_1"], Date.now())).toBe(1);
    expect([used, old, young].map((blob) => blobs.has(blob?.sha ?? ""))).toEqual([true, false, true]);
  });
});

describe("blobs", () => {
  it("keep bytes under their digest, and nothing of what is refused", async () => {
    const blobs = new Blobs(join(folder, "files"), 10);
    const good = Buffer.from("good");
    await blobs.write(Readable.from([good]), sha1(good));
    expect((await blobs.read(sha1(good))).toString()).toBe("good");
    await expect(blobs.write(Readable.from([good]), sha1("bad"))).rejects.toThrow(DigestMismatchError);
    await expect(blobs.write(Readable.from([Buffer.alloc(11)]))).rejects.toThrow(BlobTooLargeError);
    expect([blobs.has(sha1("bad")), blobs.has("../x"), blobs.has(sha1(good))]).toEqual([false, false, true]);
  });
});

describe("a bounded log", () => {
  it("keeps the newest entries in at most twice its size, also over a reopening", async () => {
    const path = join(folder, "log");
    const log = new BoundedLog<{ n: number }>(path, 500);
    for (let n = 0; n < 300; n++) log.append({ n });
    const kept = await log.read();
    expect(kept.at(-1)).toEqual({ n: 299 });
    expect(kept.length).toBeGreaterThan(20);
    for (const file of [path, `${path}.1`]) expect(readFileSync(file).length).toBeLessThanOrEqual(500);
    const again = new BoundedLog<{ n: number }>(path, 500);
    again.append({ n: 300 });
    const numbers = (await again.read()).map(({ n }) => n);
    expect(numbers).toEqual(numbers.map((_, i) => 300 - numbers.length + 1 + i));
  });

  it("keeps its size in bytes, not letters, and an entry that is longer than it all", async () => {
    const path = join(folder, "letters");
    const log = new BoundedLog<string>(path, 500);
    const short = "ä€😀".repeat(5);
    const long = "€".repeat(1_000);
    for (let n = 0; n < 100; n++) log.append(short);
    await log.flush();
    for (const file of [path, `${path}.1`]) expect(readFileSync(file).length).toBeLessThanOrEqual(500);
    log.append(long);
    log.append(short);
    expect((await log.read()).slice(-2)).toEqual([long, short]);
  });
});

describe("a seal", () => {
  it("gives back any text, and nothing once a byte was changed", () => {
    const seal = Seal.open(join(folder, "key"));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const sealed = seal.close(text);
        expect(seal.reveal(sealed)).toBe(Buffer.from(text, "utf8").toString("utf8"));
        const bytes = Buffer.from(sealed, "base64");
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        expect(() => seal.reveal(bytes.toString("base64"))).toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe("a file path", () => {
  it("that is accepted stays inside the folder, whatever it is made of", () => {
    const part = fc.constantFrom("a", "..", ".", "/", "\\", "C:", "\0", "x.js", "...", " ");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const path = parts.join("");
        if (filePathProblem(path) !== null) return;
        const full = join("/root/folder", path);
        expect(full === "/root/folder" || full.startsWith("/root/folder/")).toBe(true);
      }),
    );
  });
});
