import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { stopMs: 300 } });
});
afterAll(() => t.end());

const config = (more: Record<string, unknown> = {}) =>
  JSON.stringify({ runtime: "nodejs24.x", handler: "index.mjs", launcherType: "Nodejs", ...more });
const prebuilt = async (files: Record<string, string>) => {
  const entries = Object.entries(files).map(([file, data]) => ({ file, data }));
  const { body } = await t.api("POST", "/v13/deployments?prebuilt=1", { name: "built", files: entries });
  return t.built(body.id);
};

/** As `vercel build` lays out a framework's pages, functions in `api` and a middleware. */
const OUTPUT = {
  "shared/words.mjs": 'export const word = "shared";',
  ".vercel/output/config.json": JSON.stringify({
    version: 3,
    routes: [
      { src: "^(?:/(.+))/$", headers: { Location: "/$1" }, status: 308, continue: true },
      { src: "^/users/.*$", middlewarePath: "middleware", continue: true },
      { src: "/gone", status: 410 },
      { handle: "filesystem" },
      { src: "^/users(?:/(.*))$", dest: "/api", check: true },
      { src: "^/api(/.*)?$", status: 404 },
      { handle: "rewrite" },
      { src: "^/post/(?<nxtPid>[^/]+?)$", dest: "/post/[id]?nxtPid=$nxtPid" },
      { handle: "resource" },
      { src: "/assets/.*", status: 404 },
      { handle: "miss" },
      { src: "^/api/(.+)\\.js$", dest: "/api/$1", check: true },
      { handle: "hit" },
      { src: "/(.*)", headers: { "x-hit": "/$1" }, continue: true },
      { handle: "error" },
      { src: "/.*", dest: "/404.html", status: 404 },
      { src: "/.*", dest: "/gone.html", status: 410 },
    ],
  }),
  ".vercel/output/static/404.html": "own 404",
  ".vercel/output/static/gone.html": "own 410",
  ".vercel/output/functions/api/index.func/.vc-config.json": config({
    filePathMap: { "lib/words.mjs": "shared/words.mjs" },
  }),
  ".vercel/output/functions/api/index.func/index.mjs": `import { word } from "./lib/words.mjs";
export default (request, response) => {
  let body = "";
  request.on("data", (part) => { body += part; });
  request.on("end", () => response.end([word, request.url, request.headers["x-user"], body].join(" ")));
};`,
  ".vercel/output/functions/api/old.func/.vc-config.json": config({ shouldAddHelpers: true }),
  ".vercel/output/functions/api/old.func/index.mjs":
    "export default (request, response) => response.json({ query: request.query, body: request.body });",
  ".vercel/output/functions/post/[id].func/.vc-config.json": config(),
  ".vercel/output/functions/post/[id].func/index.mjs":
    'export default (request, response) => response.end(request.headers["x-matched-path"] + " " + request.url);',
  // As for the edge runtime.
  ".vercel/output/functions/middleware.func/.vc-config.json": JSON.stringify({
    runtime: "edge",
    entrypoint: "middleware.mjs",
  }),
  ".vercel/output/functions/middleware.func/middleware.mjs": `export const config = { matcher: "/nothing" };
export default (request) => new URL(request.url).pathname === "/users/none"
  ? new Response("stopped", { status: 403 })
  : new Response(null, { headers: { "x-middleware-next": "1", "x-middleware-override-headers": "x-user", "x-middleware-request-x-user": "ada" } });`,
};

describe("what vercel build leaves", () => {
  let url: string;
  beforeAll(async () => {
    const one = await prebuilt(OUTPUT);
    expect([one.readyState, one.errorMessage]).toEqual(["READY", undefined]);
    ({ url } = one);
  });

  it.each([
    ["a function by its folder, with the files that it shares", "/api", 200, "shared /api  "],
    ["a rewrite to it, shown to the middleware", "/users/7?a=1", 200, "shared /users/7?a=1 ada "],
    ["an answer of the middleware", "/users/none", 403, "stopped"],
    ["a page with a part of its path as a parameter", "/post/7", 200, "/post/[id] /post/7?nxtPid=7"],
    ["a function by the name of its file", "/api/old.js?x=1", 200, '{"query":{"x":"1"}}'],
    ["a redirect that is said with `continue`", "/post/7/", 308, ""],
    ["a path below functions that none has", "/api/none", 404, "own 404"],
    ["a path that nothing has", "/none", 404, "own 404"],
    ["a file of a folder that is not there", "/assets/none.css", 404, "own 404"],
    ["a status of the routes", "/gone", 410, "own 410"],
  ])("%s: %s", async (_, path, status, body) => {
    const seen = await t.visit(url, path);
    expect([seen.status, seen.body]).toEqual([status, body]);
  });

  it("bodies, to functions with helpers and without; headers for what was found", async () => {
    const sent = { method: "POST", body: '{"a":1}', headers: { "content-type": "application/json" } };
    expect((await t.visit(url, "/users/7", sent)).body).toBe('shared /users/7 ada {"a":1}');
    expect(JSON.parse((await t.visit(url, "/api/old", sent)).body)).toEqual({ query: {}, body: { a: 1 } });
    expect((await t.visit(url, "/post/7/")).headers.location).toBe("/post/7");
    expect((await t.visit(url, "/post/7")).headers["x-hit"]).toBe("/post/[id]");
  });
});

it.each([
  [{ "lib/a.mjs": "shared/none.mjs" }, /api\/index\.func wants the file none\.mjs, which was not uploaded/],
  [{ "lib/a.mjs": "../../../../etc/passwd" }, /"\.\.\/\.\.\/\.\.\/\.\.\/etc\/passwd" .* leads out/],
  [{ "../../../../../a.mjs": "shared/words.mjs" }, /leads out/],
  [{ "/etc/a.mjs": "shared/words.mjs" }, /leads out/],
])("shared files that are missing or lead elsewhere fail the build: %j", async (filePathMap, says) => {
  const one = await prebuilt({
    ...OUTPUT,
    ".vercel/output/functions/api/index.func/.vc-config.json": config({ filePathMap }),
  });
  expect([one.readyState, one.errorMessage]).toEqual(["ERROR", expect.stringMatching(says)]);
});
