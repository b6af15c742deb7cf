import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";

const SERVICE = nodeService(
  `
  if (request.url === "/headers") return response.end(JSON.stringify(request.headers));
  if (request.url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const say = (n) => { response.write("data: " + n + "\\n\\n"); if (n < 3) setTimeout(say, 80, n + 1); else response.end(); };
    setTimeout(say, 80, 1);
    return;
  }
  if (request.url === "/hash") {
    const hash = createHash("sha1");
    request.on("data", (part) => hash.update(part));
    request.on("end", () => response.end(hash.digest("hex")));
    return;
  }
  if (request.url === "/big") return response.end(Buffer.alloc(5_000_000, "b"));
  if (request.url === "/break") { response.write("half"); setTimeout(() => request.socket.destroy(), 30); return; }
  if (request.url === "/echo") { response.writeHead(200); request.pipe(response); return; }
  if (request.url === "/cookies") { response.setHeader("set-cookie", ["a=1", "b=2"]); response.statusCode = 201; return response.end(); }
  response.end("hello");
`,
  'import { createHash } from "node:crypto";',
).valueOf() as Record<string, string>;
const UPGRADE = `
server.on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: echo\\r\\nConnection: Upgrade\\r\\n\\r\\n");
  socket.on("data", (data) => socket.write("echo " + data));
  socket.on("error", () => {});
});`;

let t: CloudUnderTest;
let host: string;
let id: string;
beforeAll(async () => {
  t = await CloudUnderTest.start();
  const index = `${SERVICE["index.js"]?.replace("createServer((", "const server = createServer((")}${UPGRADE}`;
  const one = await t.deploy("edge", { ...SERVICE, "index.js": index }, { target: "production" });
  host = one.url;
  id = one.id;
});
afterAll(() => t.end());

describe("the host", () => {
  it("decides, whatever its case, port or final dot", async () => {
    for (const name of ["edge.localhost", "EDGE.localhost:8080", "edge.localhost.", host]) {
      const seen = await t.visit(name);
      expect([name, seen.status, seen.headers["x-atoms-cloud-deployment"]]).toEqual([name, 200, id]);
      expect(seen.headers["x-vercel-deployment-url"]).toBe(host);
      expect(seen.headers["x-vercel-id"]).toMatch(/^local1::local::\w+-\d+-\w+$/);
    }
  });

  it.each(["nobody.localhost", "localhost", "127.0.0.1", "edge.localhost.evil.example", "__proto__"])(
    "%s is nobody's: 404",
    async (name) => {
      const seen = await t.visit(name);
      expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([404, "DEPLOYMENT_NOT_FOUND"]);
    },
  );
});

describe("headers", () => {
  it("tell the process who asked, and a visitor cannot make them up", async () => {
    const seen = await t.visit(host, "/headers", {
      headers: {
        "x-real-ip": "6.6.6.6",
        "x-vercel-id": "forged",
        "x-vercel-deployment-url": "forged",
        "x-forwarded-host": "forged",
        "x-mine": "kept",
        connection: "x-hop",
        "x-hop": "dropped",
      },
    });
    const got = JSON.parse(seen.body);
    expect(got).toMatchObject({
      host,
      "x-mine": "kept",
      "x-forwarded-for": "127.0.0.1",
      "x-real-ip": "127.0.0.1",
      "x-vercel-forwarded-for": "127.0.0.1",
      "x-forwarded-host": host,
      "x-forwarded-proto": "http",
      "x-vercel-deployment-url": host,
      "x-vercel-id": seen.headers["x-vercel-id"],
    });
    expect(got["x-hop"]).toBeUndefined();
  });

  it("take the visitor's address from a proxy on this machine", async () => {
    const seen = await t.visit(host, "/headers", { headers: { "x-forwarded-for": "203.0.113.9, 10.0.0.1" } });
    expect(JSON.parse(seen.body)["x-real-ip"]).toBe("203.0.113.9");
  });

  it("of the answer come through, with status and several cookies", async () => {
    const seen = await t.visit(host, "/cookies");
    expect([seen.status, seen.headers["set-cookie"]]).toEqual([201, ["a=1", "b=2"]]);
  });
});

describe("bodies", () => {
  it("are streamed out: each event arrives when it was sent", async () => {
    const times = await new Promise<number[]>((resolve, reject) => {
      const seen: number[] = [];
      request(`${t.cloud.edgeUrl}/events`, { headers: { host }, agent: false }, (answer) => {
        seen.push(performance.now());
        answer.on("data", () => seen.push(performance.now()));
        answer.on("end", () => resolve(seen));
      })
        .on("error", reject)
        .end();
    });
    expect(times).toHaveLength(4);
    expect((times[3] as number) - (times[1] as number)).toBeGreaterThan(100);
  });

  it("are streamed in, chunked, both ways at once", async () => {
    const got = await new Promise<string>((resolve, reject) => {
      let answered = "";
      const sent = request(
        `${t.cloud.edgeUrl}/echo`,
        { method: "POST", headers: { host }, agent: false },
        (answer) => {
          answer.on("data", (part) => {
            answered += part;
            if (answered === "first ") sent.end("second");
          });
          answer.on("end", () => resolve(answered));
        },
      );
      sent.on("error", reject);
      sent.write("first ");
    });
    expect(got).toBe("first second");
  });

  it("of megabytes arrive whole", async () => {
    const body = randomBytes(2_000_000).toString("base64");
    const seen = await t.visit(host, "/hash", { method: "POST", body });
    expect(seen.body).toBe(createHash("sha1").update(body).digest("hex"));
    expect((await t.visit(host, "/big")).body.length).toBe(5_000_000);
  });

  it("that break off are broken off for the visitor too", async () => {
    await expect(t.visit(host, "/break")).rejects.toThrow();
  });
});

describe("connections", () => {
  it("are kept for further requests", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const once = () =>
      new Promise<number | undefined>((resolve, reject) => {
        request(t.cloud.edgeUrl, { headers: { host }, agent }, (answer) => {
          const port = answer.socket.localPort;
          answer.resume().on("end", () => resolve(port));
        })
          .on("error", reject)
          .end();
      });
    const ports = [await once(), await once(), await once()];
    agent.destroy();
    expect(new Set(ports).size).toBe(1);
  });

  it("are upgraded, and joined both ways", async () => {
    const { port } = new URL(t.cloud.edgeUrl);
    const got = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), "127.0.0.1", () => {
        socket.write(`GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n`);
      });
      let text = "";
      socket.setTimeout(5_000, () => reject(new Error(`no echo: ${text}`)));
      socket.on("data", (data) => {
        text += data;
        if (text.endsWith("\r\n\r\n")) socket.write("there");
        if (text.endsWith("echo there")) {
          socket.destroy();
          resolve(text);
        }
      });
      socket.on("error", reject);
    });
    expect(got).toMatch(/^HTTP\/1.1 101 /);
  });

  it.each([
    ["two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"],
    [
      "a length and chunks",
      "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    ],
    ["a header without a name", ": x\r\n\r\n"],
    ["a folded header", "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"],
    ["a bare line feed", "X-A: b\nContent-Length: 0\r\n\r\n"],
    ["an unknown transfer encoding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["a second host", "Host: other.localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"],
  ])("are refused when the request is ambiguous: %s", async (_what, rest) => {
    const { port } = new URL(t.cloud.edgeUrl);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\n${rest}`),
      );
      let text = "";
      socket.setTimeout(5_000, () => socket.destroy(new Error("neither answered nor closed")));
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).not.toContain("200 OK");
  });
});
