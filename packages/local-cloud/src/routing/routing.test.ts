import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
let elsewhere: Server;
let origin: string;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { stopMs: 300 } });
  elsewhere = createServer((request, response) => {
    if (request.url === "/drop") return void response.destroy();
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      response.writeHead(201, { "x-origin": "elsewhere", "set-cookie": ["a=1", "b=2"] });
      response.end([request.method, request.url, request.headers.host, body].join(" "));
    });
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
});
afterAll(async () => {
  elsewhere.closeAllConnections();
  elsewhere.close();
  await t.end();
});

/** What a visitor of a path gets, as far as a case says. */
interface Case {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly gives: { status?: number; body?: string; headers?: Record<string, unknown> };
}

const asks = async (url: string, { path, headers, gives }: Case) =>
  expect({ path, ...(await t.visit(url, path, headers ? { headers } : {})) }).toMatchObject({
    path,
    ...gives,
  });

describe("vercel.json on a site of files", () => {
  let url: string;
  beforeAll(async () => {
    const site = await t.deploy("site", {
      "public/index.html": "home",
      "public/about.html": "about",
      "public/docs/index.html": "docs",
      "public/app.js": "script",
      "vercel.json": JSON.stringify({
        cleanUrls: true,
        trailingSlash: false,
        redirects: [
          { source: "/old/:id", destination: "/new/:id", permanent: false },
          { source: "/out", destination: "https://example.com/in?a=1", statusCode: 301 },
          {
            source: "/tenant",
            has: [{ type: "header", key: "x-tenant", value: "(?<name>[a-z]+)" }],
            missing: [{ type: "cookie", key: "stay" }],
            destination: "/of/:name",
          },
        ],
        headers: [
          {
            source: "/(.*)\\.js",
            headers: [{ key: "Cache-Control", value: "public, max-age=31536000, immutable" }],
          },
          { source: "/(.*)", headers: [{ key: "X-Frame-Options", value: "DENY" }] },
        ],
        rewrites: [
          { source: "/up/:path*", destination: `${origin}/:path*` },
          { source: "/app/(.*)", destination: "/index.html" },
        ],
      }),
    });
    expect(site.readyState).toBe("READY");
    ({ url } = site);
  });

  it.each<Case>([
    { path: "/", gives: { status: 200, body: "home", headers: { "x-frame-options": "DENY" } } },
    { path: "/about", gives: { status: 200, body: "about" } },
    { path: "/about.html?a=1", gives: { status: 308, headers: { location: "/about?a=1" } } },
    { path: "/index", gives: { status: 308, headers: { location: "/" } } },
    { path: "/docs/", gives: { status: 308, headers: { location: "/docs" } } },
    { path: "/docs", gives: { status: 200, body: "docs" } },
    { path: "/old/7?b=2", gives: { status: 307, headers: { location: "/new/7?b=2" } } },
    { path: "/out?b=2", gives: { status: 301, headers: { location: "https://example.com/in?a=1&b=2" } } },
    { path: "/tenant", gives: { status: 404 } },
    {
      path: "/tenant",
      headers: { "x-tenant": "acme" },
      gives: { status: 308, headers: { location: "/of/acme" } },
    },
    { path: "/tenant", headers: { "x-tenant": "acme", cookie: "a=1; stay=yes" }, gives: { status: 404 } },
    {
      path: "/app.js",
      gives: { body: "script", headers: { "cache-control": "public, max-age=31536000, immutable" } },
    },
    { path: "/app/any/where", gives: { status: 200, body: "home" } },
    { path: "/APP/any", gives: { status: 200, body: "home" } },
    { path: "/nowhere", gives: { status: 404, headers: { "x-frame-options": "DENY" } } },
    { path: "/vercel.json", gives: { status: 404 } },
    { path: "/%E0%A4%A", gives: { status: 404 } },
    // What looks like another host stays on this one.
    { path: "//example.com/", gives: { status: 308, headers: { location: "/example.com" } } },
    {
      path: "/up/a/b?c=d",
      gives: {
        status: 201,
        headers: { "x-origin": "elsewhere", "set-cookie": ["a=1", "b=2"], "x-frame-options": "DENY" },
      },
    },
    {
      path: "/up/drop",
      gives: { status: 502, headers: { "x-vercel-error": "ROUTER_EXTERNAL_TARGET_ERROR" } },
    },
  ])("$path $headers", async (one) => {
    await asks(url, one);
  });

  it("hands a body on to another server, which is told its own host", async () => {
    const { body } = await t.visit(url, "/up/form?x=1", { method: "POST", body: "hello" });
    expect(body).toBe(`POST /form?x=1 ${new URL(origin).host} hello`);
  });
});

