import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createRaw } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { clockAt } from "./testing/clock-at.js";
import { timedHttp } from "./timed-http.js";

const open: { close(): unknown; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) {
    one.closeAllConnections?.();
    one.close();
  }
});

async function serving(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(server);
  return `http://shop.localhost:${(server.address() as AddressInfo).port}`;
}

const http = timedHttp({ clock: clockAt() });

describe("the client that takes exchanges apart", () => {
  it("times each part, and the parts fit into the whole", async () => {
    const url = await serving((_, answer) => setTimeout(() => answer.end("hello"), 60));
    const found = await http.send({ url, timeoutMs: 5_000 });
    expect(found).toMatchObject({ answered: true, status: 200, body: "hello" });
    const { connectMs = -1, firstByteMs = -1, tlsMs } = found.timings ?? {};
    expect(tlsMs).toBeUndefined();
    expect(connectMs).toBeGreaterThanOrEqual(0);
    // The service took 60 ms; the time is its own and not the connection's.
    expect(firstByteMs).toBeGreaterThanOrEqual(50);
    expect(connectMs + firstByteMs).toBeLessThanOrEqual(found.ms + 1);
  });

  it("sends what it is given, and follows no redirect", async () => {
    const url = await serving(async (request, answer) => {
      let body = "";
      for await (const part of request) body += part;
      answer
        .writeHead(302, { location: "http://elsewhere.test/", "x-saw": `${request.method} ${body}` })
        .end();
    });
    const found = await http.send({
      url,
      method: "POST",
      body: "a",
      headers: { "x-a": "1" },
      timeoutMs: 5_000,
    });
    expect(found).toMatchObject({ answered: true, status: 302, headers: { "x-saw": "POST a" } });
  });

  it("keeps the first MiB of an answer that does not end", async () => {
    const url = await serving((_, answer) => {
      const more = setInterval(() => answer.write("x".repeat(100_000)), 1);
      answer.once("close", () => clearInterval(more));
    });
    const found = await http.send({ url, timeoutMs: 10_000 });
    expect(found.answered && found.body.length).toBe(1024 * 1024);
  });

  it.each<[string, () => Promise<string>, string]>([
    ["nobody listens", async () => "http://127.0.0.1:1", "refused"],
    ["no such name", async () => "http://no-such-host.invalid", "name not found"],
    ["silence", () => serving(() => undefined), "time-out"],
    ["a body that hangs", () => serving((_, answer) => void answer.write("a")), "time-out"],
    ["a connection that is cut", () => serving((request) => void request.socket.destroy()), "cut"],
    ["no address", async () => "shop", "other"],
    ["another protocol", async () => "ftp://shop.test", "other"],
    [
      "TLS with who speaks none",
      async () => (await serving(() => undefined)).replace("http:", "https:"),
      "tls",
    ],
  ])("says what came of %s", async (_, where, why) => {
    const found = await http.send({ url: await where(), timeoutMs: 400 });
    expect(found).toMatchObject({ answered: false, why });
    expect(found.ms).toBeLessThan(5_000);
  });

  it("does not take what is no HTTP for an answer", async () => {
    const raw = createRaw((socket) => {
      socket.on("error", () => undefined);
      socket.end("SSH-2.0-OpenSSH\r\n");
    });
    await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
    open.push(raw);
    const { port } = raw.address() as AddressInfo;
    const found = await http.send({ url: `http://127.0.0.1:${port}`, timeoutMs: 1_000 });
    expect(found.answered).toBe(false);
  });

  it("lets itself be cancelled", async () => {
    const url = await serving(() => undefined);
    const stop = new AbortController();
    const waiting = http.send({ url, timeoutMs: 5_000 }, stop.signal);
    stop.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ answered: false, why: "cancelled" });
  });
});
