import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Files that are part of the repository, or about to be: all that git does not ignore. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));

describe("decision records", () => {
  const names = readdirSync(join(root, "docs/decisions")).sort();
  const records = names.filter((name) => !["README.md", "template.md"].includes(name));
  const index = read("docs/decisions/README.md");

  it("are numbered without a gap", () => {
    expect(records.length).toBeGreaterThan(0);
    expect(records.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1])).toEqual(
      records.map((_, i) => String(i + 1).padStart(4, "0")),
    );
  });

  it("are linked from the index, each with its status", () => {
    for (const name of records) expect(index).toContain(`| [${name.slice(0, 4)}](${name}) |`);
  });

  it.each(records)("%s has its number in the title, a date, a status and the four parts", (name) => {
    const text = read(`docs/decisions/${name}`);
    expect(text).toMatch(new RegExp(`^# ${name.slice(0, 4)}: \\S`));
    expect(text).toMatch(/^Date: \d{4}-\d\d-\d\d · Status: (proposed|accepted|replaced by \d{4})$/m);
    expect(text.match(/^## .+$/gm)).toEqual(["## Context", "## Decision", "## Consequences"]);
  });
});

describe("documents", () => {
  const pages = files.filter((path) => path.endsWith(".md"));

  it.each(pages)("the links of %s lead somewhere", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
    const local = links
      .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
      .map((link) => link.replace(/#.*$/, ""));
    expect(local.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  it("the README tells of every command, and of no other", async () => {
    const { commands } = await import("../apps/cli/src/commands/index.js");
    const table = /## Commands\n([\s\S]*?)\n## /.exec(read("README.md"))?.[1] ?? "";
    const told = [...table.matchAll(/^\| (`atoms .*?) \|/gm)].flatMap((row) =>
      [...(row[1] ?? "").matchAll(/`atoms ([a-z]+)/g)].map((match) => match[1]),
    );
    expect(told.sort()).toEqual(commands.map((command) => command.name).sort());
  }, 300_000);

  it("the README has every exit code and every chapter", async () => {
    const { exitCodes, chapters } = await import("@atoms/playbook");
    const page = read("README.md");
    for (const [ending, code] of Object.entries(exitCodes)) {
      expect(page).toMatch(new RegExp(`^\\| ${code} \\| ${ending}\\b`, "m"));
    }
    for (const { folder } of chapters) expect(page).toContain(`(playbook/src/${folder}/README.md)`);
  }, 300_000);
});

describe("the repository", () => {
  it("stands on its own: no file names a place outside of it", () => {
    const outside = [`/${"work"}/`, `..${"/shared"}`];
    const naming = files.filter((path) => {
      const bytes = readFileSync(join(root, path));
      return !bytes.includes(0) && outside.some((place) => bytes.includes(place));
    });
    expect(naming).toEqual([]);
  });

  it("has no source file of more than 400 lines", () => {
    const sources = files.filter(
      (path) => /\/src\/.*\.tsx?$/.test(path) && !/\.(?:test|contract)\.ts$/.test(path),
    );
    expect(sources.filter((path) => read(path).trimEnd().split("\n").length > 400)).toEqual([]);
  });
});

describe("atoms --help", () => {
  it("loads only what it needs, so that it is quick", () => {
    const tell = `export async function load(url, context, next) {
      process._rawDebug("loaded " + url);
      return next(url, context);
    }`;
    const hook = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(tell)}`)});`;
    const { output } = runNode([
      "--import",
      `data:text/javascript,${encodeURIComponent(hook)}`,
      join(root, "apps/cli/bin/atoms.js"),
      "--help",
    ]);
    const packages = [...output.matchAll(/^loaded file:.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(
      (m) => m[1],
    );
    expect(output).toContain("Usage: atoms");
    expect([...new Set(packages)].sort()).toEqual(["commander", "picocolors"]);
    expect(output).not.toMatch(/^loaded file:.*\/(?:packages|control-plane)\//m);
  });
});

function runNode(args: string[]): { output: string } {
  return {
    output: execFileSync("sh", ["-c", '"$@" 2>&1', "sh", process.execPath, ...args], { encoding: "utf8" }),
  };
}
