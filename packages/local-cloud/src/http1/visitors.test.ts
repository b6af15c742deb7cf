import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../testing/cloud-under-test.js";
import type { PlainResponse } from "./plain-response.js";
import type { PlainRequest } from "./read-request.js";
import { answerPlainRequests } from "./visitors.js";

let server: Server;
let closeVisitors: () => void;
/** Plain requests, which the tests answer. */
let asked: { request: PlainRequest; response: PlainResponse }[];
let sockets: Socket[];

beforeEach(async () => {
  asked = [];
  sockets = [];
  server = createServer((request, response) => {
    request.resume().on("end", () => response.end(`node ${request.url}`));
  });
  closeVisitors = answerPlainRequests(server, (request, response) => {
    asked.push({ request, response });
    if (request.url !== "/wait") response.writeHead(200, {}).end(`plain ${request.url}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  closeVisitors();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A visitor, and all that it was sent so far. */
async function visitor(): Promise<{ socket: Socket; text: () => string; isClosed: () => boolean }> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => undefined);
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  await once(socket, "connect");
  return { socket, text: () => text, isClosed: () => socket.destroyed || socket.readableEnded };
}

const ask = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const bodies = (text: string) => text.match(/(plain|node) \/[a-z0-9]*/g) ?? [];

describe("a connection", () => {
  it("has its plain requests answered, one after the other", async () => {
    const { socket, text } = await visitor();
    for (const path of ["/1", "/2", "/3"]) {
      socket.write(ask(path));
      await eventually(() => text().includes(`plain ${path}`));
    }
    expect(bodies(text())).toEqual(["plain /1", "plain /2", "plain /3"]);
  });

  it("goes to Node's server with the first request that is not plain, and stays there", async () => {
    const { socket, text } = await visitor();
    socket.write(ask("/1"));
    await eventually(() => text().includes("plain /1"));
    socket.write(ask("/2", "TE: trailers\r\n"));
    await eventually(() => text().includes("node /2"));
    socket.write(ask("/3"));
    await eventually(() => text().includes("node /3"));
    expect(bodies(text())).toEqual(["plain /1", "node /2", "node /3"]);
  });

  it("goes there with nothing lost when a request comes in pieces", async () => {
    const { socket, text } = await visitor();
    for (const letter of `POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`) {
      socket.write(letter);
      await wait(1);
    }
    await eventually(() => text().includes("node /slow"));
    expect(asked).toEqual([]);
  });

  it("gets its answers in order when requests come before they are asked for", async () => {
    const { socket, text } = await visitor();
    socket.write(ask("/wait"));
    await eventually(() => asked.length === 1);
    socket.write(ask("/2"));
    await wait(20);
    socket.write(ask("/3"));
    await wait(20);
    expect(asked).toHaveLength(1);
    asked[0]?.response.writeHead(200, {}).end("plain /wait");
    await eventually(() => bodies(text()).length === 3);
    expect(bodies(text()).map((one) => one.split("/")[1])).toEqual(["wait", "2", "3"]);
  });

  it("is closed after the answer when the visitor asks for it, and nothing behind is read", async () => {
    const { socket, text, isClosed } = await visitor();
    socket.write(ask("/wait", "Connection: close\r\n"));
    const response = await eventually(() => asked[0]?.response);
    socket.write(ask("/2"));
    await wait(20);
    response.writeHead(200, {}).end("plain /wait");
    await eventually(isClosed);
    expect(bodies(text())).toEqual(["plain /wait"]);
    expect(text()).toContain("Connection: close\r\n");
  });

  it("that the visitor leaves amid an answer is told of, once", async () => {
    const { socket } = await visitor();
    socket.write(ask("/wait"));
    const response = await eventually(() => asked[0]?.response);
    let left = 0;
    response.whenLeft(() => left++);
    socket.destroy();
    await eventually(() => left > 0);
    expect([left, response.destroyed]).toEqual([1, true]);
    // Whatever is said now goes nowhere.
    response.writeHead(200, {}).end("late");
  });

  it("that says nothing is ended with the rest", async () => {
    const [silent, waiting, taken] = await Promise.all([visitor(), visitor(), visitor()]);
    waiting.socket.write(ask("/wait"));
    taken.socket.write("GET / HT");
    await eventually(() => asked.length === 1);
    closeVisitors();
    await eventually(() => silent.isClosed() && waiting.isClosed());
    server.closeAllConnections();
    await eventually(taken.isClosed);
  });
});

it("a visitor that asks for more and more, and takes nothing, fills no memory", async () => {
  const size = 4_000_000;
  const { socket, text } = await visitor();
  socket.pause();
  for (let n = 1; n <= 12; n++) {
    socket.write(ask("/wait"));
    await wait(20);
    const next = asked[n - 1]?.response;
    next?.begin(200, "OK", { text: "", length: size, isDated: false }, false);
    next?.pass(
      { head: null, body: [0, size], isOver: true, keepsAlive: true, isBad: false },
      Buffer.alloc(size, "b"),
    );
    next?.finish();
  }
  const answered = asked.length;
  expect(answered).toBeLessThan(12);
  socket.resume();
  await eventually(() => asked.length > answered || text().includes("node /wait"));
});

describe("an answer", () => {
  it("of the edge's own has a length and a date, and to HEAD no body", async () => {
    const { socket, text } = await visitor();
    socket.write(ask("/1").replace("GET", "HEAD"));
    await eventually(() => text().endsWith("\r\n\r\n"));
    expect(text()).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-length: 8\r\nDate: .+ GMT\r\nConnection: keep-alive\r\n/,
    );
    expect(bodies(text())).toEqual([]);
  });

  it("that breaks off still brings what came of it a moment before", async () => {
    const { socket, text, isClosed } = await visitor();
    socket.write(ask("/wait"));
    const response = await eventually(() => asked[0]?.response);
    response.begin(200, "OK", { text: "", length: 100, isDated: false }, false);
    response.pass(
      { head: null, body: [0, 4], isOver: false, keepsAlive: true, isBad: false },
      Buffer.from("part"),
    );
    response.destroy();
    await eventually(isClosed);
    expect(text()).toMatch(/\r\n\r\npart$/);
  });

  it("of which a visitor has not taken all is not cut off, however long the visitor pauses; an idle connection is", async () => {
    const size = 20_000_000;
    const atServer: Socket[] = [];
    server.on("connection", (socket: Socket) => atServer.push(socket));
    const { socket, text, isClosed } = await visitor();
    socket.write(ask("/wait"));
    const response = await eventually(() => asked[0]?.response);
    socket.pause();
    response.begin(200, "OK", { text: "", length: size, isDated: false }, false);
    response.pass(
      { head: null, body: [0, size], isOver: true, keepsAlive: true, isBad: false },
      Buffer.alloc(size, "b"),
    );
    response.finish();
    await wait(50);
    // What a socket tells when nothing has moved for a minute.
    atServer[0]?.emit("timeout");
    socket.resume();
    await eventually(() => text().length > size || isClosed());
    expect([text().length > size, isClosed()]).toEqual([true, false]);
    await eventually(() => {
      atServer[0]?.emit("timeout");
      return isClosed();
    });
  });

  it("that breaks off closes the connection", async () => {
    const { socket, isClosed } = await visitor();
    socket.write(ask("/wait"));
    const response = await eventually(() => asked[0]?.response);
    response.begin(200, "OK", { text: "", length: 100, isDated: false }, false);
    response.pass(
      { head: null, body: [0, 4], isOver: false, keepsAlive: true, isBad: false },
      Buffer.from("part"),
    );
    await wait(20);
    response.destroy();
    await eventually(isClosed);
  });
});
