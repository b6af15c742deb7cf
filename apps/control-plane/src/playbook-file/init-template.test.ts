import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detectService } from "./detect-service.js";
import { type InitAnswers, initTemplate } from "./init-template.js";
import { readPlaybook } from "./read.js";

const load = (answers: InitAnswers) =>
  readPlaybook({
    path: "/shop/playbook.yaml",
    text: initTemplate(answers),
    env: { VERCEL_TOKEN: "tok_123456" },
  });

describe("the playbook that atoms init writes", () => {
  it("is right as it stands, and says what was answered", () => {
    const { settings, sourceFolder, notConfigured } = load({
      name: "shop",
      kind: "http",
      platform: "local",
      source: "app",
      health: "/health",
      healthHasWord: true,
      tests: "npm test",
      branch: "trunk",
    });
    expect(sourceFolder).toBe("/shop/app");
    expect(notConfigured).toEqual([]);
    expect(settings).toMatchObject({
      service: { name: "shop", kind: "http", health: "/health" },
      platform: "local",
      preflight: { tests: "npm test", branch: "trunk", git_clean: false },
      standard: { watch: { duration: 30_000 } },
      validation: { performance: { baselines: { "/health": { p95: 200, p99: 500 } } } },
    });
  });

  it("for Vercel watches five minutes and wants everything committed", () => {
    const { settings } = load({
      name: "shop",
      kind: "mcp",
      platform: "vercel",
      mcpPath: "/mcp",
      project: "shop-prod",
    });
    expect(settings).toMatchObject({
      platform: "vercel",
      platforms: { vercel: { token: "tok_123456", project: "shop-prod" } },
      preflight: { git_clean: true },
      standard: { watch: { duration: 300_000 } },
      validation: { smoke: { health: { words: [] }, mcp: { path: "/mcp" } } },
    });
  });

  it("is right whatever was answered", () => {
    const path = fc.stringMatching(/^\/[a-zA-Z0-9/#:{}"'&*!%@`$~._-]{0,20}$/);
    const words = fc
      .string({ minLength: 1, maxLength: 30 })
      .filter((s) => s.trim() !== "" && !/[\p{Cc}]/u.test(s));
    fc.assert(
      fc.property(
        fc.record({
          name: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/),
          kind: fc.constantFrom("http" as const, "mcp" as const),
          platform: fc.constantFrom("local" as const, "vercel" as const),
          source: words,
          health: path,
          healthHasWord: fc.boolean(),
          tests: fc.option(words, { nil: undefined }),
          branch: words,
          project: words,
        }),
        (answers) => {
          const { settings } = load(answers);
          expect(settings.service).toMatchObject({
            name: answers.name,
            source: answers.source,
            health: answers.health,
          });
          expect(settings.preflight.branch).toBe(answers.branch);
          expect(settings.preflight.tests).toBe(answers.tests);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("holds a commented plan that is right once the comment marks are gone", () => {
    const text = initTemplate({ name: "shop", kind: "http", platform: "local" })
      .replace(/^# (deployment_communication|notification_channels| {2})/gm, "$1")
      .replace(/^#$/gm, "");
    const { settings, notConfigured } = readPlaybook({ path: "/shop/playbook.yaml", text, env: {} });
    expect(settings.deployment_communication?.pre_deployment).toHaveLength(1);
    expect(notConfigured.map((n) => n.missing)).toEqual([["SLACK_WEBHOOK_URL"]]);
  });
});

describe("looking at a folder", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "atoms-detect-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const folderOf = async (name: string, files: Record<string, string>) => {
    const folder = path.join(root, name);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    }
    return folder;
  };

  it.each<[string, Record<string, string>, object]>([
    [
      "a Hono service",
      {
        "package.json":
          '{"name":"@team/My Shop","dependencies":{"hono":"4"},"scripts":{"start":"node a.js","test":"node --test"}}',
        "package-lock.json": "{}",
        "src/a.js": 'app.get("/healthz", c => c.json({ status: "ok" })); serve({ port: process.env.PORT })',
        ".git/HEAD": "ref: refs/heads/trunk\n",
      },
      {
        name: "my-shop",
        kind: "http",
        framework: "hono",
        health: "/healthz",
        healthHasWord: true,
        tests: "npm test",
        branch: "trunk",
        notes: [],
      },
    ],
    [
      "an MCP server",
      {
        "package.json": '{"name":"tools","dependencies":{"@modelcontextprotocol/sdk":"1","express":"5"}}',
        "index.mjs": 'import express from "express"; app.post("/mcp", go); app.listen(process.env.PORT)',
      },
      {
        kind: "mcp",
        framework: "express",
        mcpPath: "/mcp",
        health: undefined,
        notes: [expect.stringContaining("no lockfile")],
      },
    ],
    [
      "plain Node",
      {
        "package.json":
          '{"scripts":{"start":"node s.js","test":"echo \\"Error: no test specified\\" && exit 1"}}',
        "s.js": "http.createServer(f).listen(8080)",
      },
      { name: "plain-node", framework: "node", tests: undefined, notes: [expect.stringContaining("PORT")] },
    ],
    ["a static site", { "public/index.html": "<p>hi" }, { framework: "static", health: undefined }],
    [
      "nothing to start",
      { "README.md": "# hi", "package.json": "{ not json" },
      { framework: "unknown", notes: [expect.stringContaining("start script")] },
    ],
    [
      "tests do not count as sources",
      { "a.js": "import x from 'fastify'", "a.test.js": '"/health"', "node_modules/m/index.js": '"/health"' },
      { framework: "fastify", health: undefined },
    ],
  ])("%s", async (name, files, expected) => {
    expect(
      await detectService(
        await folderOf(name.replaceAll(" ", "-").replace("plain-Node", "Plain Node"), files),
      ),
    ).toMatchObject(expected);
  });

  it.each(["hono-shop", "express-notes"])("examples/%s is ready to ship", async (name) => {
    const found = await detectService(
      fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url)),
    );
    expect(found).toMatchObject({ name, kind: "http", health: "/health", healthHasWord: true, notes: [] });
    expect(load({ ...found, platform: "local" }).settings.service.name).toBe(name);
  });
});
