import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createNetServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../testing/cloud-under-test.js";
import { type AnswerTaker, Origin } from "./origin.js";

let server: Server;
let origin: Origin;
let connections: number;

beforeEach(async () => {
  connections = 0;
  server = createServer((request, response) => {
    if (request.url === "/never") return;
    if (request.url === "/part") {
      response.writeHead(200, { "content-length": "100" });
      response.write("part", () => request.socket.destroy());
      return;
    }
    if (request.url === "/big") {
      response.end(Buffer.alloc(3_000_000, "b"));
      return;
    }
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => response.end(`${request.method} ${request.url} ${body}`));
  });
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = new Origin("127.0.0.1", (server.address() as AddressInfo).port, 400);
});
afterEach(async () => {
  origin.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Takes an answer as a whole. `told` counts how often its end was told. */
class Taken implements AnswerTaker {
  status = 0;
  bytes = 0;
  body = "";
  outcome = "";
  told = 0;
  isWilling = true;
  onPart(part: Parameters<AnswerTaker["onPart"]>[0], piece: Buffer): boolean {
    if (part.head) this.status = part.head.status;
    for (let i = 0; i < part.body.length; i += 2) {
      const text = piece.toString("latin1", part.body[i], part.body[i + 1]);
      this.bytes += text.length;
      if (this.bytes < 1_000) this.body += text;
    }
    return this.isWilling;
  }
  onOver(): void {
    this.told++;
    this.outcome = "over";
  }
  onFailure(_reason: Error, timedOut: boolean): void {
    this.told++;
    this.outcome = timedOut ? "timed out" : "failed";
  }
}

function send(
  path: string,
  to = origin,
  body: string | null = null,
): Taken & { sent: ReturnType<Origin["send"]> } {
  const taken = new Taken();
  const length = body === null ? "" : `Content-Length: ${body.length}\r\n`;
  const head = `${body === null ? "GET" : "POST"} ${path} HTTP/1.1\r\nHost: a\r\n${length}\r\n`;
  return Object.assign(taken, {
    sent: to.send(head, body === null ? null : Buffer.from(body), false, taken),
  });
}
const ended = (taken: Taken) => eventually(() => taken.told > 0);

it("sends requests with their bodies, and uses a connection again", async () => {
  for (const body of [null, "one", "two"]) {
    const taken = send("/x", origin, body);
    await ended(taken);
    expect([taken.outcome, taken.status, taken.body]).toEqual([
      "over",
      200,
      body === null ? "GET /x " : `POST /x ${body}`,
    ]);
  }
  expect(connections).toBe(1);
});

it("opens as many connections as there are requests at a time", async () => {
  const all = Array.from({ length: 20 }, (_, n) => send(`/${n}`));
  await Promise.all(all.map(ended));
  expect(all.map(({ body }) => body)).toEqual(all.map((_, n) => `GET /${n} `));
  expect(connections).toBe(20);
  await ended(send("/again"));
  expect(connections).toBe(20);
});

it("does not use a connection that the server has closed, or is about to close", async () => {
  await ended(send("/1"));
  server.closeAllConnections();
  await wait(30);
  const second = send("/2");
  await ended(second);
  expect(second.outcome).toBe("over");
  server.keepAliveTimeout = 1_000;
  await ended(send("/3"));
  // The second that the server allows is the margin.
  await wait(10);
  const fourth = send("/4");
  await ended(fourth);
  expect([fourth.outcome, connections]).toEqual(["over", 3]);
});

it("tells once that no answer came in time", async () => {
  const taken = send("/never");
  await ended(taken);
  await wait(50);
  expect([taken.outcome, taken.status, taken.told]).toEqual(["timed out", 0, 1]);
});

it("tells once that an answer broke off, or that nobody is there", async () => {
  const broken = send("/part");
  await ended(broken);
  expect([broken.outcome, broken.status, broken.body]).toEqual(["failed", 200, "part"]);
  const { port } = server.address() as AddressInfo;
  const nobody = new Origin("127.0.0.1", port, 400);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const refused = send("/", nobody);
  await ended(refused);
  await wait(20);
  expect([refused.outcome, refused.told, broken.told]).toEqual(["failed", 1, 1]);
});

it("holds back what its taker has no room for, and sends it on", async () => {
  const taken = send("/big");
  taken.isWilling = false;
  await eventually(() => taken.bytes > 0);
  await wait(100);
  expect(taken.bytes).toBeLessThan(1_000_000);
  // Longer than an answer may take to begin: one that has begun may pause.
  await wait(500);
  taken.isWilling = true;
  taken.sent.resume();
  await ended(taken);
  expect([taken.outcome, taken.bytes]).toEqual(["over", 3_000_000]);
  // The time of the next request on the connection is counted all the same.
  const next = send("/never");
  await ended(next);
  expect(next.outcome).toBe("timed out");
});

it("a taker that fails ends its own answer alone", async () => {
  const taken = send("/x");
  taken.onPart = () => {
    throw new Error("a fault of the taker");
  };
  await ended(taken);
  const next = send("/y");
  await ended(next);
  expect([taken.outcome, taken.told, next.outcome]).toEqual(["failed", 1, "over"]);
});

it("tells nothing of what was given up, and closes its connection", async () => {
  const taken = send("/never");
  await eventually(() => connections === 1);
  taken.sent.abort();
  await eventually(async () => (await openConnections()) === 0);
  expect(taken.told).toBe(0);
});

it("what is said of an answer that is over does not touch the next one on its connection", async () => {
  const first = send("/1");
  await ended(first);
  await wait(10);
  const second = send("/2");
  first.sent.abort();
  first.sent.resume();
  await ended(second);
  expect([second.outcome, second.body, connections]).toEqual(["over", "GET /2 ", 1]);
});

it("fails what is under way when it is closed", async () => {
  const taken = send("/never");
  await eventually(() => connections === 1);
  origin.close();
  await ended(taken);
  expect([taken.outcome, taken.told]).toEqual(["failed", 1]);
  const late = send("/late");
  await ended(late);
  expect(late.outcome).toBe("failed");
});

/** A server that says `parts` to each request, one in each turn of the event loop, and then closes the connection. */
async function closing(parts: readonly string[]): Promise<{ to: Origin; end: () => Promise<void> }> {
  const open = new Set<Socket>();
  const closer = createNetServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("close", () => open.delete(socket));
    socket.on("data", async () => {
      for (const part of parts) {
        socket.write(part);
        await new Promise(setImmediate);
      }
      socket.end();
    });
  }).listen(0, "127.0.0.1");
  await once(closer, "listening");
  const to = new Origin("127.0.0.1", (closer.address() as AddressInfo).port, 400);
  const end = async () => {
    to.close();
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => closer.close(resolve));
  };
  return { to, end };
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

