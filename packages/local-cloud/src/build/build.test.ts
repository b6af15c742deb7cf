import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tar from "tar";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, processesNaming, saying } from "../testing/cloud-under-test.js";
import { pathOf } from "./find-functions.js";

let t: CloudUnderTest;
let temporary: string;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { filesPerDeployment: 50, sourceBytes: 1_000_000 } });
  temporary = await mkdtemp(join(tmpdir(), "local-cloud-build-"));
});
afterAll(async () => {
  await t.end();
  await rm(temporary, { recursive: true, force: true });
});

describe("functions", () => {
  it.each([
    ["hello.js", "^/api/hello/?$", []],
    ["index.ts", "^/api/?$", []],
    ["user/[id].js", "^/api/user/([^/]+)/?$", ["id"]],
    ["files/[...path].js", "^/api/files/(.+)/?$", ["path"]],
    ["a.b.js", "^/api/a\\.b/?$", []],
  ])("%s answers %s", (name, pattern, names) => {
    expect(pathOf(name)).toEqual({ pattern, names });
  });

  it("of every style are served by their paths, beside files", async () => {
    const one = await t.deploy("functions", {
      "package.json": JSON.stringify({ type: "module" }),
      "api/hello.js":
        "export default (request, response) => response.status(201).json({ query: request.query, body: request.body });",
      "api/web.ts":
        'import { word } from "../lib/word.js"; export function GET(request: Request) { return new Response(word + new URL(request.url).search); }',
      "api/user/[id].js": "export default (request, response) => response.send(request.query.id);",
      "api/_hidden.js": "export default () => {};",
      "lib/word.ts": 'export const word: string = "typed";',
      "index.html": "<p>home</p>",
    });
    expect([one.readyState, one.errorMessage]).toEqual(["READY", undefined]);
    const post = await t.visit(one.url, "/api/hello?a=1&a=2", {
      method: "POST",
      body: '{"x":1}',
      headers: { "content-type": "application/json" },
    });
    expect([post.status, JSON.parse(post.body)]).toEqual([201, { query: { a: ["1", "2"] }, body: { x: 1 } }]);
    expect((await t.visit(one.url, "/api/web?q")).body).toBe("typed?q");
    expect((await t.visit(one.url, "/api/web.ts?q")).body).toBe("typed?q");
    expect((await t.visit(one.url, "/api/web", { method: "POST" })).status).toBe(405);
    expect((await t.visit(one.url, "/api/user/a%20b")).body).toBe("a b");
    expect((await t.visit(one.url, "/")).body).toBe("<p>home</p>");
    for (const path of ["/api/_hidden", "/api/none", "/package.json", "/.atoms-cloud/functions.json"]) {
      expect([path, (await t.visit(one.url, path)).status]).toEqual([path, 404]);
    }
  });
});

describe("finished Build Output", () => {
  const files = {
    ".vercel/output/config.json": JSON.stringify({
      version: 3,
      routes: [
        { src: "/old", status: 308, headers: { location: "/new" } },
        { src: "/(.*)", headers: { "x-all": "yes" }, continue: true },
        { handle: "filesystem" },
        { src: "/users/(?<id>[^/]+)", dest: "/user?id=$id" },
      ],
    }),
    ".vercel/output/static/index.html": "static home",
    ".vercel/output/functions/user.func/.vc-config.json": JSON.stringify({
      runtime: "nodejs20.x",
      handler: "index.mjs",
      launcherType: "Nodejs",
    }),
    ".vercel/output/functions/user.func/index.mjs":
      "export default (request, response) => response.end('user ' + new URL(request.url, 'http://x').searchParams.get('id'));",
  };

  it("is served by its routes, files and functions", async () => {
    const entries = Object.entries(files).map(([file, data]) => ({ file, data }));
    const created = await t.api("POST", "/v13/deployments?prebuilt=1", { name: "prebuilt", files: entries });
    const one = await t.built(created.body.id);
    expect(one.readyState).toBe("READY");
    expect(await t.visit(one.url)).toMatchObject({
      status: 200,
      body: "static home",
      headers: { "x-all": "yes" },
    });
    expect((await t.visit(one.url, "/users/7")).body).toBe("user 7");
    expect(await t.visit(one.url, "/old")).toMatchObject({ status: 308, headers: { location: "/new" } });
    expect((await t.visit(one.url, "/none")).status).toBe(404);
  });

  it("is missed when it is not there", async () => {
    const created = await t.api("POST", "/v13/deployments?prebuilt=1", {
      name: "prebuilt",
      files: [{ file: "a", data: "a" }],
    });
    expect((await t.built(created.body.id)).errorMessage).toContain(".vercel/output/config.json");
  });
});

