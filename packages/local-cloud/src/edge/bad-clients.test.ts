import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CloudUnderTest, eventually, nodeService, processesNaming } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
let id: string;
beforeAll(async () => {
  t = await CloudUnderTest.start();
  const handler = `
    if (request.url === "/late") return void response.on("close", () => console.log("left"));
    if (request.url === "/half") return void request.socket.end("HTTP/1.1 200 OK\\r\\ncontent-length: 100\\r\\n\\r\\npart");
    request.resume().on("end", () => response.end("whole")).on("aborted", () => console.log("aborted"));`;
  ({ id } = await t.deploy("halves", nodeService(handler), { target: "production" }));
  await t.visit("halves.localhost");
});
afterAll(() => t.end());

/** A connection to the edge that the test writes to by hand. */
async function opened(): Promise<{ socket: Socket; closed: Promise<string> }> {
  const socket = connect({
    port: Number(new URL(t.cloud.edgeUrl).port),
    host: "127.0.0.1",
    allowHalfOpen: true,
  });
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => {
    socket.on("end", () => resolve(text)).on("close", () => resolve(text));
  });
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return { socket, closed };
}

const head = (path: string) => `GET ${path} HTTP/1.1\r\nhost: halves.localhost\r\n\r\n`;

/** The newest line that the process printed. */
async function lastLine(): Promise<string> {
  const { body } = await t.api("GET", `/v1/projects/halves/deployments/${id}/runtime-logs`);
  return JSON.parse(String(body)).message;
}

// Taken for alive, a visitor that is gone would keep its stream open until the next write; nginx does the same.
it("a visitor that closes its sending half has left: the connection ends at once, and the process learns of it", async () => {
  const { socket, closed } = await opened();
  const began = performance.now();
  socket.end(head("/late"));
  expect(await closed).toBe("");
  expect(performance.now() - began).toBeLessThan(4_000);
  socket.destroy();
  await eventually(async () => (await lastLine()) === "left");
});

it("a visitor that closes its half amid its body is refused, and the process learns of it", async () => {
  const { socket, closed } = await opened();
  socket.end(`POST /body HTTP/1.1\r\nhost: halves.localhost\r\ncontent-length: 1000\r\n\r\nonly this`);
  expect(await closed).not.toContain("whole");
  socket.destroy();
  await eventually(async () => (await lastLine()) === "aborted");
});

it("a process that closes its half amid its answer breaks the answer off: never a hang, never a short answer taken for whole", async () => {
  await expect(t.visit("halves.localhost", "/half")).rejects.toThrow();
  expect((await t.visit("halves.localhost")).body).toBe("whole");
});

it("many half-closed and silent connections leave nothing behind, and the cloud ends", async () => {
  const all = await Promise.all(Array.from({ length: 50 }, opened));
  for (const [i, { socket }] of all.entries()) {
    if (i % 3 === 0) socket.end();
    else if (i % 3 === 1) socket.end("GET / HT");
    else socket.write("GET / HTTP/1.1\r\nhost: halves.loc");
  }
  expect((await t.visit("halves.localhost")).body).toBe("whole");
  expect(processesNaming(id)).toHaveLength(1);
  const began = performance.now();
  await t.restart();
  expect(performance.now() - began).toBeLessThan(5_000);
  await Promise.all(all.map(({ closed }) => closed));
  for (const { socket } of all) socket.destroy();
  expect(processesNaming(id)).toEqual([]);
});
