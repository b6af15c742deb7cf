import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildSteps } from "./build-steps.js";
import { type Installer, prepareInstall } from "./install.js";

let around: string;
beforeAll(async () => {
  around = await mkdtemp(join(tmpdir(), "local-cloud-install-"));
});
afterAll(() => rm(around, { recursive: true, force: true }));

describe("on a machine without the program", () => {
  /** Lays files out, and prepares their install with no more than `programs` on the machine; "-> x" is a link to x. */
  const prepared = async (files: Record<string, string>, programs: Record<string, string> = {}) => {
    const source = await mkdtemp(join(around, "source-"));
    const path = await mkdtemp(join(around, "path-"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(source, name), text);
    for (const [name, text] of Object.entries(programs)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      if (text.startsWith("-> ")) await symlink(text.slice(3), join(path, name));
      else {
        await writeFile(join(path, name), text);
        await chmod(join(path, name), 0o755);
      }
    }
    const said: string[] = [];
    const ran: { line: string; variables: Readonly<Record<string, string>> }[] = [];
    const note = async (text: string) => void said.push(text);
    const steps: BuildSteps = {
      deploymentId: "dpl_1",
      dependencies: join(around, "dependencies"),
      environment: {},
      path: join(path, "bin"),
      programs: join(path, "stand-ins"),
      archive: { files: 1, bytes: 1 },
      say: note,
      warn: note,
      run: async (command, { args, variables }) => {
        ran.push({ line: [command, ...(args ?? [])].join(" "), variables: variables ?? {} });
        return 0;
      },
    };
    const pack = JSON.parse(files["package.json"] ?? "{}");
    const installer = await prepareInstall({ source, cwd: source, pack, builds: true }, steps);
    return { installer, said, ran, standIns: join(path, "stand-ins") };
  };
  const asking = (packageManager?: string) =>
    JSON.stringify({ dependencies: { word: "1.0.0" }, ...(packageManager ? { packageManager } : {}) });
  /** What a start script prints. */
  const started = (installer: Installer, command: string): string => {
    const output = installer.started({ kind: "shell", command, cwd: "." });
    if (output.kind !== "shell") throw new Error("it is no shell command any more");
    return execFileSync("/bin/sh", ["-c", output.command], { encoding: "utf8" });
  };
  const yarn1 = {
    "lib/package.json": '{"name":"yarn","version":"1.22.22"}',
    "lib/bin/yarn.js": "#!/usr/bin/env node\n",
    "bin/yarn": "-> ../lib/bin/yarn.js",
  };

  it.each([
    ["pnpm-lock.yaml", "lockfileVersion: '9.0'", "pnpm", "npm install --global pnpm"],
    ["yarn.lock", "# yarn lockfile v1", "yarn", "npm install --global yarn"],
    ["yarn.lock", "__metadata:\n  version: 8\n", "yarn 2 or later", "npm install --global @yarnpkg/cli-dist"],
    ["bun.lock", "{}", "bun", "npm install --global bun"],
  ])("%s ends the build at once, and says what installs it (%#)", async (name, text, program, help) => {
    const { installer, ran } = await prepared({ "package.json": asking(), [name]: text });
    const refused = installer.install();
    await expect(refused).rejects.toMatchObject({ step: "install" });
    await expect(refused).rejects.toThrow(`${name} asks for ${program}, which is not on this machine`);
    await expect(refused).rejects.toThrow(help);
    await expect(refused).rejects.toThrow("installCommand");
    expect(ran).toEqual([]);
    // With an install command of the project's own, there is npm for its build script.
    expect(installer.runner).toBe("npm");
  });

  it("a start script that is run by yarn 2 or later finds how it was installed", async () => {
    const files = { "package.json": asking("yarn@4.5.3"), "yarn.lock": "__metadata:\n  version: 8\n" };
    const { installer } = await prepared(files, { "bin/yarn": "#!/bin/sh\n" });
    expect([installer.runner, started(installer, "echo $YARN_NODE_LINKER")]).toEqual([
      "yarn",
      "node-modules\n",
    ]);
  });

  it("nothing is missed by a project that needs nothing", async () => {
    const { installer, said, ran } = await prepared({ "package.json": "{}", "pnpm-lock.yaml": "" });
    await installer.install();
    expect([said, ran]).toEqual([[], []]);
  });

  it("version 1 of yarn does not pass for a later one, whose lockfile it would pass over", async () => {
    const files = { "package.json": asking(), "yarn.lock": "__metadata:\n  version: 8\n" };
    const { installer } = await prepared(files, yarn1);
    await expect(installer.install()).rejects.toThrow("--force @yarnpkg/cli-dist");
    const handing = await prepared(
      { ...files, ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.5.3.cjs\n" },
      yarn1,
    );
    await handing.installer.install();
    expect(handing.ran.map(({ line }) => line)).toEqual(["yarn install --immutable"]);
  });

  it("corepack provides what package.json asks for, and never a version that nobody named", async () => {
    const corepack = { "bin/corepack": "#!/bin/sh\n" };
    const asked = await prepared(
      { "package.json": asking("pnpm@9.15.9"), "pnpm-lock.yaml": "lockfileVersion: '9.0'" },
      corepack,
    );
    await asked.installer.install();
    expect(asked.said.join()).toContain("corepack provides pnpm@9.15.9");
    expect(asked.ran.map(({ line }) => line)).toEqual([
      `corepack enable --install-directory ${asked.standIns} pnpm`,
      expect.stringContaining("pnpm install --frozen-lockfile"),
    ]);
    for (const { variables } of asked.ran) expect(variables["COREPACK_ENABLE_DOWNLOAD_PROMPT"]).toBe("0");
    expect([asked.installer.runner, asked.installer.programs]).toEqual(["pnpm", [asked.standIns]]);
    // A start script finds it, too.
    const shown = started(asked.installer, 'echo "$PATH $COREPACK_ENABLE_DOWNLOAD_PROMPT"');
    expect([shown.startsWith(`${asked.standIns}:`), shown.endsWith(" 0\n")]).toEqual([true, true]);
    const unasked = await prepared(
      { "package.json": asking(), "pnpm-lock.yaml": "lockfileVersion: '9.0'" },
      corepack,
    );
    await expect(unasked.installer.install()).rejects.toThrow("pnpm-lock.yaml asks for pnpm");
    expect(unasked.ran).toEqual([]);
  });
});
