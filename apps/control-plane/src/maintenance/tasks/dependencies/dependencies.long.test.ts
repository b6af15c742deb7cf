import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerEvent } from "@atoms/playbook";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runDependenciesTask } from "./index.js";
import { type Locked, type Registry, startRegistry } from "./registry.world.js";

// A real npm, a real git, and a registry on loopback.

type Input = Parameters<typeof runDependenciesTask>[0];
const now = Date.UTC(2026, 10, 28, 3);
const branch = "atoms/dependencies-2026-11-28";
let registry: Registry;
let first: Locked;
let second: Locked;
let cache: string;
let folder: string;
let events: LedgerEvent[];
let env: Record<string, string | undefined>;

beforeAll(async () => {
  registry = await startRegistry();
  cache = mkdtempSync(join(tmpdir(), "atoms-npm-cache-"));
  first = registry.publish("shop-kit", "1.0.0", "one");
  second = registry.publish("shop-kit", "1.1.0", "two");
});
afterAll(async () => {
  await registry?.close();
  rmSync(cache, { recursive: true, force: true });
});

const git = (...args: string[]) =>
  execFileSync("git", args, { cwd: folder, env: env as NodeJS.ProcessEnv, encoding: "utf8" }).trim();
const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
const commit = () => {
  git("add", "--all");
  git("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "commit", "--quiet", "--message", "c");
};

/** A service that depends on shop-kit, locked at 1.0.0. Its test passes while that exports what is allowed. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atoms-dependencies-of-"));
  events = [];
  env = {
    ...process.env,
    npm_config_cache: cache,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    A_SECRET: "hush",
  };
  write(".npmrc", `registry=${registry.url}\n`);
  write(".gitignore", "node_modules\n");
  lockAt(first);
  git("init", "--quiet", "--initial-branch", "main");
  commit();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes package.json and the lockfile as of when this version was the newest. */
function lockAt(kit: Locked) {
  const own = { name: "shop", version: "1.0.0", dependencies: { "shop-kit": "^1.0.0" } };
  write("package.json", JSON.stringify(own));
  const packages = { "": own, "node_modules/shop-kit": kit };
  const lock = { name: "shop", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  write("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
}

const passes = "node -e \"process.exit(['one','two','three'].includes(require('shop-kit')) ? 0 : 1)\"";

function update(more: Partial<Input["task"]> = {}, signal = new AbortController().signal) {
  const task: Input["task"] = {
    ...{ name: "deps", kind: "dependencies", within: 600_000, base: "HEAD" },
    ...{ tests: passes, tests_within: 60_000, variables: [], push: false, remote: "origin" },
    ...more,
  };
  const order = {
    maintenance: "mnt_1",
    service: "shop",
    environment: "production",
    playbook: { path: join(folder, "playbook.yaml") },
  };
  const input = {
    plane: {
      env,
      clock: { now: () => now },
      store: async () => ({ ledger: { append: async (all: LedgerEvent[]) => void events.push(...all) } }),
    },
    open: { sourceFolder: folder, secrets: { redact: (text: string) => text.replaceAll("hush", "***") } },
    task,
    order,
    say: () => undefined,
    timeoutMs: 120_000,
    signal,
  };
  return runDependenciesTask(input as unknown as Input);
}

const trees = () =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`atoms-dependencies-${process.pid}-`));
/** Nothing of the user's is touched, and nothing is left lying about. */
function isAsItWas(head: string) {
  expect(git("rev-parse", "HEAD")).toBe(head);
  expect(git("symbolic-ref", "--short", "HEAD")).toBe("main");
  expect(git("status", "--porcelain")).toBe("");
  expect(git("worktree", "list").split("\n")).toHaveLength(1);
  expect(existsSync(join(folder, "node_modules"))).toBe(false);
  expect(trees()).toEqual([]);
}

describe("an update of dependencies", { timeout: 120_000 }, () => {
  it("is a branch of its own with what changed, tested; the working tree stays as it was", async () => {
    const head = git("rev-parse", "HEAD");
    const saw = await update();
    expect(saw).toBe(`${branch}: shop-kit 1.0.0 → 1.1.0; the tests pass`);
    expect(git("rev-parse", `${branch}^`)).toBe(head);
    expect(git("diff", "--name-only", head, branch)).toBe("package-lock.json");
    expect(git("show", `${branch}:package-lock.json`)).toContain('"version": "1.1.0"');
    expect(git("log", "-1", "--format=%an: %B", branch)).toContain("- shop-kit 1.0.0 → 1.1.0");
    expect(events).toMatchObject([
      {
        kind: "maintenance.dependencies",
        data: { branch, tests: "passed", changes: [{ name: "shop-kit", from: "1.0.0", to: "1.1.0" }] },
      },
    ]);
    isAsItWas(head);
  });

  it("may be run again: of one commit there is one branch", async () => {
    await update();
    const tip = git("rev-parse", branch);
    expect(await update()).toBe(`${branch} was made of this commit before`);
    expect(git("rev-parse", branch)).toBe(tip);
    write("README.md", "more\n");
    commit();
    expect(await update()).toMatch(new RegExp(`^${branch}-2: `));
    expect(git("rev-parse", branch)).toBe(tip);
  });

  it("removes the work tree that a killed process left", async () => {
    const gone = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
    const left = join(tmpdir(), `atoms-dependencies-${gone}-left`);
    git("worktree", "add", "--quiet", "--detach", left);
    const head = git("rev-parse", "HEAD");
    await update();
    expect(existsSync(left)).toBe(false);
    isAsItWas(head);
  });

  it("leaves the branch out when the tests fail, and shows the end of what they said", async () => {
    const head = git("rev-parse", "HEAD");
    const tests = "echo first; echo token hush; echo the kit is broken; exit 3";
    await expect(update({ tests })).rejects.toMatchObject({
      code: "ATM-661",
      happened: expect.stringMatching(
        /^With shop-kit 1\.0\.0 → 1\.1\.0 .* ended with 3; at the end it said: first \/ token \*\*\* \/ the kit is broken$/,
      ),
    });
    expect(events).toMatchObject([
      { data: { tests: "failed", end: ["first", "token ***", "the kit is broken"] } },
    ]);
    expect(git("branch", "--list", "atoms/*")).toBe("");
    isAsItWas(head);
  });

  it("stops tests that do not end, and says so", async () => {
    await expect(update({ tests: "sleep 600", tests_within: 1_000 })).rejects.toMatchObject({
      code: "ATM-661",
      happened: expect.stringContaining("did not end within 1s"),
    });
  });

  it("gives code that is new no variable that it was not meant to have", async () => {
    const tests = 'test -z "$A_SECRET" && test -n "$PATH"';
    expect(await update({ tests })).toContain("the tests pass");
    git("branch", "--delete", "--force", branch);
    await expect(update({ tests, variables: ["A_SECRET"] })).rejects.toMatchObject({ code: "ATM-661" });
  });

  it("pushes nothing unless it is told to, and the next run pushes what was refused", async () => {
    const head = git("rev-parse", "HEAD");
    await expect(update({ push: true })).rejects.toMatchObject({ code: "ATM-662" });
    expect(git("rev-parse", `${branch}^`)).toBe(head);
    const remote = mkdtempSync(join(tmpdir(), "atoms-remote-"));
    execFileSync("git", ["init", "--quiet", "--bare", remote], { env: env as NodeJS.ProcessEnv });
    git("remote", "add", "origin", remote);
    const branches = () => git("ls-remote", "--heads", "origin");
    expect(await update()).toContain("was made of this commit before");
    expect(branches()).toBe("");
    expect(await update({ push: true })).toBe(`${branch} was made of this commit before, and is on origin`);
    expect(branches()).toContain(`refs/heads/${branch}`);
    rmSync(remote, { recursive: true, force: true });
  });

  it("updates by a command of one's own, beyond what package.json allows", async () => {
    registry.publish("shop-kit", "2.0.0", "three");
    const saw = await update({ update: "npm install --package-lock-only --no-audit shop-kit@2" });
    expect(saw).toContain("shop-kit 1.0.0 → 2.0.0");
    expect(git("diff", "--name-only", "HEAD", branch)).toBe("package-lock.json\npackage.json");
  });

  it("says so when there is nothing to update", async () => {
    lockAt(second);
    commit();
    expect(await update()).toMatch(/^nothing to update/);
    expect(git("branch", "--list", "atoms/*")).toBe("");
  });

  it.each([
    {
      what: "pnpm's lockfile",
      lockfile: "pnpm-lock.yaml",
      says: "pnpm-lock.yaml is kept by a program that Atoms does not run",
    },
    { what: "yarn's lockfile", lockfile: "yarn.lock", says: "yarn.lock is kept by" },
    { what: "no lockfile", says: "no lockfile is committed" },
  ])("refuses $what", async ({ lockfile, says }) => {
    git("rm", "--quiet", "package-lock.json");
    if (lockfile !== undefined) write(lockfile, "x\n");
    commit();
    const head = git("rev-parse", "HEAD");
    await expect(update()).rejects.toMatchObject({
      code: "ATM-649",
      happened: expect.stringContaining(says),
    });
    isAsItWas(head);
  });

  it("refuses a base that is not there, and a folder in no repository", async () => {
    await expect(update({ base: "nowhere" })).rejects.toMatchObject({ code: "ATM-649" });
    rmSync(join(folder, ".git"), { recursive: true });
    await expect(update()).rejects.toMatchObject({
      code: "ATM-649",
      happened: expect.stringContaining("not a git repository"),
    });
  });

  it("says what npm says when the registry is away", async () => {
    write(".npmrc", "registry=http://127.0.0.1:9\nfetch-retries=0\n");
    commit();
    const head = git("rev-parse", "HEAD");
    env["npm_config_cache"] = join(folder, "node_modules");
    await expect(update()).rejects.toMatchObject({
      code: "ATM-660",
      happened: expect.stringContaining("ECONNREFUSED"),
    });
    expect(git("rev-parse", "HEAD")).toBe(head);
    expect(trees()).toEqual([]);
  });

  it("stops when it is told to, and leaves nothing", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("the time is up")), 300);
    await expect(update({ tests: "sleep 600" }, stop.signal)).rejects.toThrow("the time is up");
    isAsItWas(git("rev-parse", "HEAD"));
  });
});
