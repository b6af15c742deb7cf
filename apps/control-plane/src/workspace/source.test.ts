import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SourceFile, stateDiskFull } from "@atoms/playbook";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { keepBlob, readBlob } from "./blobs.js";
import { readProblem, writeProblem } from "./disk-errors.js";
import { loadSnapshot, pruneSnapshots, saveSnapshot } from "./snapshots.js";
import { snapshotOf, takeSnapshot } from "./source.js";
import { walkSource } from "./walk-source.js";

const base = mkdtempSync(join(tmpdir(), "atoms-source-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let count = 0;
let folder = "";
let blobs = "";
beforeEach(() => {
  folder = join(base, `s${count}`);
  blobs = join(base, `b${count++}`);
  mkdirSync(folder);
});
const write = (path: string, text: string | Uint8Array = path, root = folder) => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
};
const sha1 = (text: string | Uint8Array) => createHash("sha1").update(text).digest("hex");
const paths = async () => (await walkSource(folder)).map((entry) => entry.path);
const blobFiles = () =>
  readdirSync(blobs, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).length;

describe("what is shipped", () => {
  it("leaves out what the platform leaves out, and what Atoms keeps", async () => {
    for (const path of [
      ".git/HEAD",
      ".atoms/keys/backup.agekey",
      "node_modules/x/index.js",
      "sub/node_modules/y.js",
      ".vercel/project.json",
      ".next/a",
      "venv/a",
      ".env.local",
      ".env.production.local",
      "sub/.env.local",
      "a.js",
      "sub/b.js",
      ".env",
      ".env.prod",
    ])
      write(path);
    expect(await paths()).toEqual([".env", ".env.prod", "a.js", "sub/b.js"]);
  });

  it("follows .vercelignore, and .gitignore only where there is none", async () => {
    write(".gitignore", "secret.txt\nbuild/\n");
    for (const path of ["a.js", "secret.txt", "build/x", "docs/y"]) write(path);
    expect(await paths()).toEqual(["a.js", "docs/y"]);
    write(
      ".vercelignore",
      "\uFEFF# what the platform need not see\ndocs\n!node_modules\n!.git\n!.atoms\n.vercelignore\n",
    );
    for (const path of ["node_modules/z", ".git/HEAD", ".atoms/k"]) write(path);
    expect(await paths()).toEqual(["a.js", "build/x", "node_modules/z", "secret.txt"]);
  });

  it("never ships what the caller takes out, but ships its namesakes", async () => {
    for (const path of ["backups/b/manifest.json", "sub/backups/x", "a.js"]) write(path);
    const entries = await walkSource(folder, { exclude: ["backups/"] });
    expect(entries.map((entry) => entry.path)).toEqual(["a.js", "sub/backups/x"]);
  });

  it("takes links within the folder as links, and refuses those that leave it", async () => {
    write("data/a.txt");
    symlinkSync("data/a.txt", join(folder, "inside"));
    symlinkSync("../s/nothing-there", join(folder, "data", "dangling"));
    symlinkSync("data", join(folder, "linked-folder"));
    const { files } = await takeSnapshot(folder, blobs);
    expect(files.find((file) => file.path === "inside")).toEqual({
      path: "inside",
      sha1: sha1("data/a.txt"),
      size: 10,
      mode: 0o120777,
    });
    expect(files.map((file) => file.path)).toEqual([
      "data/a.txt",
      "data/dangling",
      "inside",
      "linked-folder",
    ]);
  });

  it.each([
    ["up and out", "../x"],
    ["absolute", "/etc/hostname"],
    ["out and in again", "../s/a"],
  ])("refuses a link that leads %s", async (_, target) => {
    write("a");
    symlinkSync(target, join(folder, "link"));
    await expect(takeSnapshot(folder, blobs)).rejects.toMatchObject({
      code: "ATM-213",
      happened: expect.stringContaining("link is a link to"),
    });
  });

  it("refuses a chain of links that leaves where no single one seems to", async () => {
    mkdirSync(join(folder, "d1", "d2"), { recursive: true });
    symlinkSync("../../", join(folder, "d1", "d2", "top"));
    symlinkSync("top/../..", join(folder, "d1", "d2", "out"));
    await expect(walkSource(folder)).rejects.toMatchObject({ code: "ATM-213" });
  });

  it("refuses a pipe, at once and without waiting for its writer", async () => {
    execFileSync("sh", ["-c", "mkfifo pipe"], { cwd: folder });
    await expect(takeSnapshot(folder, blobs)).rejects.toMatchObject({
      code: "ATM-214",
      happened: expect.stringContaining("pipe is a named pipe"),
    });
    write(".vercelignore", "pipe\n");
    expect(await paths()).toEqual([".vercelignore"]);
  });

  it("refuses a name that is not UTF-8", async () => {
    execFileSync("sh", ["-c", "printf x > \"$(printf 'bad\\377name')\""], { cwd: folder });
    await expect(walkSource(folder)).rejects.toMatchObject({ code: "ATM-214" });
  });

  it("refuses too many files and too many bytes", async () => {
    for (let i = 0; i < 5; i++) write(`f${i}`, "12345");
    await expect(walkSource(folder, { maxFiles: 4 })).rejects.toMatchObject({
      code: "ATM-211",
      happened: expect.stringContaining("at least 5 files"),
    });
    await expect(takeSnapshot(folder, blobs, { maxBytes: 24 })).rejects.toMatchObject({ code: "ATM-211" });
    expect(await walkSource(folder, { maxFiles: 5, maxBytes: 25 })).toHaveLength(5);
  });

  it("refuses nothing, a folder that is not there, and a file in its place", async () => {
    await expect(takeSnapshot(folder, blobs)).rejects.toMatchObject({ code: "ATM-212" });
    await expect(takeSnapshot(join(folder, "none"), blobs)).rejects.toMatchObject({
      code: "ATM-210",
      happened: expect.stringContaining("there is no such file or folder"),
    });
    write("file");
    await expect(takeSnapshot(join(folder, "file"), blobs)).rejects.toMatchObject({
      code: "ATM-210",
      happened: expect.stringContaining("not a folder"),
    });
  });
});

describe("takeSnapshot", () => {
  it("keeps every byte by its digest, equal ones once, large ones too", async () => {
    const large = Buffer.alloc(700_001, "abc");
    write("a.txt", "same");
    write("b/c.txt", "same");
    write("empty", "");
    write("large.bin", large);
    write("run.sh");
    chmodSync(join(folder, "run.sh"), 0o775);
    const told: number[] = [];
    const snapshot = await takeSnapshot(folder, blobs, {
      onProgress: (done, total) => told.push(done, total),
    });
    expect(snapshot.files).toEqual([
      { path: "a.txt", sha1: sha1("same"), size: 4, mode: 0o100644 },
      { path: "b/c.txt", sha1: sha1("same"), size: 4, mode: 0o100644 },
      { path: "empty", sha1: sha1(""), size: 0, mode: 0o100644 },
      { path: "large.bin", sha1: sha1(large), size: 700_001, mode: 0o100644 },
      { path: "run.sh", sha1: sha1("run.sh"), size: 6, mode: 0o100755 },
    ]);
    expect(told.slice(-2)).toEqual([5, 5]);
    expect(blobFiles()).toBe(4);
    for (const file of snapshot.files) expect(sha1(await readBlob(blobs, file.sha1))).toBe(file.sha1);
    expect(await takeSnapshot(folder, blobs)).toEqual(snapshot);
  });

  it("ships the bytes it began with, whatever becomes of the folder", async () => {
    write("a.txt", "before");
    const { files } = await takeSnapshot(folder, blobs);
    write("a.txt", "after");
    expect(Buffer.from(await readBlob(blobs, files[0]?.sha1 ?? "")).toString()).toBe("before");
  });

  it("refuses a folder that does not come to rest, and names what moves", async () => {
    write("still.txt");
    write("log.txt", "x".repeat(100_000));
    const writing = setInterval(() => appendFileSync(join(folder, "log.txt"), "y"), 0);
    try {
      await expect(takeSnapshot(folder, blobs)).rejects.toMatchObject({
        code: "ATM-215",
        happened: "log.txt kept changing while it was read.",
      });
    } finally {
      clearInterval(writing);
    }
    expect(readdirSync(join(blobs, "tmp"))).toEqual([]);
  });

  it("reads again what changed once, and drops what vanished", async () => {
    for (let i = 0; i < 30; i++) write(`f${String(i).padStart(2, "0")}`, `v1 ${i}`);
    let struck = false;
    const { files } = await takeSnapshot(folder, blobs, {
      onProgress() {
        if (struck) return;
        struck = true;
        write("f00", "v2");
        write("new", "n");
        rmSync(join(folder, "f01"));
      },
    });
    expect(struck).toBe(true);
    expect(files.find((file) => file.path === "f00")?.sha1).toBe(sha1("v2"));
    expect(files.map((file) => file.path)).toContain("new");
    expect(files.map((file) => file.path)).not.toContain("f01");
  });

  it("stops when it is told to", async () => {
    write("a");
    await expect(takeSnapshot(folder, blobs, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it("says where it could not write, and leaves nothing half written", async () => {
    write("a");
    writeFileSync(blobs, "a file where the folder should be");
    await expect(takeSnapshot(folder, blobs)).rejects.toMatchObject({ code: "ATM-219" });
    expect(readFileSync(blobs, "utf8")).toBe("a file where the folder should be");
  });

  it("names a snapshot by its content alone", () => {
    const file = fc.record({
      path: fc.string({ minLength: 1 }),
      sha1: fc.stringMatching(/^[0-9a-f]{40}$/),
      size: fc.nat(),
      mode: fc.constantFrom(0o100644, 0o100755, 0o120777),
    });
    const files = fc.uniqueArray(file, { selector: (one) => one.path, minLength: 1 });
    fc.assert(
      fc.property(files, fc.infiniteStream(fc.nat()), fc.nat(), (all: SourceFile[], random, pick) => {
        const shuffled = all
          .map((one) => ({ one, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one);
        expect(snapshotOf(shuffled)).toEqual(snapshotOf(all));
        const changed = all.map((one, i) => (i === pick % all.length ? { ...one, size: one.size + 1 } : one));
        expect(snapshotOf(changed).digest).not.toBe(snapshotOf(all).digest);
      }),
    );
  });

  it("gives equal folders equal digests, however they were written", async () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const tree = fc.dictionary(
      fc.tuple(name, name).map(([a, b]) => `d-${a}/f-${b}`),
      fc.string(),
      { minKeys: 1, maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(tree, async (content) => {
        const [one, two] = [mkdtempSync(join(base, "p")), mkdtempSync(join(base, "p"))];
        for (const [path, text] of Object.entries(content)) write(path, text, one);
        for (const [path, text] of Object.entries(content).reverse()) write(path, text, two);
        const [first, second] = await Promise.all([
          takeSnapshot(one, blobs),
          takeSnapshot(two, join(blobs, "other")),
        ]);
        expect(second).toEqual(first);
      }),
      { numRuns: 25 },
    );
  });
});

describe("kept bytes", () => {
  it("are not taken for good when they are gone or damaged, and a new snapshot heals them", async () => {
    write("a.txt", "good");
    const { files } = await takeSnapshot(folder, blobs);
    const digest = files[0]?.sha1 ?? "";
    const place = join(blobs, digest.slice(0, 2), digest.slice(2));
    writeFileSync(place, "evil");
    await expect(readBlob(blobs, digest, "a.txt")).rejects.toMatchObject({
      code: "ATM-216",
      happened: expect.stringContaining("a.txt"),
    });
    await expect(readBlob(blobs, digest)).rejects.toMatchObject({ code: "ATM-216" });
    await takeSnapshot(folder, blobs);
    expect(Buffer.from(await readBlob(blobs, digest)).toString()).toBe("good");
  });

  it("are refused under a digest that is not theirs", async () => {
    expect(await keepBlob(blobs, sha1("a"), [Buffer.from("b")])).toBe(false);
    expect(blobFiles()).toBe(0);
  });

  it("go when no snapshot needs them, but not while somebody may be at it", async () => {
    const snapshots = join(blobs, "lists");
    write("old", "old");
    write("both", "both");
    const old = await takeSnapshot(folder, blobs);
    rmSync(join(folder, "old"));
    const now = await takeSnapshot(folder, blobs);
    for (const one of [old, now]) await saveSnapshot(snapshots, one);
    expect(await pruneSnapshots({ blobs, snapshots }, [now.digest], Date.now())).toEqual({
      snapshots: 0,
      blobs: 0,
    });
    const later = Date.now() + 4_000_000;
    expect(await pruneSnapshots({ blobs, snapshots }, [now.digest], later)).toEqual({
      snapshots: 1,
      blobs: 1,
    });
    expect(await loadSnapshot(snapshots, now.digest)).toEqual(now);
    expect(Buffer.from(await readBlob(blobs, sha1("both"))).toString()).toBe("both");
    await expect(loadSnapshot(snapshots, old.digest)).rejects.toMatchObject({ code: "ATM-217" });
  });

  it("are marked as used by a snapshot that finds them there", async () => {
    write("a", "a");
    await takeSnapshot(folder, blobs);
    const place = join(blobs, sha1("a").slice(0, 2), sha1("a").slice(2));
    utimesSync(place, 0, 0);
    await takeSnapshot(folder, blobs);
    expect(await pruneSnapshots({ blobs, snapshots: join(blobs, "none") }, [], Date.now())).toEqual({
      snapshots: 0,
      blobs: 0,
    });
  });
});

describe("a snapshot's list", () => {
  it("is refused when it is changed, damaged, or no digest is asked for", async () => {
    write("a");
    const snapshot = await takeSnapshot(folder, blobs);
    const place = join(blobs, `${snapshot.digest}.json`);
    await saveSnapshot(blobs, snapshot);
    writeFileSync(place, readFileSync(place, "utf8").replace('"a"', '"b"'));
    await expect(loadSnapshot(blobs, snapshot.digest)).rejects.toMatchObject({
      code: "ATM-217",
      happened: expect.stringContaining("was changed"),
    });
    writeFileSync(place, "{");
    await expect(loadSnapshot(blobs, snapshot.digest)).rejects.toMatchObject({
      happened: expect.stringContaining("damaged"),
    });
    await expect(loadSnapshot(blobs, "../../etc/passwd")).rejects.toMatchObject({
      happened: expect.stringContaining("no digest"),
    });
  });
});

describe("what the disk refuses", () => {
  const errno = (code: string) => Object.assign(new Error(`${code}: x`), { code });
  it.each([
    ["ENOSPC", "ATM-218", "no space is left on the disk"],
    ["EDQUOT", "ATM-218", "the disk quota is used up"],
    ["EACCES", "ATM-219", "permission denied"],
    ["EROFS", "ATM-219", "the disk is read-only"],
    ["EWHATEVER", "ATM-219", "EWHATEVER: x"],
  ])("%s while writing is %s", (code, problem, words) => {
    expect(writeProblem("/x/y", errno(code))).toMatchObject({
      code: problem,
      happened: `Failed to write /x/y: ${words}.`,
    });
  });
  it("is ATM-210 while reading; problems, aborts and bugs stay what they are", () => {
    expect(readProblem("/x", errno("EACCES"))).toMatchObject({
      code: "ATM-210",
      happened: "Failed to read /x: permission denied.",
    });
    const problem = stateDiskFull({ path: "/x", because: "y" });
    const bug = new TypeError("bug");
    const abort = new DOMException("stop", "AbortError");
    for (const error of [problem, bug, abort]) {
      expect(writeProblem("/x", error)).toBe(error);
      expect(readProblem("/x", error)).toBe(error);
    }
  });
  it("a disk that is really full is ATM-218", async () => {
    const { open } = await import("node:fs/promises");
    const full = await open("/dev/full", "w");
    const error = await full.writeFile("x").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await full.close();
    expect(writeProblem("/dev/full", error)).toMatchObject({ code: "ATM-218" });
  });
});
