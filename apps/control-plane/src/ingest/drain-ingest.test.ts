import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { systemClock } from "@atoms/engine";
import { signDelivery } from "@atoms/vercel";
import { serve } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { logRecord, span, traces } from "./deliveries.contract.js";
import { type DrainIngest, drainIngest } from "./drain-ingest.js";
import type { IngestLimits } from "./limits.js";

const secret = "s3cret";
const limits: Partial<IngestLimits> = {
  bodyBytes: 20_000,
  inflatedBytes: 100_000,
  records: 200,
  readMs: 300,
};

let ingest: DrainIngest;
let server: Server;
let url: string;

async function open(change: Partial<IngestLimits> = {}): Promise<void> {
  ingest = drainIngest({
    secretOf: (drain) => (drain === "logs" ? ["old-secret", secret] : undefined),
    verificationOf: (drain) => (drain === "logs" ? "code-7" : undefined),
    clock: systemClock,
    limits: { ...limits, ...change },
  });
  server = await new Promise<Server>((resolve) => {
    const listening = serve(
      { fetch: (request) => ingest.handle(request), port: 0, hostname: "127.0.0.1" },
      () => resolve(listening as Server),
    );
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/drains/logs`;
}

beforeEach(() => open());
afterEach(async () => {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
});

const now = (change: Record<string, unknown> = {}) => {
  const at = Date.now();
  return logRecord({ timestamp: at, ...change, proxy: { timestamp: at, ...(change["proxy"] as object) } });
};

async function post(
  body: string | Uint8Array,
  headers: Record<string, string> = { "x-vercel-signature": signDelivery(body, secret) },
) {
  const answer = await fetch(url, { method: "POST", headers, body: body as string });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as { records?: number; error?: string },
  };
}

const counted = () => ingest.report().records.requests;

describe("a delivery", () => {
  it.each([
    ["a JSON array", (all: unknown[]) => JSON.stringify(all)],
    ["lines", (all: unknown[]) => all.map((one) => JSON.stringify(one)).join("\n")],
    [
      "lines with empty ones and CRLF",
      (all: unknown[]) => `\n${all.map((one) => JSON.stringify(one)).join("\r\n\r\n")}\r\n`,
    ],
  ])("is read as %s, plain and with gzip", async (_, write) => {
    const plain = write([now(), now(), now({ deploymentId: "dpl_b" })]);
    expect(await post(plain)).toMatchObject({ status: 200, body: { records: 3 } });
    const other = write([now(), now()]);
    // Signed before compression, as Vercel does, or after.
    const before = { "content-encoding": "gzip", "x-vercel-signature": signDelivery(other, secret) };
    expect(await post(gzipSync(other), before)).toMatchObject({ status: 200, body: { records: 2 } });
    const zipped = gzipSync(write([now()]));
    const after = { "content-encoding": "gzip", "x-vercel-signature": signDelivery(zipped, "old-secret") };
    expect(await post(zipped, after)).toMatchObject({ status: 200, body: { records: 1 } });
    expect(counted()).toBe(6);
    const exposure = ingest.report().deployments;
    expect(exposure.find(({ deployment }) => deployment === "dpl_a")?.requests).toBe(5);
    expect(exposure.find(({ deployment }) => deployment === "dpl_b")?.requests).toBe(1);
  });

  it("is read as traces", async () => {
    const body = traces("dpl_a", [span(20, { at: Date.now() }), span(30, { at: Date.now() })]);
    expect(await post(JSON.stringify(body, null, 2))).toMatchObject({ status: 200 });
    expect(ingest.report().records).toMatchObject({ durations: 2, requests: 0 });
  });

  it.each([
    ["none", {}],
    ["a wrong one", { "x-vercel-signature": "0".repeat(40) }],
    ["one of another length", { "x-vercel-signature": "abc" }],
    ["that of another secret", { "x-vercel-signature": signDelivery("[]", "guess") }],
  ])("is refused with the signature %s", async (_, headers) => {
    const body = JSON.stringify([now()]);
    const answer = await post(body, headers as Record<string, string>);
    expect(answer.status).toBe(403);
    expect(JSON.stringify(answer.body)).not.toContain(secret);
    expect(counted()).toBe(0);
    expect(ingest.report().deliveries.refused).toEqual({ unsigned: 1 });
  });

  it("is refused when a byte was changed on the way", async () => {
    const body = JSON.stringify([now()]);
    const answer = await post(body.replace("dpl_a", "dpl_x"), {
      "x-vercel-signature": signDelivery(body, secret),
    });
    expect(answer.status).toBe(403);
    expect(counted()).toBe(0);
  });

  it("is counted once when it is sent again, and so are its records in another delivery", async () => {
    const record = now();
    const body = JSON.stringify([record, now()]);
    expect((await post(body)).body).toEqual({ records: 2 });
    expect((await post(body)).body).toEqual({ records: 0 });
    expect((await post(JSON.stringify([record, now()]))).status).toBe(200);
    expect(counted()).toBe(3);
    expect(ingest.report()).toMatchObject({
      deliveries: { taken: 2, repeated: 1 },
      records: { repeated: 1 },
    });
  });

  it.each([
    ["no JSON", "hello"],
    ["half of an array", '[{"id":"a"},'],
    ["a number", "7"],
    ["half of an object", '{"id":\n'],
  ])("is refused when it is %s", async (_, body) => {
    const answer = await post(body);
    if (body === "7") expect(answer).toMatchObject({ status: 200, body: { records: 0 } });
    else expect(answer.status).toBe(400);
    expect(counted()).toBe(0);
  });

  it("is counted as far as it can be read", async () => {
    const body = [JSON.stringify(now()), "garbage", "[1]", JSON.stringify(now())].join("\n");
    expect((await post(body)).body).toEqual({ records: 2 });
    expect(counted()).toBe(2);
    expect(ingest.report().records.garbage).toBe(2);
  });

  it("is refused when it is said to be compressed, and is not", async () => {
    const body = JSON.stringify([now()]);
    const headers = { "content-encoding": "gzip", "x-vercel-signature": signDelivery(body, secret) };
    expect((await post(body, headers)).status).toBe(400);
    expect((await post(body, { ...headers, "content-encoding": "br" })).status).toBe(415);
  });

  it("is refused as protobuf, and told what to set", async () => {
    const answer = await post("x", { "content-type": "application/x-protobuf" });
    expect(answer.status).toBe(415);
    expect(answer.body.error).toContain("encoding to JSON");
  });

  it("is refused when it is too large, announced or not, or would become so", async () => {
    const large = JSON.stringify(Array.from({ length: 100 }, () => now()));
    expect(large.length).toBeGreaterThan(20_000);
    expect((await post(large)).status).toBe(413);
    const unannounced = await fetch(url, {
      method: "POST",
      headers: { "x-vercel-signature": signDelivery(large, secret) },
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(large));
          controller.close();
        },
      }),
      duplex: "half",
    } as RequestInit & { duplex: "half" });
    expect(unannounced.status).toBe(413);
    // A kilobyte that unpacks to a megabyte.
    const bomb = gzipSync(" ".repeat(1_000_000));
    expect(bomb.length).toBeLessThan(2_000);
    expect((await post(bomb, { "content-encoding": "gzip" })).status).toBe(413);
    expect((await post(JSON.stringify(Array(201).fill({})))).status).toBe(413);
    expect(ingest.report()).toMatchObject({
      deliveries: { refused: { "too large": 4 } },
      records: { read: 0 },
      backlog: { deliveries: 0, bytes: 0 },
    });
  });

  it("is refused when it comes too slowly, or is broken off", async () => {
    const { port } = server.address() as AddressInfo;
    const head = "POST /drains/logs HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n[{";
    const said = await new Promise<string>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(head));
      socket.once("data", (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    });
    expect(said).toMatch(/^HTTP\/1.1 408 /);
    await new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(head, () => socket.destroy()));
      socket.once("close", () => resolve());
    });
    await expect.poll(() => ingest.report().backlog.deliveries).toBe(0);
    expect(ingest.report().backlog.bytes).toBe(0);
    expect((await post(JSON.stringify([now()]))).status).toBe(200);
  });

  it("is told to come again while too much is in hand, and is taken afterwards", async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await open({ backlogBytes: 10_000, readMs: 20_000 });
    let finish: (() => void) | undefined;
    const large = JSON.stringify(Array.from({ length: 26 }, () => now()));
    const slow = fetch(url, {
      method: "POST",
      headers: { "x-vercel-signature": signDelivery(large, secret) },
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(large.slice(0, 8_000)));
          finish = () => {
            controller.enqueue(new TextEncoder().encode(large.slice(8_000)));
            controller.close();
          };
        },
      }),
      duplex: "half",
    } as RequestInit & { duplex: "half" });
    await expect.poll(() => ingest.report().backlog.bytes).toBe(8_000);
    const more = JSON.stringify(Array.from({ length: 8 }, () => now()));
    const refused = await post(more);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(ingest.report()).toMatchObject({
      deliveries: { refused: { backlog: 1 } },
      backlog: { deliveries: 1, bytes: 8_000, limitBytes: 10_000 },
    });
    finish?.();
    expect((await slow).status).toBe(200);
    expect((await post(more)).status).toBe(200);
    expect(counted()).toBe(34);
    expect(ingest.report().backlog).toMatchObject({ deliveries: 0, bytes: 0 });
  });

  it("for a drain that nobody knows is not found", async () => {
    const answer = await fetch(url.replace("/logs", "/others"), { method: "POST", body: "[]" });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("x-vercel-verify")).toBeNull();
    expect((await fetch(url.replace("/logs", "/others"))).status).toBe(404);
  });
});

describe("the proof that the endpoint is ours", () => {
  it.each(["GET", "HEAD", "POST"])("is given to an unsigned %s", async (method) => {
    const answer = await fetch(url, { method });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-vercel-verify")).toBe("code-7");
  });

  it("is part of every other answer", async () => {
    const body = JSON.stringify([now()]);
    expect((await post(body)).headers.get("x-vercel-verify")).toBe("code-7");
    expect((await post(body, {})).headers.get("x-vercel-verify")).toBe("code-7");
    expect((await fetch(url, { method: "PUT", body })).status).toBe(405);
  });
});
