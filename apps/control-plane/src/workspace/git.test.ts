import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { changedPaths, openGit } from "./git.js";

const base = realpathSync(mkdtempSync(join(tmpdir(), "atoms-git-")));
afterAll(() => rmSync(base, { recursive: true, force: true }));

// A machine's own settings must not decide these tests.
const env = { PATH: process.env["PATH"], HOME: base, GIT_CONFIG_NOSYSTEM: "1" };
const ada = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@localhost",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@localhost",
};
let count = 0;
let folder = "";
const git = (...args: string[]) =>
  execFileSync("git", args, {
    cwd: folder,
    env: { ...env, ...ada },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
const write = (path: string, text = path) => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const commitAll = () => {
  git("add", "--all");
  git("commit", "--quiet", "--message", "c");
  return git("rev-parse", "HEAD");
};

beforeEach(() => {
  folder = join(base, `r${count++}`);
  mkdirSync(folder);
  git("init", "--quiet", "--initial-branch", "main");
  write("a.txt");
});

describe("state", () => {
  it("tells branch, commit, name and remote of a clean repository", async () => {
    const commit = commitAll();
    git("config", "user.name", "Ada L.");
    git("remote", "add", "origin", "https://localhost/x.git");
    expect(await openGit(folder, { env }).state()).toEqual({
      kind: "repository",
      changed: [],
      branch: "main",
      commit,
      userName: "Ada L.",
      remote: "origin",
    });
  });

  it("tells of what is changed, new, deleted, renamed, and strangely named", async () => {
    write("b.txt");
    write("c.txt", "a text that is long enough to be known again\n".repeat(9));
    commitAll();
    write("a.txt", "other");
    rmSync(join(folder, "b.txt"));
    git("mv", "c.txt", "d.txt");
    write('new/ü "q"\n.txt');
    const state = await openGit(folder, { env }).state();
    expect(state).toMatchObject({
      changed: expect.arrayContaining(["a.txt", "b.txt", "d.txt", 'new/ü "q"\n.txt']),
    });
    expect((state as { changed: string[] }).changed).toHaveLength(4);
  });

  it("does not count what Atoms itself writes, also when seen from a folder below and through a link", async () => {
    write("service/x.txt");
    commitAll();
    write("service/deployments/v1.json");
    write("backups/b/manifest.json");
    write("deployments.txt");
    symlinkSync(folder, `${folder}-link`);
    const own = [
      join(`${folder}-link`, "service/deployments"),
      join(folder, "backups"),
      "/elsewhere",
      join(folder, ".atoms"),
    ];
    expect(await openGit(join(folder, "service"), { env, own }).state()).toMatchObject({
      changed: ["deployments.txt"],
    });
  });

  it("knows a repository without a commit, and a detached head", async () => {
    const empty = await openGit(folder, { env }).state();
    expect(empty).toMatchObject({ kind: "repository", branch: "main", changed: ["a.txt"] });
    expect(empty).not.toHaveProperty("commit");
    git("checkout", "--quiet", commitAll());
    expect(await openGit(folder, { env }).state()).not.toHaveProperty("branch");
  });

  it("says why there is nothing to tell", async () => {
    const plain = join(base, "plain");
    mkdirSync(plain);
    const nowhere = { ...env, GIT_CEILING_DIRECTORIES: base };
    expect(await openGit(plain, { env: nowhere }).state()).toEqual({
      kind: "none",
      because: "The source folder is not in a git repository",
    });
    expect(await openGit(join(base, "gone"), { env }).state()).toMatchObject({
      kind: "none",
      because: expect.stringContaining("There is no folder"),
    });
    expect(await openGit(folder, { env: { PATH: plain } }).state()).toEqual({
      kind: "none",
      because: "There is no git on this machine",
    });
  });

  it("says that a repository is broken, and what git says of it", async () => {
    commitAll();
    writeFileSync(join(folder, ".git", "index"), "not an index at all, but long enough to be read as one");
    expect(await openGit(folder, { env }).state()).toMatchObject({
      kind: "unreadable",
      because: expect.stringContaining("index file"),
    });
  });

  it("is not led astray by the variables of a git hook", async () => {
    const commit = commitAll();
    expect(
      await openGit(folder, { env: { ...env, GIT_DIR: "/nowhere", GIT_INDEX_FILE: "x" } }).state(),
    ).toMatchObject({ commit });
  });
});

describe("tag", () => {
  it("is annotated, made once, and refused when it is elsewhere", async () => {
    const first = commitAll();
    const atoms = openGit(folder, { env });
    const name = "v20261123.164500";
    expect(await atoms.tag(name, { message: "Release rel_1" })).toEqual({ commit: first, made: true });
    expect(await atoms.tag(name, { message: "Release rel_1" })).toEqual({ commit: first, made: false });
    expect(git("cat-file", "-t", name)).toBe("tag");
    expect(git("tag", "--list", "--format=%(contents:subject) by %(taggername)", name)).toBe(
      "Release rel_1 by Atoms",
    );
    write("b.txt");
    commitAll();
    expect(await atoms.tag(name, { message: "x", commit: first })).toEqual({ commit: first, made: false });
    await expect(atoms.tag(name, { message: "x" })).rejects.toMatchObject({ code: "ATM-220" });
  });

  it("ends well for two that make it at the same time", async () => {
    commitAll();
    const made = await Promise.all([1, 2, 3].map(() => openGit(folder, { env }).tag("v1", { message: "m" })));
    expect(made.filter((one) => one.made)).toHaveLength(1);
  });

  it("says what is wrong when it cannot be made", async () => {
    await expect(openGit(folder, { env }).tag("v1", { message: "m" })).rejects.toMatchObject({
      code: "ATM-221",
      happened: expect.stringContaining("no commit"),
    });
    commitAll();
    await expect(openGit(folder, { env }).tag("v..1", { message: "m" })).rejects.toMatchObject({
      code: "ATM-221",
    });
  });
});

describe("pushTag", () => {
  it("reaches a remote, twice if need be", async () => {
    commitAll();
    const remote = `${folder}.git`;
    execFileSync("git", ["init", "--quiet", "--bare", remote], { env });
    git("remote", "add", "origin", remote);
    const atoms = openGit(folder, { env });
    await atoms.tag("v1", { message: "m" });
    expect(await atoms.pushTag("v1")).toEqual({ pushed: true, remote: "origin" });
    expect(await atoms.pushTag("v1")).toEqual({ pushed: true, remote: "origin" });
    expect(execFileSync("git", ["tag"], { cwd: remote, env, encoding: "utf8" })).toBe("v1\n");
    git("tag", "--delete", "v1");
    write("b.txt");
    commitAll();
    await atoms.tag("v1", { message: "m" });
    expect(await atoms.pushTag("v1")).toMatchObject({
      pushed: false,
      because: expect.stringMatching(/already exists|rejected/),
    });
  });

  it("tells and does not throw when there is no remote, or none that answers", async () => {
    commitAll();
    const atoms = openGit(folder, { env });
    await atoms.tag("v1", { message: "m" });
    expect(await atoms.pushTag("v1")).toEqual({ pushed: false, because: "the repository has no remote" });
    git("remote", "add", "origin", "http://ada:hush@127.0.0.1:9/x.git");
    const cut = await atoms.pushTag("v1", { timeoutMs: 5_000 });
    expect(cut).toMatchObject({ pushed: false });
    expect(JSON.stringify(cut)).not.toContain("hush");
    renameSync(join(folder, ".git"), join(folder, "was.git"));
    expect(await atoms.pushTag("v1")).toMatchObject({ pushed: false });
  });

  it("does not wait for ever", async () => {
    commitAll();
    git("remote", "add", "origin", "ext::sleep 30");
    git("config", "protocol.ext.allow", "always");
    const atoms = openGit(folder, { env });
    await atoms.tag("v1", { message: "m" });
    const began = Date.now();
    expect(await atoms.pushTag("v1", { timeoutMs: 300 })).toMatchObject({
      pushed: false,
      because: expect.stringContaining("did not answer within 0.3 s"),
    });
    expect(Date.now() - began).toBeLessThan(5_000);
  });
});

it.each([
  ["", []],
  [" M a\0", ["a"]],
  ["R  new\0old\0?? x y\0", ["new", "x y"]],
  ["C  copy\0from\0", ["copy"]],
])("reads %j", (output, paths) => expect(changedPaths(output)).toEqual(paths));
