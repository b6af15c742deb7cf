import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { stopMs: 300 } });
});
afterAll(() => t.end());

/** Asks for a path as it is written; a URL would tidy it up. */
function exactly(host: string, path: string): Promise<{ status: number; cookies: string }> {
  const { port } = new URL(t.cloud.edgeUrl);
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers: { host }, agent: false }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, cookies: String(answer.headers["set-cookie"]) });
    })
      .on("error", reject)
      .end();
  });
}

/** As somebody writes it, with the marks that the helpers of `@vercel/functions` leave. */
const MIDDLEWARE = `
const next = (headers = {}) => new Response(null, { headers: { "x-middleware-next": "1", ...headers } });
export const config = { matcher: ["/app/:path*", "/shop", { source: "/beta", has: [{ type: "cookie", key: "beta" }] }] };
export default async function middleware(request: Request): Promise<Response | undefined> {
  const url = new URL(request.url);
  const name = url.pathname.slice(5);
  if (url.pathname === "/beta") return new Response("beta", { status: 418 });
  if (url.pathname === "/shop")
    return new Response(null, { headers: { "x-middleware-rewrite": new URL("/app/led?by=middleware", url).href } });
  if (name === "login") return Response.redirect(new URL("/sign-in", url), 307);
  if (name === "closed") return Response.json({ method: request.method }, { status: 403, headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
  if (name === "throws") throw new Error("own fault");
  if (name === "silent") return undefined;
  if (name === "headers") {
    const headers = new Headers(request.headers);
    headers.set("x-user", "ada");
    headers.delete("x-secret");
    const marks = [...headers].map(([key, value]) => ["x-middleware-request-" + key, value] as [string, string]);
    return next({ ...Object.fromEntries(marks), "x-middleware-override-headers": [...headers.keys()].join(), "x-seen": "yes" });
  }
  const answer = next();
  answer.headers.append("set-cookie", "from=middleware");
  return answer;
}
`;
const ANSWER = `const { "x-user": user, "x-secret": secret, "content-length": length } = request.headers;
  let body = ""; request.on("data", (part) => { body += part; });
  request.on("end", () => { response.setHeader("set-cookie", "from=app"); response.end(JSON.stringify({ url: request.url, user, secret, length, body })); });`;

describe.each<[string, Record<string, string>]>([
  ["an app", { "server.js": `export default (request, response) => { ${ANSWER} };` }],
  ["a server of its own", nodeService(ANSWER)],
  [
    "functions",
    {
      "api/index.js": `export default (request, response) => response.setHeader("set-cookie", "from=app") && response.end(JSON.stringify({ url: request.url, user: request.headers["x-user"], secret: request.headers["x-secret"], body: request.body ?? "" }));`,
      "vercel.json": JSON.stringify({ rewrites: [{ source: "/(.*)", destination: "/api" }] }),
    },
  ],
])("a middleware before %s", (_, files) => {
  let url: string;
  beforeAll(async () => {
    const all = { "package.json": '{"type":"module"}', ...files, "middleware.ts": MIDDLEWARE };
    const one = await t.deploy("guarded", all);
    expect([one.readyState, one.errorMessage]).toEqual(["READY", undefined]);
    ({ url } = one);
  });
  const told = async (path: string, options = {}) => {
    const { body, ...rest } = await t.visit(url, path, options);
    return { ...rest, body: JSON.parse(body) as Record<string, unknown> };
  };

  it("sees the paths of its matcher, and no others", async () => {
    expect((await told("/app/any")).headers["set-cookie"]).toEqual(["from=middleware", "from=app"]);
    expect((await told("/other")).headers["set-cookie"]).toEqual(["from=app"]);
    expect((await told("/beta")).status).toBe(200);
    const { status, body } = await t.visit(url, "/beta", { headers: { cookie: "beta=1" } });
    expect([status, body]).toEqual([418, "beta"]);
  });

  it.each([
    "/%61pp/closed",
    "//app/closed",
    "/app/%63losed",
    "/APP/closed",
    "/x/../app/closed",
    "/app/../app/closed",
    "/x/%2e%2e/app/closed",
  ])("is not passed by another way to write a path: %s", async (path) => {
    const { status, cookies } = await exactly(url, path);
    expect([path, status === 403 || cookies.includes("from=middleware")]).toEqual([path, true]);
  });

  it("lets a request go on, with other headers for it and for the answer", async () => {
    const options = {
      method: "POST",
      body: "hello",
      headers: { "x-secret": "s", "content-type": "text/plain" },
    };
    const { headers, body } = await told("/app/headers", options);
    expect(body).toMatchObject({ url: "/app/headers", user: "ada", body: "hello" });
    expect(body["secret"]).toBeUndefined();
    expect(headers["x-seen"]).toBe("yes");
    expect(Object.keys(headers).filter((name) => name.startsWith("x-middleware"))).toEqual([]);
    expect((await told("/app/silent")).body["url"]).toBe("/app/silent");
  });

  it("leads elsewhere, redirects, or answers itself", async () => {
    expect((await told("/shop?page=2")).body["url"]).toBe("/app/led?by=middleware");
    const { host } = new URL(t.cloud.edgeUrl);
    const port = host.split(":")[1];
    const redirect = await t.visit(`${url}:${port}`, "/app/login");
    expect([redirect.status, redirect.headers.location]).toEqual([307, `http://${url}:${port}/sign-in`]);
    const closed = await told("/app/closed", { method: "PUT", body: "unread" });
    expect(closed).toMatchObject({ status: 403, body: { method: "PUT" } });
    expect(closed.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  });

  it("that throws is a 500, and what comes after it is served", async () => {
    const seen = await t.visit(url, "/app/throws");
    expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([500, "MIDDLEWARE_INVOCATION_FAILED"]);
    expect((await told("/app/any")).status).toBe(200);
  });
});

it("a middleware is asked although a route of the older form leads elsewhere before files are looked at", async () => {
  const { url } = await t.deploy("older", {
    "api/index.js": "export default (request, response) => response.end('reached');",
    "middleware.js": "export default () => new Response('stopped', { status: 403 });",
    "vercel.json": JSON.stringify({ routes: [{ src: "/(.*)", dest: "/api/index.js" }] }),
  });
  expect(await t.visit(url, "/any")).toMatchObject({ status: 403, body: "stopped" });
});

it("a middleware understands the helpers of @vercel/functions", async () => {
  const { url } = await t.deploy("helpers", {
    "package.json": '{"type":"module"}',
    "public/index.html": "home",
    "public/other.html": "other",
    // As installed beside the project: what the helpers do, by the package itself.
    "node_modules/@vercel/functions/package.json": JSON.stringify({
      name: "@vercel/functions",
      type: "module",
      exports: "./index.js",
    }),
    "node_modules/@vercel/functions/index.js": `export * from ${JSON.stringify(import.meta.resolve("@vercel/functions/middleware"))};`,
    "middleware.js": `import { next, rewrite } from "@vercel/functions";
export default (request) => new URL(request.url).pathname === "/led" ? rewrite(new URL("/other.html", request.url)) : next({ headers: { "x-next": "yes" } });`,
  });
  expect((await t.visit(url, "/led")).body).toBe("other");
  expect(await t.visit(url, "/")).toMatchObject({ body: "home", headers: { "x-next": "yes" } });
});

it("a server's own file of that name is left alone", async () => {
  const { url } = await t.deploy("own-file", {
    ...nodeService("response.end('server');"),
    "middleware.js": "export default function log(request, response, next) { next(); }",
  });
  expect((await t.visit(url)).body).toBe("server");
});
