import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, processesNaming } from "../testing/cloud-under-test.js";

const require = createRequire(import.meta.url);
/** Real programs take their time on a machine that is busy. */
const SLOW = 120_000;

let t: CloudUnderTest;
let around: string;
const before = { ...process.env };

beforeAll(async () => {
  around = await mkdtemp(join(tmpdir(), "local-cloud-install-"));
  const programs = join(around, "programs");
  await mkdir(programs);
  await symlink(join(dirname(require.resolve("pnpm")), "bin", "pnpm.cjs"), join(programs, "pnpm"));
  await symlink(
    join(dirname(require.resolve("yarn/package.json")), "bin", "yarn.js"),
    join(programs, "yarn"),
  );
  process.env["PATH"] = `${programs}${delimiter}${process.env["PATH"]}`;
  process.env["npm_config_cache"] = join(around, "npm-cache");
  process.env["PNPM_HOME"] = join(around, "pnpm");
  process.env["YARN_CACHE_FOLDER"] = join(around, "yarn");
  // The cloud's folder is in a workspace of somebody's, as it is when `atoms up` runs in one.
  await writeFile(
    join(around, "package.json"),
    JSON.stringify({ dependencies: { nothing: "file:./nothing" } }),
  );
  await writeFile(join(around, "pnpm-workspace.yaml"), "packages:\n  - '**'\n");
  t = await CloudUnderTest.start({ folder: join(around, "cloud") });
});
afterAll(async () => {
  await t.end();
  for (const name of ["PATH", "npm_config_cache", "PNPM_HOME", "YARN_CACHE_FOLDER"]) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  await rm(around, { recursive: true, force: true });
});

const SERVE = 'require("node:http").createServer((q, s) => s.end(require("word"))).listen(process.env.PORT);';
/** What the build script prints names the program that runs it. */
const BUILD = `node -e "console.log('built by ' + process.env.npm_config_user_agent)"`;
const word = (folder: string) => ({
  [`${folder}/package.json`]: JSON.stringify({ name: "word", version: "1.0.0" }),
  [`${folder}/index.js`]: 'module.exports = "from the dependency";',
});
const PNPM_LOCK = `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      word:
        specifier: file:./word
        version: file:word
packages:
  word@file:word:
    resolution: {directory: word, type: directory}
snapshots:
  word@file:word: {}
`;
const YARN_LOCK = '# yarn lockfile v1\n\n\n"word@file:./word":\n  version "1.0.0"\n';

const project = (lock: Record<string, string>, scripts: Record<string, string> = { build: BUILD }) => ({
  "package.json": JSON.stringify({
    name: "project",
    version: "1.0.0",
    license: "MIT",
    dependencies: { word: "file:./word" },
    scripts: { start: "node index.js", ...scripts },
  }),
  "index.js": SERVE,
  ...word("word"),
  ...lock,
});

/** As those of the cloud under test, with more patience. */
const built = (id: string) =>
  t
    .built(id)
    .catch(() => t.built(id))
    .catch(() => t.built(id));
async function deploy(name: string, files: Record<string, string>) {
  const entries = Object.entries(files).map(([file, data]) => ({ file, data }));
  return built((await t.api("POST", "/v13/deployments", { name, files: entries })).body.id);
}

async function logOf(id: string): Promise<string> {
  const { body } = await t.api("GET", `/v3/deployments/${id}/events`);
  return (body as { text: string }[]).map((event) => event.text).join("\n");
}

describe("dependencies are installed by the program whose lockfile is there, which runs the build script too", () => {
  it.each<[string, Record<string, string>, string, string]>([
    ["pnpm", { "pnpm-lock.yaml": PNPM_LOCK }, "pnpm install --frozen-lockfile", "built by pnpm/"],
    ["yarn", { "yarn.lock": YARN_LOCK }, "yarn install --frozen-lockfile", "built by yarn/1"],
    ["npm, without a lockfile,", {}, "npm install", "built by npm/"],
  ])(
    "%s",
    async (name, lock, command, built) => {
      const one = await deploy(name.split(",")[0] ?? name, project(lock));
      const log = await logOf(one.id);
      expect([one.readyState, log]).toEqual(["READY", expect.stringContaining(`Running "${command}`)]);
      expect(log).toContain(built);
      expect(log.includes("No lockfile says which versions are meant")).toBe(Object.keys(lock).length === 0);
      expect((await t.visit(one.url)).body).toBe("from the dependency");
    },
    SLOW,
  );

  it("and nothing of it is kept for other deployments, nor is a workspace around the cloud touched", async () => {
    expect(await readdir(join(t.folder, "dependencies")).catch(() => [])).toEqual([]);
    const left = await readdir(around);
    expect(left).not.toContain("node_modules");
    expect(left).not.toContain("pnpm-lock.yaml");
  });
});

