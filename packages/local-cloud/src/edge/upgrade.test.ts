import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually } from "../testing/cloud-under-test.js";
import { Receiver } from "../testing/receiver.js";

/** Speaks a protocol of its own at `/talk`, refuses others, never answers at `/silent`, dies at `/die`. */
const SERVICE = {
  "package.json": JSON.stringify({ type: "module", scripts: { start: "node index.js" } }),
  "index.js": `import { createServer } from "node:http";
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => { body += part; });
  request.on("end", () => response.end(JSON.stringify({ url: request.url, method: request.method, body, upgrade: request.headers.upgrade ?? null })));
});
server.on("upgrade", (request, socket) => {
  socket.on("error", () => {});
  if (request.url === "/silent") return;
  if (request.url === "/die") process.exit(1);
  if (request.url === "/no") return void socket.end("HTTP/1.1 426 Upgrade Required\\r\\ncontent-length: 2\\r\\n\\r\\nno");
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: talk\\r\\nConnection: Upgrade\\r\\nset-cookie: own=1\\r\\n\\r\\n");
});
server.listen(process.env.PORT);`,
};

let t: CloudUnderTest;
let id: string;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
  t = await CloudUnderTest.start();
  id = await prepare(t);
});
afterAll(async () => {
  await t.end();
  await receiver.end();
});

/** Deploys the service to production, with a drain to the receiver. @returns its id */
async function prepare(cloud: CloudUnderTest): Promise<string> {
  await cloud.api("POST", "/v1/drains", {
    name: "all",
    schemas: { log: { version: "v1" } },
    delivery: { type: "http", endpoint: receiver.url, encoding: "json", headers: {} },
  });
  return (await cloud.deploy("up", SERVICE, { target: "production" })).id;
}

/** The drain's record of a request for the path. */
const recordOf = (path: string) =>
  eventually(() =>
    receiver.received
      .flatMap(({ body }) => JSON.parse(body))
      .find((record) => record.proxy && record.path === path),
  );

/** Writes by hand and reads until `isDone`, or the end of the connection. */
function raw(text: string, isDone: (answer: string) => boolean = () => false, to = t): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(to.cloud.edgeUrl).port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setTimeout(15_000, () => socket.destroy(new Error(`neither answered nor closed: ${answer}`)));
    socket.on("data", (part) => {
      answer += part;
      if (isDone(answer)) socket.destroy();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

const asking = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: up.localhost\r\nConnection: Upgrade\r\nUpgrade: talk\r\n\r\n`;

describe("an upgrade", () => {
  it("is told which deployment answered, like any answer, and keeps the process's own cookies", async () => {
    const answer = await raw(asking("/talk"), (text) => text.endsWith("\r\n\r\n"));
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer).toContain(`x-atoms-cloud-deployment: ${id}`);
    expect(answer).toMatch(/x-vercel-id: local1::local::/);
    expect(answer).toContain("set-cookie: own=1");
  });

  it("that the process refuses is refused in the process's words", async () => {
    expect(await raw(asking("/no"))).toMatch(/^HTTP\/1.1 426 .*\r\n\r\nno$/s);
  });

  it("of a process that dies is told as a crash, and counts as a failure", async () => {
    const answer = await raw(asking("/die"));
    expect(answer).toMatch(/^HTTP\/1.1 500 /);
    expect(answer).toContain("x-vercel-error: FUNCTION_INVOCATION_FAILED");
    const seen = await recordOf("/die");
    expect([seen.statusCode, seen.proxy.statusCode]).toEqual([-1, 500]);
  });

  it("of a process that never answers is never a hang, and counts as a failure", async () => {
    const impatient = await CloudUnderTest.start({ limits: { answerMs: 1_000 } });
    await prepare(impatient);
    const answer = await raw(asking("/silent"), undefined, impatient);
    expect(answer).toMatch(/^HTTP\/1.1 504 /);
    expect(answer).toContain("x-vercel-error: FUNCTION_INVOCATION_TIMEOUT");
    const seen = await recordOf("/silent");
    expect([seen.statusCode, seen.proxy.statusCode]).toEqual([-1, 504]);
    await impatient.end();
  });

  it("keeps a visitor of a rolling release on a side", async () => {
    await t.api("PATCH", "/v1/projects/up/rolling-release/config", {
      enabled: true,
      stages: [{ targetPercentage: 50 }, { targetPercentage: 100 }],
    });
    await t.deploy("up", SERVICE, { target: "production" });
    const answer = await raw(asking("/talk"), (text) => text.endsWith("\r\n\r\n"));
    expect(answer).toMatch(/set-cookie: _vcrr_/);
    await t.api("POST", `/v9/projects/up/rollback/${id}`, {});
  });
});

describe("the mere offer of HTTP/2, which many clients make with any request, is passed over", () => {
  const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";

  it("with a body, small or large, and for the next request on the connection", async () => {
    const large = "z".repeat(300_000);
    for (const body of ["abc", large]) {
      const first = `POST /a HTTP/1.1\r\nHost: up.localhost\r\n${offer}Content-Length: ${body.length}\r\n\r\n${body}`;
      const second = "GET /b HTTP/1.1\r\nHost: up.localhost\r\nConnection: close\r\n\r\n";
      const answer = await raw(first + second);
      expect(answer.match(/HTTP\/1.1 200 /g)).toHaveLength(2);
      expect(answer).toContain(JSON.stringify({ url: "/a", method: "POST", body, upgrade: null }));
      expect(answer).toContain('"url":"/b"');
    }
  });

  it("without one", async () => {
    const answer = await raw(`GET /a HTTP/1.1\r\nHost: up.localhost\r\n${offer}\r\n`, (text) =>
      text.includes("}"),
    );
    expect(answer).toContain('"upgrade":null');
  });
});

describe("what a visitor did wrong is no failure of the deployment", () => {
  it.each([
    ["two hosts", "GET /two HTTP/1.1\r\nHost: up.localhost\r\nHost: up.localhost\r\n"],
    ["a target that is no path", "OPTIONS * HTTP/1.1\r\nHost: up.localhost\r\n"],
  ])("%s", async (_what, head) => {
    const path = head.split(" ")[1];
    const answer = await raw(`${head}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    const seen = await recordOf(String(path));
    expect([seen.level, seen.statusCode, seen.proxy.statusCode]).toEqual(["info", 400, 400]);
  });

  it("a target in full, as clients of proxies write it, is understood", async () => {
    const answer = await raw(
      "GET http://up.localhost/full?x=1 HTTP/1.1\r\nHost: up.localhost\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toContain('"url":"/full?x=1"');
  });
});