describe("an archive", () => {
  const send = async (archive: Buffer, parts = 2) => {
    const size = Math.ceil(archive.length / parts);
    const files = Array.from({ length: parts }, (_, i) => ({
      file: `.vercel/source.tgz.part${i + 1}`,
      data: archive.subarray(i * size, (i + 1) * size).toString("base64"),
      encoding: "base64",
    }));
    const created = await t.api("POST", "/v13/deployments", { name: "archive", files });
    return t.built(created.body.id);
  };
  const pack = async (entries: Record<string, string>) => {
    const folder = await mkdtemp(join(temporary, "pack-"));
    for (const [name, text] of Object.entries(entries)) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    await tar.create({ file: join(folder, "..", "x.tgz"), gzip: true, cwd: folder }, await readdir(folder));
    return readFileSync(join(folder, "..", "x.tgz"));
  };
  /** An archive of one entry, made by hand to hold what no packer would write. */
  const entry = (path: string, type: "File" | "SymbolicLink" | "Link" | "CharacterDevice", linkpath = "") => {
    const header = new tar.Header({ path, type, linkpath, size: 0, mode: 0o644, mtime: new Date(0) });
    const block = Buffer.alloc(512 * 3);
    header.encode(block, 0);
    return block;
  };

  it("in several parts is joined, unpacked and built", async () => {
    const one = await send(await pack(saying("from an archive")), 3);
    expect([one.readyState, one.errorMessage]).toEqual(["READY", undefined]);
    expect((await t.visit(one.url)).body).toBe("from an archive");
  });

  it.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ["a path out of the folder", () => entry("../../outside", "File"), "leads out"],
    ["an absolute path", () => entry("/tmp/outside", "File"), "not relative"],
    ["a link out of the folder", () => entry("link", "SymbolicLink", "../../../../etc"), "leads out"],
    ["an absolute link", () => entry("link", "SymbolicLink", "/etc/passwd"), "leads out"],
    ["a hard link out of the folder", () => entry("link", "Link", "../../../../etc/passwd"), "leads out"],
    ["a device", () => entry("device", "CharacterDevice"), "not a file, folder or link"],
    ["no archive at all", () => Buffer.from("this is not an archive"), "cannot be unpacked"],
    [
      "too many files",
      () => pack(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, ""]))),
      "more than 50 files",
    ],
    ["more than fits", () => pack({ big: "0".repeat(2_000_000) }), "unpacks to more than"],
  ])("is refused for %s, and nothing of it is written", async (_what, make, message) => {
    const one = await send(await make());
    expect([one.readyState, one.errorStep]).toEqual(["ERROR", "source"]);
    expect(one.errorMessage).toContain(message);
    const left = await readdir(join(t.folder, "deployments", one.id, "source"), { recursive: true });
    expect(left).toEqual([".vercel"]);
  });
});

describe("too many files", () => {
  it("are refused before they are stored", async () => {
    const files = Array.from({ length: 51 }, (_, i) => ({ file: `f${i}`, data: "" }));
    const answer = await t.api("POST", "/v13/deployments", { name: "many", files });
    expect([answer.status, answer.body.error.code]).toEqual([400, "too_many_files"]);
  });
});