it("without clean URLs a page is found by its whole name only", async () => {
  const { url } = await t.deploy("plain", { "public/index.html": "home", "public/about.html": "about" });
  expect((await t.visit(url, "/about")).status).toBe(404);
  expect((await t.visit(url, "/about.html")).body).toBe("about");
});

it("a framework's own routes come after those of vercel.json", async () => {
  const pack = {
    dependencies: { "react-scripts": "5.0.1" },
    scripts: { build: "mkdir build && echo page > build/index.html" },
  };
  const { url } = await t.deploy("single-page", {
    "package.json": JSON.stringify(pack),
    "node_modules/.keep": "",
    "vercel.json": JSON.stringify({ redirects: [{ source: "/old", destination: "/" }] }),
  });
  await asks(url, { path: "/any/where", gives: { status: 200, body: "page\n" } });
  await asks(url, { path: "/old", gives: { status: 308, headers: { location: "/" } } });
});

describe("vercel.json before functions", () => {
  it("leads to them, and they see the path that was asked for, with the parameters of the route", async () => {
    const { url } = await t.deploy("functions", {
      "api/index.js": "export default (request, response) => response.end('index ' + request.url);",
      "api/user.js": "export default (request, response) => response.json(request.query);",
      "vercel.json": JSON.stringify({
        rewrites: [
          { source: "/u/:id", destination: "/api/user?id=:id" },
          { source: "/(.*)", destination: "/api" },
        ],
      }),
    });
    expect((await t.visit(url, "/shop/list?page=2")).body).toBe("index /shop/list?page=2");
    expect(JSON.parse((await t.visit(url, "/u/7?x=1")).body)).toEqual({ id: "7", x: "1" });
  });

  it("leads to them by the names of their files, as older projects write it", async () => {
    const { url } = await t.deploy("older", {
      "api/index.js": "export default (request, response) => response.end('index ' + request.url);",
      "vercel.json": JSON.stringify({ routes: [{ src: "/(.*)", dest: "/api/index.js" }] }),
    });
    expect((await t.visit(url, "/any")).body).toBe("index /any");
  });
});

describe("vercel.json before a server", () => {
  const rules = JSON.stringify({
    redirects: [{ source: "/old", destination: "/new" }],
    headers: [{ source: "/(.*)", headers: [{ key: "x-rule", value: "yes" }] }],
    rewrites: [
      { source: "/up/:path*", destination: "ORIGIN/:path*" },
      { source: "/(.*)", destination: "/api" },
    ],
  });
  const cases: Case[] = [
    { path: "/old", gives: { status: 308, headers: { location: "/new" } } },
    { path: "/any?a=1", gives: { status: 200, body: "server /any?a=1", headers: { "x-rule": "yes" } } },
    { path: "/up/x", gives: { status: 201, headers: { "x-origin": "elsewhere" } } },
  ];
  it.each<[string, Record<string, string>]>([
    ["with a start script", nodeService("response.end('server ' + request.url);")],
    [
      "started by a shell",
      {
        ...nodeService("response.end('server ' + request.url);"),
        "package.json": JSON.stringify({ type: "module", scripts: { start: "WORD=1 node index.js" } }),
      },
    ],
    [
      "that listens by itself",
      {
        "package.json": '{"type":"module"}',
        "server.js":
          'import { createServer } from "node:http"; createServer((q, s) => s.end("server " + q.url)).listen({ port: process.env.PORT });',
      },
    ],
    [
      "that listens in vain first, with another",
      {
        "package.json": '{"type":"module","scripts":{"start":"node index.js"}}',
        // The address is one that no machine has.
        "index.js": `import { createServer } from "node:http";
const serve = () => createServer((q, s) => s.end("server " + q.url));
serve().on("error", () => serve().listen(process.env.PORT)).listen(process.env.PORT, "192.0.2.1");`,
      },
    ],
    [
      "that is exported",
      {
        "package.json": '{"type":"module"}',
        "server.js": "export default (request, response) => response.end('server ' + request.url);",
      },
    ],
  ])("%s", async (_, files) => {
    const { url } = await t.deploy("server", { ...files, "vercel.json": rules.replace("ORIGIN", origin) });
    for (const one of cases) await asks(url, one);
  });

  it("keeps what the server's own code throws its own affair", async () => {
    const { url } = await t.deploy("throws", {
      ...nodeService(
        'if (request.url === "/throw") throw new Error("own"); response.end(String(process.pid));',
      ),
      "vercel.json": rules,
    });
    const before = (await t.visit(url)).body;
    expect((await t.visit(url, "/throw")).status).toBe(500);
    const after = await t.visit(url);
    expect(after.status === 200 && after.body !== before).toBe(true);
  });
});

