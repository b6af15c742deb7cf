import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";

/** What a folder looks like to somebody who is about to ship it. */
export type DetectedService = {
  /** From package.json or the folder's name, in the form a playbook wants. */
  name: string;
  kind: "http" | "mcp";
  /** What it is written with, as far as that can be seen. */
  framework: "hono" | "express" | "fastify" | "node" | "static" | "unknown";
  /** A path found in its sources that says how the service is; undefined when there is none. */
  health: string | undefined;
  /** Whether the sources answer there with a word such as "healthy", and not with the status alone. */
  healthHasWord: boolean;
  /** The MCP endpoint found in the sources. */
  mcpPath: string | undefined;
  /** `npm test`, when package.json has tests. */
  tests: string | undefined;
  /** Branch that is checked out, when the folder is in a git repository. */
  branch: string | undefined;
  /** What stands in the way of a release, in full sentences. */
  notes: string[];
};

type PackageJson = {
  name?: unknown;
  scripts?: Record<string, unknown>;
  dependencies?: Record<string, unknown>;
};

const healthPaths = [
  "/health",
  "/healthz",
  "/api/health",
  "/healthcheck",
  "/livez",
  "/readyz",
  "/status",
  "/up",
  "/ping",
];
const mcpPackages = [
  "@modelcontextprotocol/sdk",
  "@modelcontextprotocol/server",
  "@hono/mcp",
  "mcp-handler",
  "fastmcp",
];
const sourceFile = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const notSource = /^(?:node_modules|dist|build|out|coverage|tests?|__tests__|\..*)$|[.](?:test|spec)[.]/;
const most = { files: 300, bytes: 300_000, depth: 5 };

/**
 * Looks at a folder: its package.json, its sources and its repository. Runs nothing.
 * @throws When the folder can't be read.
 */
export async function detectService(folder: string): Promise<DetectedService> {
  const pack = await packageOf(folder);
  const sources = await sourcesOf(folder);
  const uses = (name: string) =>
    Object.hasOwn(pack?.dependencies ?? {}, name) || sources.some((text) => importsOf(text).includes(name));
  const text = sources.join("\n");
  const found = healthPaths.find((candidate) => quotes(text, candidate));
  const framework = frameworkOf(folder, pack, uses, text);
  const start = pack?.scripts?.["start"];
  const notes: string[] = [];
  if (framework === "unknown")
    notes.push(
      "Nothing was found that can be started: add a start script to package.json that listens on PORT.",
    );
  if (Object.keys(pack?.dependencies ?? {}).length > 0 && !hasLockfile(folder))
    notes.push(
      "There is no lockfile: run `npm install --package-lock-only`, so that what was tested is what is shipped.",
    );
  if (typeof start === "string" && !/PORT/.test(text) && framework !== "static")
    notes.push("The sources do not mention PORT: the platform tells the service its port in that variable.");
  return {
    name: serviceName(pack?.name, folder),
    kind: mcpPackages.some(uses) ? "mcp" : "http",
    framework,
    health: found,
    healthHasWord: /["'`]?status["'`]?\s*:\s*["'`](?:healthy|ok|pass|up)["'`]/i.test(text),
    mcpPath: ["/api/mcp", "/mcp"].find((candidate) => quotes(text, candidate)),
    tests: hasTests(pack) ? "npm test" : undefined,
    branch: await branchOf(folder),
    notes,
  };
}

function frameworkOf(
  folder: string,
  pack: PackageJson | undefined,
  uses: (name: string) => boolean,
  text: string,
): DetectedService["framework"] {
  for (const name of ["hono", "express", "fastify"] as const) if (uses(name)) return name;
  if (typeof pack?.scripts?.["start"] === "string" || /\.listen\s*\(|createServer\s*\(/.test(text))
    return "node";
  const pages = ["index.html", "public/index.html", "dist/index.html", "build/index.html"];
  return pages.some((page) => existsSync(path.join(folder, page))) ? "static" : "unknown";
}

const quotes = (text: string, route: string) =>
  ["'", '"', "`"].some((mark) => text.includes(mark + route + mark));

const importsOf = (text: string) =>
  [
    ...text.matchAll(/(?:from\s*|import\s*\(?\s*|require\s*\(\s*)["'](@[^"'/]+\/[^"'/]+|[^"'./][^"'/]*)/g),
  ].map((m) => m[1]);

const hasLockfile = (folder: string) =>
  ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"].some(
    (name) => existsSync(path.join(folder, name)),
  );

function hasTests(pack: PackageJson | undefined): boolean {
  const script = pack?.scripts?.["test"];
  return typeof script === "string" && !script.includes("no test specified");
}

function serviceName(named: unknown, folder: string): string {
  const raw =
    typeof named === "string" && named !== ""
      ? named.replace(/^@[^/]*\//, "")
      : path.basename(path.resolve(folder));
  const name = raw
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 52)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "service" : name;
}

async function packageOf(folder: string): Promise<PackageJson | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    return typeof value === "object" && value !== null ? (value as PackageJson) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function sourcesOf(folder: string): Promise<string[]> {
  const texts: string[] = [];
  const visit = async (place: string, depth: number): Promise<void> => {
    const entries = await readdir(place, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
      if (texts.length >= most.files || notSource.test(entry.name)) continue;
      const file = path.join(place, entry.name);
      if (entry.isDirectory() && depth < most.depth) await visit(file, depth + 1);
      else if (entry.isFile() && sourceFile.test(entry.name) && (await stat(file)).size <= most.bytes)
        texts.push(await readFile(file, "utf8"));
    }
  };
  await visit(folder, 0);
  return texts;
}

/** Reads the branch from the repository's own file, so that no git is needed. */
async function branchOf(folder: string): Promise<string | undefined> {
  for (let place = path.resolve(folder); ; place = path.dirname(place)) {
    const head = await readFile(path.join(place, ".git", "HEAD"), "utf8").catch(() => undefined);
    if (head !== undefined) return /^ref: refs\/heads\/(\S+)/.exec(head)?.[1];
    if (path.dirname(place) === place) return undefined;
  }
}