it.each([
  ["at once", () => Promise.resolve()],
  ["in the next turn of the event loop", () => new Promise(setImmediate)],
  ["a moment later", () => wait(1)],
])(
  "a request that has not left when its connection is closed leaves by another: sent %s",
  async (_when, pause) => {
    const { to, end } = await closing([OK]);
    const outcomes: string[] = [];
    for (let n = 0; n < 50; n++) {
      const taken = send("/", to);
      while (taken.told === 0) await new Promise(setImmediate);
      outcomes.push(taken.outcome);
      await pause();
    }
    await end();
    expect(outcomes.filter((outcome) => outcome !== "over")).toEqual([]);
  },
);

it("takes nothing for an answer that comes before the request has left", async () => {
  const { to, end } = await closing([OK, OK.replace("ok", "no")]);
  for (let n = 0; n < 20; n++) {
    const taken = send("/", to);
    while (taken.told === 0) await new Promise(setImmediate);
    expect(taken.body).toBe("ok");
  }
  await end();
});

it("closes a connection that it does not use any more: a server may have one visitor at a time", async () => {
  const open: Socket[] = [];
  const patient = createNetServer((socket) => {
    open.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write(OK.replace("\r\n", "\r\nKeep-Alive: timeout=1\r\n")));
  }).listen(0, "127.0.0.1");
  await once(patient, "listening");
  const to = new Origin("127.0.0.1", (patient.address() as AddressInfo).port, 60_000);
  await ended(send("/", to));
  await eventually(() => open[0]?.destroyed);
  to.close();
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => patient.close(resolve));
});

it("takes nothing for an answer that a server sends unasked", async () => {
  const open: Socket[] = [];
  const talker = createNetServer((socket) => {
    open.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nasked");
      setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked"), 20);
    });
  }).listen(0, "127.0.0.1");
  await once(talker, "listening");
  const to = new Origin("127.0.0.1", (talker.address() as AddressInfo).port, 400);
  for (let n = 0; n < 3; n++) {
    const taken = send("/", to);
    await ended(taken);
    expect(taken.body).toBe("asked");
    await wait(60);
  }
  expect(open).toHaveLength(3);
  to.close();
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => talker.close(resolve));
});

const openConnections = () => new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)));