describe("finished Build Output", () => {
  const fn = { runtime: "nodejs20.x", handler: "index.mjs", launcherType: "Nodejs" };
  const output = {
    "config.json": JSON.stringify({
      version: 3,
      routes: [
        { src: "/assets/.+", headers: { "cache-control": "immutable" }, continue: true },
        { handle: "filesystem" },
        { src: "/.*", dest: "/fn" },
      ],
      overrides: {
        "about.html": { path: "about" },
        "feed.html": { path: "feed.xml", contentType: "application/rss+xml" },
      },
    }),
    "static/about.html": "about",
    "static/feed.html": "feed",
    "static/assets/a.css": "style",
    "functions/fn.func/.vc-config.json": JSON.stringify(fn),
    "functions/fn.func/index.mjs": "export default (request, response) => response.end('fn ' + request.url);",
  };
  const cases: Case[] = [
    { path: "/shop/7?a=1", gives: { status: 200, body: "fn /shop/7?a=1" } },
    { path: "/about", gives: { body: "about", headers: { "content-type": "text/html; charset=utf-8" } } },
    { path: "/feed.xml", gives: { body: "feed", headers: { "content-type": "application/rss+xml" } } },
    { path: "/about.html", gives: { body: "fn /about.html" } },
    { path: "/assets/a.css", gives: { body: "style", headers: { "cache-control": "immutable" } } },
    { path: "/assets/none.css", gives: { body: "fn /assets/none.css" } },
  ];

  it("leads to functions that see the path asked for, and to files by their other names", async () => {
    const files = Object.entries(output).map(([file, data]) => ({ file: `.vercel/output/${file}`, data }));
    const { body } = await t.api("POST", "/v13/deployments?prebuilt=1", { name: "prebuilt", files });
    const { url } = await t.built(body.id);
    for (const one of cases) await asks(url, one);
  });

  it("says in the build's log which of its routes' members are passed over", async () => {
    const routes = [
      { src: "/a", mitigate: { action: "challenge" } },
      { src: "/b", transforms: [], locale: {} },
    ];
    const data = JSON.stringify({ version: 3, routes });
    const files = [{ file: ".vercel/output/config.json", data }];
    const { body } = await t.api("POST", "/v13/deployments?prebuilt=1", { name: "prebuilt", files });
    const { id } = await t.built(body.id);
    const events = (await t.api("GET", `/v3/deployments/${id}/events`)).body as { text: string }[];
    const log = events.map(({ text }) => text).join("\n");
    for (const name of ["mitigate: challenge", "transforms", "locale"])
      expect(log).toContain(`Warning: .vercel/output/config.json has routes with "${name}"`);
  });

  it("that a build leaves comes after what vercel.json says", async () => {
    const files = Object.fromEntries(
      Object.entries(output).map(([file, data]) => [`.vercel/output/${file}`, data]),
    );
    const rules = { redirects: [{ source: "/shop/:id", destination: "/s/:id" }] };
    const { url } = await t.deploy("built", { ...files, "vercel.json": JSON.stringify(rules) });
    await asks(url, { path: "/shop/7", gives: { status: 308, headers: { location: "/s/7" } } });
    for (const one of cases.slice(1)) await asks(url, one);
  });
});

it("a rewrite that leads back to itself ends", async () => {
  const { port } = new URL(t.cloud.edgeUrl);
  const files = {
    "public/index.html": "home",
    "vercel.json": JSON.stringify({
      rewrites: [{ source: "/again", destination: `http://127.0.0.1:${port}/again` }],
    }),
  };
  const { id } = await t.deploy("again", files);
  await t.api("POST", `/v2/deployments/${id}/aliases`, { alias: "127.0.0.1" });
  const seen = await t.visit("127.0.0.1", "/again");
  expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([508, "INFINITE_LOOP_DETECTED"]);
});

describe("a vercel.json that cannot be used fails the build, and says why", () => {
  it.each([
    { json: { rewrites: [{ source: "/a(", destination: "/b" }] }, says: /source.*"\/a\("/ },
    { json: { redirects: [{ source: "/a" }] }, says: /destination/ },
    { json: { routes: [{ src: "/a" }], cleanUrls: true }, says: /routes.*cannot be present/ },
    { json: { routes: [{ src: "/(", dest: "/b" }] }, says: /invalid/i },
    { json: { headers: [{ source: "/a" }] }, says: /headers/ },
    {
      json: {
        rewrites: [{ source: "/a", has: [{ type: "header", key: "x-a", value: "(" }], destination: "/b" }],
      },
      says: /invalid/i,
    },
  ])("$json", async ({ json, says }) => {
    const one = await t.deploy("bad", { "index.html": "home", "vercel.json": JSON.stringify(json) });
    expect([one.readyState, one.errorMessage]).toEqual(["ERROR", expect.stringMatching(says)]);
    expect(one.errorMessage).toContain("vercel.json cannot be used");
  });
});
