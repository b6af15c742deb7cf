import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseInstall, type Level } from "./choose-install.js";
import { findLevels } from "./find-levels.js";

const level = (folder: string, lockfiles: string[] = [], more: Partial<Level> = {}): Level => ({
  folder,
  lockfiles,
  covering: lockfiles,
  packageManager: null,
  isBerry: false,
  hasPnpmWorkspace: false,
  notKept: null,
  ...more,
});
const command = (levels: Level[], builds = true) => {
  const plan = chooseInstall(levels, builds);
  return `${plan.folder}: ${[plan.program, ...plan.args].join(" ")}`;
};

describe("the lockfile", () => {
  it.each([
    [["package-lock.json"], ".: npm ci --prefer-offline --no-audit --no-fund --ignore-scripts=false"],
    [["npm-shrinkwrap.json"], ".: npm ci --prefer-offline --no-audit --no-fund --ignore-scripts=false"],
    [
      ["pnpm-lock.yaml"],
      ".: pnpm install --frozen-lockfile --ignore-workspace --package-import-method=clone-or-copy",
    ],
    [["yarn.lock"], ".: yarn install --frozen-lockfile --non-interactive --no-progress"],
    [["bun.lock"], ".: bun install --frozen-lockfile --backend=copyfile"],
    [["bun.lockb"], ".: bun install --frozen-lockfile --backend=copyfile"],
    [[], ".: npm install --no-audit --no-fund --ignore-scripts=false"],
  ])("%j decides on %s", (lockfiles, expected) => {
    expect(command([level(".", lockfiles)])).toBe(expected);
  });

  it("of yarn 2 or later is installed as they do", () => {
    expect(command([level(".", ["yarn.lock"], { isBerry: true })])).toBe(".: yarn install --immutable");
  });

  it.each([
    [["package-lock.json"], "--omit=dev"],
    [["pnpm-lock.yaml"], "--prod"],
    [["yarn.lock"], "--production"],
    [["bun.lock"], "--production"],
  ])("%j without a build leaves out what only developers need: %s", (lockfiles, word) => {
    expect(command([level(".", lockfiles)], false)).toContain(word);
    expect(command([level(".", lockfiles)], true)).not.toContain(word);
  });
});

describe("of several lockfiles", () => {
  it.each([
    [["package-lock.json", "yarn.lock"], null, "yarn.lock"],
    [["pnpm-lock.yaml", "yarn.lock"], null, "yarn.lock"],
    [["package-lock.json", "pnpm-lock.yaml"], null, "pnpm-lock.yaml"],
    [["bun.lock", "package-lock.json"], null, "package-lock.json"],
    [["bun.lock", "yarn.lock"], null, "bun.lock"],
    [["package-lock.json", "yarn.lock"], "npm@10.9.0", "package-lock.json"],
    [["package-lock.json", "pnpm-lock.yaml", "yarn.lock"], "pnpm@9.15.9", "pnpm-lock.yaml"],
    [["package-lock.json", "yarn.lock"], "pnpm@9.15.9", "yarn.lock"],
    [["package-lock.json", "yarn.lock"], "vlt@1.0.0", "yarn.lock"],
  ])(
    "%j with packageManager %s, %s is taken, and the log says which is not",
    (names, packageManager, taken) => {
      const plan = chooseInstall([level(".", names, { packageManager })], true);
      expect(plan.lockfile).toBe(taken);
      const said = plan.because.join(" ");
      for (const name of names) expect(said).toContain(name);
      expect(said).toContain(plan.asked ?? "as Vercel does");
    },
  );

  it("the nearest decides, whatever is above", () => {
    const plan = chooseInstall([level("apps/web", ["package-lock.json"]), level(".", ["yarn.lock"])], true);
    expect([plan.program, plan.folder, plan.because]).toEqual(["npm", "apps/web", []]);
  });
});

describe("a lockfile in a folder above", () => {
  it("installs there, for the workspace that the root directory is part of", () => {
    const plan = chooseInstall([level("apps/web"), level("apps"), level(".", ["package-lock.json"])], true);
    expect(plan).toMatchObject({ program: "npm", folder: ".", lockfile: "package-lock.json", shared: false });
    expect(plan.because.join()).toContain("the workspace that apps/web is part of");
  });

  it("that says nothing of the root directory still names the program, which installs unpinned", () => {
    const plan = chooseInstall([level("apps/web"), level(".", ["yarn.lock"], { covering: [] })], true);
    expect(plan).toMatchObject({ program: "yarn", folder: "apps/web", lockfile: null });
    expect(plan.args).not.toContain("--frozen-lockfile");
    expect(plan.because.join()).toContain("yarn.lock says nothing of apps/web");
    expect(plan.warning).toContain('"yarn install"');
  });
});

describe("without a lockfile", () => {
  it.each([
    [null, ".: npm install --no-audit --no-fund --ignore-scripts=false"],
    [
      "pnpm@9.15.9",
      ".: pnpm install --no-frozen-lockfile --ignore-workspace --package-import-method=clone-or-copy",
    ],
    ["yarn@1.22.22", ".: yarn install --non-interactive --no-progress"],
    ["yarn@4.5.3", ".: yarn install --no-immutable"],
    ["bun@1.2.0", ".: bun install --backend=copyfile"],
  ])("packageManager %s decides, and nothing is kept", (packageManager, expected) => {
    const levels = [level(".", [], { packageManager })];
    expect(command(levels)).toBe(expected);
    expect(chooseInstall(levels, true)).toMatchObject({ shared: false, lockfile: null });
    expect(chooseInstall(levels, true).warning).toContain("No lockfile");
  });
});

it.each([
  ["npm's lockfile", level(".", ["package-lock.json"]), true],
  [
    "npm's lockfile with folders of the upload",
    level(".", ["package-lock.json"], { notKept: "Folders of the upload are linked" }),
    false,
  ],
  ["a lockfile of another program", level(".", ["pnpm-lock.yaml"]), false],
])("what %s installs is kept for other deployments: %s", (_what, one, shared) => {
  expect(chooseInstall([one], true).shared).toBe(shared);
});

it("pnpm looks for a workspace in the upload only", () => {
  const isAlone = (...levels: Level[]) => chooseInstall(levels, true).args.includes("--ignore-workspace");
  expect(isAlone(level(".", ["pnpm-lock.yaml"]))).toBe(true);
  expect(isAlone(level(".", ["pnpm-lock.yaml"], { hasPnpmWorkspace: true }))).toBe(false);
  expect(isAlone(level("a", ["pnpm-lock.yaml"]), level(".", [], { hasPnpmWorkspace: true }))).toBe(false);
});

it.each([
  ["a folder of the upload", '"node_modules/lib": { "link": true }', "Folders of the upload are linked"],
  ["adapter-auto of SvelteKit", '"node_modules/@sveltejs/adapter-auto": {}', "adds an adapter"],
  ["nothing but packages", '"node_modules/lib": {}', null],
])("what npm's lockfile says of %s is read", async (_what, packages, reason) => {
  const folder = await mkdtemp(join(tmpdir(), "local-cloud-levels-"));
  try {
    await writeFile(join(folder, "package-lock.json"), `{ "packages": { ${packages} } }`);
    const [found] = await findLevels(folder, folder);
    expect(found?.notKept).toEqual(reason === null ? null : expect.stringContaining(reason));
    const said = found ? chooseInstall([found], true).because.join() : "";
    expect(said).toEqual(reason === null ? "" : expect.stringContaining("not kept for other deployments"));
  } finally {
    await rm(folder, { recursive: true });
  }
});
