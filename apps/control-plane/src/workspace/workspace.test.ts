import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readLockfile } from "./lockfile.js";
import { type ReleaseRecord, writeRecord } from "./record.js";
import { openWorkspace } from "./workspace.js";
import { writeAtomically } from "./write-atomically.js";

const base = mkdtempSync(join(tmpdir(), "atoms-workspace-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let count = 0;
let folder = "";
beforeEach(() => {
  folder = join(base, `w${count++}`);
  mkdirSync(folder);
});
const write = (path: string, value: unknown) =>
  writeFileSync(join(folder, path), typeof value === "string" ? value : JSON.stringify(value));

describe("readLockfile", () => {
  const asks = { dependencies: { hono: "^4.1.0" }, devDependencies: { vitest: "4" } };
  it.each([
    { name: "nothing", files: {}, state: { kind: "no package.json" } },
    {
      name: "no lockfile",
      files: { "package.json": asks },
      state: { kind: "package.json", dependencies: 2 },
    },
    {
      name: "a lockfile that matches",
      files: { "package.json": asks, "package-lock.json": { lockfileVersion: 3, packages: { "": asks } } },
      state: { kind: "package.json", dependencies: 2, lockfile: "package-lock.json", differences: [] },
    },
    {
      name: "a lockfile of something else",
      files: {
        "package.json": asks,
        "package-lock.json": { packages: { "": { dependencies: { hono: "^4.0.0", left: "1" } } } },
      },
      state: {
        kind: "package.json",
        dependencies: 2,
        lockfile: "package-lock.json",
        differences: [
          "hono is ^4.1.0 in package.json and ^4.0.0 in package-lock.json",
          "vitest is not in package-lock.json",
          "left is in package-lock.json only",
        ],
      },
    },
    {
      name: "a first-format lockfile",
      files: { "package.json": asks, "package-lock.json": { lockfileVersion: 1, dependencies: {} } },
      state: { kind: "package.json", dependencies: 2, lockfile: "package-lock.json" },
    },
    {
      name: "another tool's",
      files: { "package.json": asks, "pnpm-lock.yaml": "" },
      state: { kind: "package.json", dependencies: 2, lockfile: "pnpm-lock.yaml" },
    },
    {
      name: "no JSON",
      files: { "package.json": "{" },
      state: { kind: "unreadable", because: "package.json is not JSON." },
    },
    {
      name: "no object",
      files: { "package.json": "[]" },
      state: { kind: "unreadable", because: "package.json does not have the members it should." },
    },
    {
      name: "a broken lockfile",
      files: { "package.json": {}, "package-lock.json": "<<<<<<<" },
      state: { kind: "unreadable", because: "package-lock.json is not JSON." },
    },
  ])("$name", async ({ files, state }) => {
    for (const [path, value] of Object.entries(files)) write(path, value);
    expect(await readLockfile(folder)).toEqual(state);
  });
});

describe("writeRecord", () => {
  const record: ReleaseRecord = {
    version: "v20261123.164500",
    url: "https://shop.example",
    deployment: "dpl_1",
    timestamp: "2026-11-23T16:45:00Z",
    deployed_by: "Ada",
    release: "rel_1",
    verdict: "released",
    commit: "abc",
  };
  it("writes the seed's members first, once", async () => {
    const records = join(folder, "deployments");
    const first = await writeRecord(records, record);
    expect(first).toEqual({ path: join(records, "v20261123.164500.json"), written: true });
    expect(JSON.parse(readFileSync(first.path, "utf8"))).toEqual(record);
    expect(readFileSync(first.path, "utf8")).toMatch(/^\{\n {2}"version": .*\n {2}"url": /);
    expect(await writeRecord(records, record)).toEqual({ ...first, written: false });
    expect(await writeRecord(records, { ...record, verdict: "rolled back" })).toEqual(first);
    expect(readdirSync(records)).toEqual(["v20261123.164500.json"]);
  });
  it("does not touch the record of another release, or what it cannot read", async () => {
    await writeRecord(folder, record);
    await expect(writeRecord(folder, { ...record, release: "rel_2" })).rejects.toMatchObject({
      code: "ATM-222",
      happened: expect.stringContaining("rel_1"),
    });
    write("v2.json", "{");
    await expect(writeRecord(folder, { ...record, version: "v2" })).rejects.toMatchObject({
      code: "ATM-222",
    });
    await expect(writeRecord(folder, { ...record, version: "../v2" })).rejects.toBeInstanceOf(TypeError);
  });
  it("says when it cannot write", async () => {
    write("deployments", "a file");
    await expect(writeRecord(join(folder, "deployments"), record)).rejects.toMatchObject({ code: "ATM-219" });
  });
});

it("writeAtomically replaces a file or leaves it, and leaves no draft", async () => {
  await writeAtomically(join(folder, "a"), "1", 0o600);
  await writeAtomically(join(folder, "a"), "2", 0o600);
  mkdirSync(join(folder, "b"));
  await expect(writeAtomically(join(folder, "b"), "1", 0o600)).rejects.toMatchObject({ code: "ATM-219" });
  expect(readdirSync(folder).sort()).toEqual(["a", "b"]);
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("2");
});

describe("openWorkspace", () => {
  const open = (env: Record<string, string> = {}) =>
    openWorkspace({
      folder,
      state: join(folder, ".atoms", "not", "yet"),
      exclude: ["backups"],
      env: { PATH: process.env["PATH"], ...env },
      redact: (line) => line.replaceAll("hush", "***"),
    });

  it("tells what would be shipped, and which of it looks like secrets", async () => {
    for (const path of [".env", ".env.example", ".env.production", "a.js"]) write(path, "1234");
    mkdirSync(join(folder, "backups"));
    write("backups/x", "12");
    expect(await open().source()).toEqual({
      kind: "readable",
      files: 4,
      bytes: 16,
      envFiles: [".env", ".env.production"],
    });
  });

  it("tells what is wrong with the source instead of throwing", async () => {
    symlinkSync("/etc", join(folder, "out"));
    expect(await open().source()).toMatchObject({
      kind: "unreadable",
      because: expect.stringContaining("out is a link to /etc"),
      fix: expect.stringContaining(".vercelignore"),
    });
  });

  it("runs commands in the folder or below, with secrets blanked", async () => {
    mkdirSync(join(folder, "sub"));
    const result = await open({ SECRET: "hush" }).run("basename $PWD; echo $SECRET", {
      cwd: "sub",
      timeoutMs: 5_000,
    });
    expect(result.lastLines).toEqual(["sub", "***"]);
  });

  it("measures the disk that will hold the state, before its folder is there", async () => {
    const { folder: at, freeBytes } = await open().disk();
    expect(at).toBe(folder);
    expect(freeBytes).toBeGreaterThan(0);
  });

  it("names what is set in the shell, empty ones not", () => {
    expect(open({ A: "1", B: "" }).setInShell(["A", "B", "C"])).toEqual(["A"]);
  });

  it("reads git from where the folder is", async () => {
    execFileSync("git", ["init", "--quiet", "--initial-branch", "trunk"], { cwd: folder });
    write("a", "a");
    expect(await open().gitState()).toMatchObject({ kind: "repository", branch: "trunk", changed: ["a"] });
  });
});
