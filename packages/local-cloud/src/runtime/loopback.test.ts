import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually } from "../testing/cloud-under-test.js";
import { freePort, isTaken } from "./free-port.js";

const HAS_V6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);
const ON_V6 = HAS_V6 ? "" : " (SKIPPED: this machine has no ::1)";
if (!HAS_V6) console.warn("This machine has no ::1, so services that listen there alone are not tested.");

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { stopMs: 300 } });
});
afterAll(() => t.end());

/** A service that says where it listens, and speaks a protocol of its own when it is asked to upgrade. */
const listening = (how: string, start = "node index.js") => ({
  "package.json": JSON.stringify({ type: "module", scripts: { start } }),
  "index.js": `import { createServer } from "node:http";
import { existsSync, writeFileSync } from "node:fs";
const PORT = Number(process.env.PORT);
const restarted = existsSync("begun");
writeFileSync("begun", "");
const server = createServer((request, response) => {
  if (request.url === "/die") process.exit(1);
  response.end(server.address().address);
});
server.on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: talk\\r\\nConnection: Upgrade\\r\\n\\r\\n");
  socket.on("error", () => {});
  socket.on("data", (said) => socket.write("you said " + said + " at " + server.address().address));
});
${how};`,
});

/** Without what keeps Node's listeners on 127.0.0.1, as a program in another language is. */
const UNBOUND = "env -u NODE_OPTIONS node index.js";

/** Upgrades a connection, says hello, and gives everything that came until `isDone`. */
function talk(host: string, isDone: (answer: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(t.cloud.edgeUrl).port), "127.0.0.1", () =>
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: talk\r\n\r\n`),
    );
    let answer = "";
    socket.setTimeout(30_000, () => socket.destroy(new Error(`nothing more came after: ${answer}`)));
    socket.on("data", (part) => {
      if (answer === "") socket.write("hello");
      answer += part;
      if (isDone(answer)) socket.destroy();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("a service is found at the loopback address that it listens on", () => {
  const V4 = /^127\.0\.0\.1$/;
  const V6 = /^::1$/;
  it.each<[string, string | undefined, RegExp]>([
    ["server.listen(PORT)", undefined, V4],
    ["server.listen(PORT, '127.0.0.1')", undefined, V4],
    ["server.listen(PORT, 'localhost')", undefined, V4],
    ["server.listen(PORT, '127.0.0.1')", UNBOUND, V4],
    // As the system resolves it, which differs from machine to machine.
    ["server.listen(PORT, 'localhost')", UNBOUND, /^(::1|127\.0\.0\.1)$/],
  ])("%s, started by %s", async (how, start, where) => {
    const one = await t.deploy("found", listening(how, start));
    const seen = await t.visit(one.url);
    expect([seen.status, seen.body]).toEqual([200, expect.stringMatching(where)]);
  });

  it.skipIf(!HAS_V6).each([["node index.js"], [UNBOUND]])(
    `server.listen(PORT, '::1'), started by %s, for requests and upgrades${ON_V6}`,
    async (start) => {
      const one = await t.deploy("six", listening("server.listen(PORT, '::1')", start));
      const seen = await t.visit(one.url);
      expect([seen.status, seen.body]).toEqual([200, expect.stringMatching(V6)]);
      const answer = await talk(one.url, (text) => text.includes(" at ::1"));
      expect(answer).toMatch(/^HTTP\/1.1 101 .*you said hello at ::1$/s);
    },
  );

  it.skipIf(!HAS_V6)(`anew at each start: it may have moved${ON_V6}`, async () => {
    const one = await t.deploy("moves", listening("server.listen(PORT, restarted ? '127.0.0.1' : '::1')"));
    expect((await t.visit(one.url)).body).toBe("::1");
    expect((await t.visit(one.url, "/die")).status).toBe(500);
    await eventually(async () => (await t.visit(one.url)).body === "127.0.0.1");
  });
});

describe("the port that a service is given", () => {
  it.each(HAS_V6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"])("is nobody else's at %s", async (address) => {
    const stranger = createServer().listen(0, address);
    await once(stranger, "listening");
    const { port } = stranger.address() as AddressInfo;
    await expect(freePort(async () => port)).rejects.toThrow("No free port");
    stranger.close();
  });

  it("is free where the machine lacks an address, as one without IPv6 does", async () => {
    expect(await isTaken(await freePort(), "2001:db8::1")).toBe(false);
  });
});
