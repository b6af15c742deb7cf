import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import type { HttpRequest } from "@atoms/playbook";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { undiciHttp } from "./http.js";
import { clockAt } from "./testing/clock-at.js";

const mebibyte = 1024 * 1024;
const answers: Record<string, RequestListener> = {
  "/": (request, response) => {
    response.writeHead(200, { "X-Two": ["a", "b"] });
    response.end(`${request.method} ${request.headers.host} ${request.headers["x-mine"] ?? ""}`);
  },
  "/moved": (_, response) => response.writeHead(302, { location: "/" }).end(),
  "/slow": (_, response) => {
    response.write("x");
    setTimeout(() => response.end("y"), 60);
  },
  "/hang": () => undefined,
  "/drip": (_, response) => void response.write("for ever"),
  "/cut": (_, response) => response.write("half", () => response.destroy()),
  "/large": (_, response) => response.end(Buffer.alloc(3 * mebibyte, "a")),
  "/echo": (request, response) => void request.pipe(response),
};

let server: Server;
let port = 0;
const http = undiciHttp({ clock: clockAt(1) });
beforeAll(async () => {
  server = createServer((request, response) => {
    (answers[request.url ?? ""] ?? ((_, other) => other.writeHead(404).end()))(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const send = (path: string, more: Partial<HttpRequest> = {}, signal?: AbortSignal) =>
  http.send({ url: `http://127.0.0.1:${port}${path}`, timeoutMs: 2000, ...more }, signal);

describe("answers", () => {
  test("status, headers in lower case and joined, body, times", async () => {
    const result = await send("/", { headers: { "x-mine": "yes" } });
    expect(result).toMatchObject({ answered: true, status: 200, headers: { "x-two": "a, b" } });
    if (!result.answered) return expect.unreachable();
    expect(result.body).toBe(`GET 127.0.0.1:${port} yes`);
    expect(result.ms).toBeGreaterThanOrEqual(result.firstByteMs);
  });

  test("a redirect is an answer, and so is a 404", async () => {
    expect(await send("/moved")).toMatchObject({ answered: true, status: 302, headers: { location: "/" } });
    expect(await send("/none")).toMatchObject({ answered: true, status: 404 });
  });

  test("names under localhost are loopback, and the Host header is the name", async () => {
    const result = await send("", { url: `http://shop-3f9a.localhost:${port}/` });
    expect(result).toMatchObject({ answered: true, body: `GET shop-3f9a.localhost:${port} ` });
  });

  test("the body is sent", async () => {
    expect(await send("/echo", { method: "POST", body: "çé" })).toMatchObject({ body: "çé" });
  });

  test("the first byte and the end are told apart", async () => {
    const result = await send("/slow");
    if (!result.answered) return expect.unreachable();
    expect(result.ms - result.firstByteMs).toBeGreaterThan(30);
  });

  test("at most a mebibyte of the body is kept", async () => {
    const result = await send("/large");
    if (!result.answered) return expect.unreachable();
    expect(result.body).toHaveLength(mebibyte);
  });
});

describe("failures are data", () => {
  test.each([
    { given: "never an answer", path: "/hang", timeoutMs: 50, why: "time-out" },
    { given: "an answer that never ends", path: "/drip", timeoutMs: 50, why: "time-out" },
    { given: "an answer cut in the middle", path: "/cut", timeoutMs: 2000, why: "cut" },
  ])("$given: $why", async ({ path, timeoutMs, why }) => {
    expect(await send(path, { timeoutMs })).toMatchObject({ answered: false, why });
  });

  test("nobody listens", async () => {
    const free = createTcpServer();
    await new Promise<void>((ready) => free.listen(0, "127.0.0.1", ready));
    const unused = (free.address() as AddressInfo).port;
    await new Promise((done) => free.close(done));
    expect(await send("", { url: `http://127.0.0.1:${unused}/` })).toMatchObject({
      answered: false,
      why: "refused",
    });
  });

  test("a name that leads nowhere", async () => {
    const result = await send("", { url: "http://no-such-host.invalid/" });
    expect(result).toMatchObject({ answered: false, why: "name not found" });
  });

  test("no TLS on the other side", async () => {
    expect(await send("", { url: `https://127.0.0.1:${port}/` })).toMatchObject({
      answered: false,
      why: "tls",
    });
  });

  test("an address that is none", async () => {
    expect(await send("", { url: "shop" })).toMatchObject({
      answered: false,
      why: "other",
      message: '"shop" is not an address.',
    });
  });

  test("cancelled, before and in the middle", async () => {
    const caller = new AbortController();
    const sent = send("/hang", {}, caller.signal);
    setTimeout(() => caller.abort(), 20);
    expect(await sent).toMatchObject({ answered: false, why: "cancelled" });
    expect(await send("/", {}, caller.signal)).toMatchObject({ answered: false, why: "cancelled" });
  });
});

test.each([
  { freshConnections: true, connections: [10] },
  // The next request may be on its way before the last connection is known to be free.
  { freshConnections: false, connections: [1, 2, 3] },
])("ten requests, fresh connections $freshConnections: $connections", async (one) => {
  let connections = 0;
  const counting = createServer((_, response) => response.end("ok"));
  counting.on("connection", () => connections++);
  await new Promise<void>((ready) => counting.listen(0, "127.0.0.1", ready));
  const url = `http://127.0.0.1:${(counting.address() as AddressInfo).port}/`;
  const probe = undiciHttp({ clock: clockAt(1), freshConnections: one.freshConnections });
  for (let at = 0; at < 10; at++) await probe.send({ url, timeoutMs: 2000 });
  expect(one.connections).toContain(connections);
  await probe.close();
  await new Promise((done) => counting.close(done));
});
