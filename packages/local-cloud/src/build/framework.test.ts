import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Framework } from "@vercel/frameworks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prefixedVariables } from "../runtime/environment.js";
import { chooseBuildCommand } from "./build-command.js";
import { chooseFramework } from "./choose-framework.js";
import { detectFramework, frameworks } from "./detect-framework.js";
import { isDevelopmentServer } from "./development-server.js";
import { findOutput } from "./find-output.js";
import { ruleOf } from "./framework-rules.js";

type Files = Readonly<Record<string, string>>;

let list: readonly Framework[];
let temporary: string;
beforeAll(async () => {
  list = await frameworks();
  temporary = mkdtempSync(join(tmpdir(), "local-cloud-framework-"));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** A package.json with these dependencies. */
const uses = (...names: string[]) =>
  JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, "^1.0.0"])) });
const named = (slug: string | null) => (slug !== null && list.find((one) => one.slug === slug)) || null;

function folderOf(files: Files): string {
  const folder = mkdtempSync(join(temporary, "project-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const detect = (files: Files) =>
  detectFramework(list, { has: (path) => path in files, text: (path) => files[path] ?? null });

describe("a framework is detected by the platform's own list", () => {
  it.each<[string | null, Files]>([
    ["vite", { "package.json": uses("react", "vite", "@vitejs/plugin-react") }],
    ["create-react-app", { "package.json": uses("react", "react-scripts") }],
    ["nextjs", { "package.json": uses("next", "react") }],
    ["nuxtjs", { "package.json": uses("nuxt", "vue") }],
    ["nuxtjs", { "package.json": uses("nuxt", "nitropack", "vite") }],
    ["sveltekit-1", { "package.json": uses("@sveltejs/kit", "svelte", "vite") }],
    ["astro", { "package.json": uses("astro") }],
    ["docusaurus-2", { "package.json": uses("@docusaurus/core", "react") }],
    ["angular", { "package.json": uses("@angular/cli", "@angular/core") }],
    ["eleventy", { "package.json": uses("@11ty/eleventy") }],
    ["gatsby", { "package.json": uses("gatsby", "react") }],
    ["vitepress", { "package.json": uses("vitepress") }],
    ["hugo", { "config.toml": 'baseURL = "https://example.org"' }],
    ["zola", { "config.toml": 'base_url = "https://example.org"' }],
    [
      "react-router",
      { "package.json": uses("react-router", "vite"), "react-router.config.ts": "export default {};" },
    ],
    ["hono", { "package.json": uses("hono"), "src/index.ts": 'import { Hono } from "hono";' }],
    ["express", { "package.json": uses("express"), "index.js": 'const express = require("express");' }],
    ["fastify", { "package.json": uses("fastify"), "server.js": 'import Fastify from "fastify";' }],
    [
      "nestjs",
      { "package.json": uses("@nestjs/core"), "src/main.ts": 'import { NestFactory } from "@nestjs/core";' },
    ],
    ["node", { "package.json": uses("pg"), "server.js": "" }],
    // A tool beside something else is not what the project is.
    ["hono", { "package.json": uses("hono", "storybook"), "src/index.ts": 'import { Hono } from "hono";' }],
    ["storybook", { "package.json": uses("storybook", "react") }],
    [null, { "package.json": uses("hono"), "lib/other.ts": 'import { Hono } from "hono";' }],
    [null, { "package.json": uses("react"), "index.html": "" }],
    [null, { "index.html": "" }],
    [null, {}],
  ])("%s", (slug, files) => {
    expect(detect(files)).toBe(slug);
  });
});

describe("what was said of the framework wins", () => {
  it.each<[string, string | null | undefined, string | null | undefined, string | null, string | null]>([
    ["nothing", undefined, undefined, "vite", "Detected Vite"],
    ["the setting", undefined, "astro", "astro", "Framework: Astro (set for the project)"],
    ["the setting that there is none", undefined, null, null, null],
    ["vercel.json over the setting", "gatsby", "astro", "gatsby", "Framework: Gatsby.js (vercel.json)"],
    ["vercel.json that there is none", null, "astro", null, "Framework: none (vercel.json)"],
    ["an old setting that is not known", undefined, "gone", "vite", "Detected Vite"],
  ])("%s", async (_what, inVercelJson, inSettings, slug, said) => {
    const folder = folderOf({ "package.json": uses("vite") });
    const chosen = await chooseFramework(folder, inVercelJson, inSettings);
    expect([chosen.framework?.slug ?? null, chosen.said]).toEqual([slug, said]);
    expect(chosen.warning).toEqual(inSettings === "gone" ? expect.stringContaining('"gone"') : undefined);
  });

  it("and one in vercel.json that there is not fails the build", async () => {
    await expect(chooseFramework(folderOf({}), "vit", undefined)).rejects.toThrow('no framework "vit"');
  });
});

describe("the build command is", () => {
  const both = { "vercel-build": "x", build: "y" };
  it.each<[string, string | null, string | null | undefined, Record<string, string>, string | null, unknown]>(
    [
      ["that of the settings", "mine", undefined, both, "vite", { command: "mine", isDefault: false }],
      [
        "that of vercel.json, over the settings",
        "mine",
        "other",
        both,
        "vite",
        { command: "other", isDefault: false },
      ],
      ["the script vercel-build", null, null, both, "vite", { script: "vercel-build" }],
      ["the script build", null, undefined, { build: "y" }, "vite", { script: "build" }],
      ["that of the framework", null, undefined, {}, "vite", { command: "vite build", isDefault: true }],
      [
        "Storybook's own",
        null,
        undefined,
        both,
        "storybook",
        { command: "storybook build", isDefault: true },
      ],
      ["none by an empty setting", "", undefined, both, "vite", null],
      ["none by an empty command in vercel.json", "mine", "", both, "vite", null],
      ["none without a framework", null, undefined, {}, null, null],
      ["none for an app", null, undefined, {}, "hono", null],
    ],
  )("%s", (_what, setting, buildCommand, scripts, slug, expected) => {
    const vercelJson = { buildCommand };
    expect(chooseBuildCommand({ setting, vercelJson, scripts, framework: named(slug) })).toEqual(expected);
  });
});

it("pages are told of the deployment by the prefix of their framework, and of nothing secret", () => {
  const given = {
    VERCEL: "1",
    VERCEL_ENV: "preview",
    VERCEL_URL: "one.localhost",
    VERCEL_GIT_COMMIT_SHA: "abc",
    VERCEL_AUTOMATION_BYPASS_SECRET: "secret",
    VITE_VERCEL_URL: "my own",
    TOKEN: "secret",
  };
  expect(prefixedVariables("VITE_", given)).toEqual({
    VITE_VERCEL_ENV: "preview",
    VITE_VERCEL_GIT_COMMIT_SHA: "abc",
  });
  expect(prefixedVariables(undefined, given)).toEqual({});
});

describe("a start script is a development server", () => {
  it.each<[boolean, string]>([
    [true, "react-scripts start"],
    [true, "ng serve --open"],
    [true, "docusaurus start"],
    [true, "gatsby develop"],
    [true, "astro dev --host"],
    [true, "ember serve"],
    [true, "storybook dev -p 6006"],
    [true, "vite"],
    [true, "vite --port 3000"],
    [true, "npx vite dev"],
    [true, "NODE_ENV=development next dev"],
    [true, "node_modules/.bin/nuxt dev"],
    [true, "eleventy --serve"],
    [true, "npx @11ty/eleventy --serve --watch"],
    [true, "parcel src/index.html"],
    [true, "tsc && vue-cli-service serve"],
    [true, "npm run dev"],
    [true, "yarn dev"],
    [false, "node server.js"],
    [false, "next start"],
    [false, "next build && next start"],
    [false, "vite preview"],
    [false, "parcel build src/index.html && node server.js"],
    [false, "docusaurus serve"],
    [false, "remix-serve build/server/index.js"],
    [false, "npm run serve"],
    [false, "npm run start"],
    [false, "tsx src/index.ts"],
  ])("%s: %s", (expected, start) => {
    const scripts = { start, dev: "astro dev", serve: "node dist/server.js" };
    expect(isDevelopmentServer(start, scripts, list)).toBe(expected);
  });
});

describe("what is built is served", () => {
  const page = { "index.html": "x" };
  const below = (folder: string, files: Files = page): Files =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
  const node = (...args: string[]) => ({ kind: "node", args, cwd: "." });
  const files = (folder: string) => ({ kind: "static", folder, cwd: "." });
  const program = (command: string) => ({
    kind: "shell",
    command: expect.stringContaining(command),
    cwd: ".",
  });

  const find = async (
    slug: string | null,
    has: Files,
    start?: string,
    outputDirectory: string | null = null,
  ) => {
    const cwd = folderOf(has);
    const scripts = start === undefined ? {} : { start };
    return findOutput({
      source: cwd,
      cwd,
      pack: { scripts },
      outputDirectory,
      framework: named(slug),
      startsForDevelopment: start !== undefined && isDevelopmentServer(start, scripts, list),
    });
  };

  it.each<[string, string | null, Files, string | undefined, unknown]>([
    ["Vite", "vite", { ...page, ...below("dist") }, undefined, files("dist")],
    [
      "Create React App",
      "create-react-app",
      { ...below("public"), ...below("build") },
      "react-scripts start",
      files("build"),
    ],
    ["Angular", "angular", below("dist/shop/browser"), "ng serve", files("dist/shop/browser")],
    ["Angular of old", "angular", below("dist/shop"), "ng serve", files("dist/shop")],
    [
      "Docusaurus",
      "docusaurus-2",
      { ...below("build"), "build/docs/a.html": "" },
      "docusaurus start",
      files("build"),
    ],
    ["Eleventy", "eleventy", below("_site"), undefined, files("_site")],
    ["VitePress", "vitepress", below("docs/.vitepress/dist"), undefined, files("docs/.vitepress/dist")],
    ["Gatsby", "gatsby", below("public"), "gatsby develop", files("public")],
    [
      "Hugo elsewhere",
      "hugo",
      { "config.yaml": "publishDir: site", ...below("site") },
      undefined,
      files("site"),
    ],
    ["Astro", "astro", below("dist"), "astro dev", files("dist")],
    [
      "Astro with a server",
      "astro",
      { ...below("dist/client"), "dist/server/entry.mjs": "" },
      "astro dev",
      node("dist/server/entry.mjs"),
    ],
    [
      "a site whose pages win over a server of its own",
      "vite",
      below("dist"),
      "node server.js",
      files("dist"),
    ],
    [
      "a server built with Vite",
      "vite",
      { "dist/index.js": "" },
      "node dist/index.js",
      node("dist/index.js"),
    ],
    [
      "a site beside functions",
      "vite",
      { ...below("dist"), "api/hi.js": "" },
      undefined,
      { kind: "functions", table: "api", publicFolder: "dist", cwd: "." },
    ],
    [
      "Build Output",
      "vite",
      { ...below("dist"), ".vercel/output/config.json": "{}" },
      "vite",
      { kind: "prebuilt", folder: ".vercel/output", cwd: "." },
    ],
    ["Next.js by its script", "nextjs", { ".next/BUILD_ID": "" }, "next start", program("next start")],
    [
      "Next.js without one",
      "nextjs",
      { ".next/BUILD_ID": "", "node_modules/.bin/next": "" },
      undefined,
      program("next start"),
    ],
    [
      "Next.js whose script is for development",
      "nextjs",
      { ".next/BUILD_ID": "", "node_modules/.bin/next": "" },
      "next dev",
      program("; next start"),
    ],
    ["Next.js exported", "nextjs", { ".next/BUILD_ID": "", ...below("out") }, "next start", files("out")],
    [
      "React Router",
      "react-router",
      { ...below("build/client"), "build/server/index.js": "", "node_modules/.bin/react-router-serve": "" },
      undefined,
      program("react-router-serve build/server/index.js"),
    ],
    [
      "React Router without a server",
      "react-router",
      below("build/client"),
      undefined,
      files("build/client"),
    ],
    [
      "Nuxt",
      "nuxtjs",
      { ".output/server/index.mjs": "", ...below(".output/public") },
      "nuxt dev",
      node(".output/server/index.mjs"),
    ],
    ["Nuxt, generated", "nuxtjs", below(".output/public"), undefined, files(".output/public")],
    [
      "SvelteKit on Node",
      "sveltekit-1",
      { "build/index.js": "", "build/handler.js": "" },
      undefined,
      node("build/index.js"),
    ],
    ["SvelteKit, all static", "sveltekit-1", below("build"), undefined, files("build")],
    ["NestJS", "nestjs", { "dist/main.js": "" }, "nest start", node("dist/main.js")],
    [
      "NestJS by a script of its own",
      "nestjs",
      { "dist/main.js": "" },
      "node --enable-source-maps dist/main.js",
      node("--enable-source-maps", "dist/main.js"),
    ],
    [
      "Hono",
      "hono",
      { "src/index.ts": 'import { Hono } from "hono";' },
      undefined,
      { kind: "module", file: "src/index.ts", publicFolder: null, cwd: "." },
    ],
    ["no framework by its script", null, below("dist"), "node server.js", node("server.js")],
    ["no framework by its files", null, below("build"), "webpack serve", files("build")],
  ])("%s", async (_what, slug, has, start, expected) => {
    expect((await find(slug, has, start)).output).toEqual(expected);
  });

  it("from the output directory that was named, and for a server that is no site, by its program", async () => {
    expect((await find("vite", { ...below("dist"), ...below("site") }, "vite", "site")).output).toEqual(
      files("site"),
    );
    expect((await find("nextjs", { ".next/BUILD_ID": "" }, "next start", ".next")).output).toEqual(
      program("next start"),
    );
  });

  it.each<[string, string, Files, string | undefined, string]>([
    ["a site that was not built", "vite", page, "vite", 'no output directory named "dist"'],
    [
      "a site with only a development server",
      "angular",
      {},
      "ng serve",
      '"ng serve" is a development server',
    ],
    [
      "Next.js that is not installed",
      "nextjs",
      { ".next/BUILD_ID": "" },
      "next dev",
      '"start": "next start"',
    ],
    ["SvelteKit without an adapter", "sveltekit-1", { "src/app.html": "" }, undefined, "adapters"],
    ["another language", "flask", { "app.py": "" }, undefined, "this cloud runs Node"],
    ["a folder that leads out", "hugo", { "config.yaml": "publishDir: ../.." }, undefined, "leads out"],
    ["a configuration that is none", "hugo", { "config.json": "{" }, undefined, "cannot be read"],
  ])("but not %s: the build fails and says why", async (_what, slug, has, start, reason) => {
    await expect(find(slug, has, start)).rejects.toThrow(reason);
  });

  it("with the routes that its framework has for a site, and only then", async () => {
    const all = [{ handle: "filesystem" }, { src: "/(.*)", dest: "/index.html" }];
    expect((await find("angular", below("dist/shop/browser"))).defaultRoutes).toEqual(all);
    expect((await find("react-router", below("build/client"))).defaultRoutes).toEqual(all);
    expect((await find("nextjs", { ".next/BUILD_ID": "", ...below("out") })).defaultRoutes).toBeNull();
    expect((await find("vite", below("dist"))).defaultRoutes).toBeNull();
    expect((await find("gatsby", below("public"))).defaultRoutes).toContainEqual({ handle: "filesystem" });
    expect((await find("hono", { "index.js": 'import { Hono } from "hono";' })).defaultRoutes).toBeNull();
    expect((await find(null, below("dist"))).defaultRoutes).toBeNull();
  });

  it("and a start script that it passes over is told", async () => {
    expect((await find("vite", below("dist"), "node server.js")).warning).toContain('"framework": null');
    expect((await find("vite", below("dist"), "vite")).warning).toBeUndefined();
  });
});

it("every framework of the list that the platform runs something for has a rule", () => {
  const without = list.filter(
    (one) => one.slug !== null && one.useRuntime && ruleOf(one).serving === "files",
  );
  expect(without.map(({ slug }) => slug)).toEqual([]);
});