describe("dependencies", () => {
  let registry: Server;
  let downloads = 0;
  beforeAll(async () => {
    const folder = join(temporary, "dep", "package");
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ name: "local-cloud-dep", version: "1.0.0", main: "index.js" }),
    );
    await writeFile(join(folder, "index.js"), 'module.exports = "from the dependency";');
    const file = join(temporary, "dep.tgz");
    await tar.create({ file, gzip: true, cwd: join(temporary, "dep") }, ["package"]);
    const bytes = readFileSync(file);
    registry = createServer((request, response) => {
      downloads++;
      if (request.url !== "/dep.tgz") response.statusCode = 404;
      response.end(bytes);
    });
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
    process.env["npm_config_cache"] = join(temporary, "npm-cache");
  });
  afterAll(async () => {
    delete process.env["npm_config_cache"];
    await new Promise((resolve) => registry.close(resolve));
  });
  afterEach(() => {
    downloads = 0;
  });

  const service = () => {
    const address = registry.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const integrity = `sha512-${createHash("sha512")
      .update(readFileSync(join(temporary, "dep.tgz")))
      .digest("base64")}`;
    const resolved = `http://127.0.0.1:${port}/dep.tgz`;
    const pack = {
      name: "with-dep",
      version: "1.0.0",
      dependencies: { "local-cloud-dep": "1.0.0" },
      scripts: { start: "node index.js" },
    };
    return {
      "package.json": JSON.stringify(pack),
      "package-lock.json": JSON.stringify({
        name: "with-dep",
        version: "1.0.0",
        lockfileVersion: 3,
        packages: { "": pack, "node_modules/local-cloud-dep": { version: "1.0.0", resolved, integrity } },
      }),
      "index.js":
        'require("node:http").createServer((q, s) => s.end(require("local-cloud-dep"))).listen(process.env.PORT);',
    };
  };

  it("of a lockfile are installed once, and used again by later deployments", async () => {
    const first = await t.deploy("deps", service());
    expect([first.readyState, first.errorMessage]).toEqual(["READY", undefined]);
    expect((await t.visit(first.url)).body).toBe("from the dependency");
    expect(downloads).toBe(1);
    const second = await t.deploy("deps", { ...service(), "more.txt": "x" });
    expect((await t.visit(second.url)).body).toBe("from the dependency");
    expect(downloads).toBe(1);
    const events = await t.api("GET", `/v3/deployments/${second.id}/events`);
    expect(JSON.stringify(events.body)).toContain("used again");
  });

  it("that cannot be had fail the build with npm's own words", async () => {
    const broken = service();
    broken["package-lock.json"] = broken["package-lock.json"]
      .replace("/dep.tgz", "/missing.tgz")
      .replace(/sha512-[^"]+/, `sha512-${"A".repeat(86)}==`);
    const one = await t.deploy("deps", broken);
    expect([one.readyState, one.errorStep]).toEqual(["ERROR", "install"]);
    const events = await t.api("GET", `/v3/deployments/${one.id}/events`);
    expect(JSON.stringify(events.body)).toContain("E404");
  });
});

it("a build is over although it left something behind that holds its output open", async () => {
  const mark = `left-${process.pid}`;
  const build = `env -i PATH="$PATH" setsid node -e 'setInterval(() => {}, 1000)' ${mark} & echo built`;
  const one = await t.deploy("leaves", {
    "package.json": JSON.stringify({ scripts: { build } }),
    "index.html": "here",
  });
  try {
    expect([one.readyState, (await t.visit(one.url)).body]).toEqual(["READY", "here"]);
  } finally {
    for (const pid of processesNaming(mark)) process.kill(pid, "SIGKILL");
  }
});

it.each([
  [
    "an output directory outside",
    { "vercel.json": '{"outputDirectory":"../../../../../../etc"}' },
    "leads out",
  ],
  ["a main file outside", { "package.json": '{"main":"../../../../../../etc/hostname"}' }, "leads out"],
  [
    "Build Output whose config is no JSON",
    { ".vercel/output/config.json": "{" },
    "config.json cannot be used",
  ],
  ["Build Output of another version", { ".vercel/output/config.json": '{"version":2}' }, "version"],
  [
    "Build Output with a route that is no pattern",
    { ".vercel/output/config.json": '{"version":3,"routes":[{"src":"("}]}' },
    "is not a regular expression",
  ],
])("%s fails the build, and says why", async (_what, files, reason) => {
  const one = await t.deploy("unfit", files as unknown as Record<string, string>);
  expect([one.readyState, one.errorMessage]).toEqual(["ERROR", expect.stringContaining(reason)]);
});