describe("a workspace is installed where its lockfile is, and the root directory finds what it needs", () => {
  const files = (asks: string, top: Record<string, unknown>, lock: Record<string, string>) => ({
    "package.json": JSON.stringify({ name: "top", version: "1.0.0", private: true, ...top }),
    "apps/web/package.json": JSON.stringify({
      name: "web",
      version: "1.0.0",
      dependencies: { word: asks },
      scripts: { build: BUILD },
    }),
    "apps/web/server.ts":
      'import { createServer } from "node:http"; import word from "word"; const port: number = Number(process.env.PORT); createServer((q, s) => { s.end(word); }).listen(port);',
    ...word("packages/word"),
    ...lock,
  });
  const workspaces = { workspaces: ["apps/*", "packages/*"] };
  const npmLock = JSON.stringify({
    name: "top",
    version: "1.0.0",
    lockfileVersion: 3,
    packages: {
      "": { name: "top", version: "1.0.0", ...workspaces },
      "apps/web": { name: "web", version: "1.0.0", dependencies: { word: "1.0.0" } },
      "node_modules/web": { resolved: "apps/web", link: true },
      "node_modules/word": { resolved: "packages/word", link: true },
      "packages/word": { version: "1.0.0" },
    },
  });
  const pnpmLock = `lockfileVersion: '9.0'
importers:
  .: {}
  apps/web:
    dependencies:
      word:
        specifier: workspace:*
        version: link:../../packages/word
  packages/word: {}
`;

  it.each<[string, Record<string, string>]>([
    ["npm", files("1.0.0", workspaces, { "package-lock.json": npmLock })],
    ["yarn", files("1.0.0", workspaces, { "yarn.lock": "# yarn lockfile v1\n\n" })],
    [
      "pnpm",
      files(
        "workspace:*",
        {},
        {
          "pnpm-lock.yaml": pnpmLock,
          "pnpm-workspace.yaml": "packages:\n  - apps/*\n  - packages/*\n",
        },
      ),
    ],
  ])(
    "by %s",
    async (program, all) => {
      const name = `workspace-${program}`;
      await t.api("POST", "/v11/projects", { name });
      await t.api("PATCH", `/v9/projects/${name}`, { rootDirectory: "apps/web" });
      const one = await deploy(name, all);
      const log = await logOf(one.id);
      expect([one.readyState, log]).toEqual(["READY", expect.stringContaining(`built by ${program}/`)]);
      expect(log).toContain("belongs to the workspace that apps/web is part of");
      expect((await t.visit(one.url)).body).toBe("from the dependency");
    },
    SLOW,
  );
});

it(
  "commands of a workspace are found by the start script and the build command of a root directory",
  async () => {
    const name = "commands";
    const script = "#!/bin/sh\necho it is found\n";
    const serve = `#!/usr/bin/env node\n${SERVE.replace('require("word")', '"served"')}\n`;
    const one = await t.api("POST", "/v11/projects", { name });
    expect(one.status).toBe(200);
    await t.api("PATCH", `/v9/projects/${name}`, { rootDirectory: "apps/web", buildCommand: "say-it" });
    const entries: [string, string, number][] = [
      ["node_modules/.bin/say-it", script, 0o100755],
      ["node_modules/.bin/serve-it", serve, 0o100755],
      ["apps/web/package.json", JSON.stringify({ scripts: { start: "serve-it --now" } }), 0o100644],
    ];
    const files = entries.map(([file, data, mode]) => ({ file, data, mode }));
    const created = await t.api("POST", "/v13/deployments", { name, files });
    const deployment = await built(created.body.id);
    expect([deployment.readyState, deployment.errorMessage]).toEqual(["READY", undefined]);
    expect(await logOf(deployment.id)).toContain("it is found");
    expect((await t.visit(deployment.url)).body).toBe("served");
  },
  SLOW,
);

it.each<[string, Record<string, string>, string]>([
  [
    "pnpm",
    { "pnpm-lock.yaml": PNPM_LOCK.replaceAll("file:./word", "file:./other") },
    "ERR_PNPM_OUTDATED_LOCKFILE",
  ],
  ["pnpm", { "pnpm-lock.yaml": `${PNPM_LOCK}<<<<<<< HEAD\n` }, "ERR_PNPM_BROKEN_LOCKFILE"],
  ["yarn", { "yarn.lock": "# yarn lockfile v1\n\n" }, "Your lockfile needs to be updated"],
  ["npm", { "package-lock.json": "<<<<<<< HEAD\n" }, "EUSAGE"],
])(
  "a lockfile that %s cannot use ends the build, in the program's own words",
  async (program, lock, words) => {
    const one = await deploy("broken", project(lock));
    expect([one.readyState, one.errorStep]).toEqual(["ERROR", "install"]);
    expect(one.errorMessage).toContain(`"${program} install" in your folder mends it`);
    if (program === "npm") expect(one.errorMessage).toContain("package-lock.json is not JSON");
    expect(await logOf(one.id)).toContain(words);
  },
  SLOW,
);

it(
  "canceling an install leaves nothing of it running",
  async () => {
    const mark = `installing-${process.pid}`;
    const preinstall = `node -e 'console.log("it waits"); setInterval(() => {}, 1000)' ${mark}`;
    const files = Object.entries(project({ "pnpm-lock.yaml": PNPM_LOCK }, { preinstall }));
    const created = await t.api("POST", "/v13/deployments", {
      name: "canceled",
      files: files.map(([file, data]) => ({ file, data })),
    });
    const { id } = created.body;
    for (let i = 0; i < 6 && !(await logOf(id)).includes("it waits"); i++) {
      await eventually(async () => (await logOf(id)).includes("it waits")).catch(() => undefined);
    }
    expect(processesNaming(mark)).not.toEqual([]);
    await t.api("PATCH", `/v12/deployments/${id}/cancel`);
    expect((await built(id)).readyState).toBe("CANCELED");
    expect(processesNaming(mark)).toEqual([]);
  },
  SLOW,
);
