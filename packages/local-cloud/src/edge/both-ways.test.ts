import { createHash, randomBytes } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, nodeService } from "../testing/cloud-under-test.js";

// A request that is plain goes its own way through the edge, any other through Node's server and undici. A visitor must not
// be able to tell which.
const SERVICE = nodeService(
  `
  const { pathname } = new URL(request.url, "http://a");
  const body = "x".repeat(1000);
  switch (pathname) {
    case "/seen": return response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }));
    case "/length": return response.setHeader("content-length", 1000).end(body);
    case "/chunks": response.write("one "); response.write("two "); return response.end("three");
    case "/cookies": return response.writeHead(201, "Made Here", [["Set-Cookie", "a=1"], ["set-cookie", "b=2"], ["X-Case", "Kept"]]).end("made");
    case "/nothing": return response.writeHead(204).end();
    case "/same": return response.writeHead(304, { etag: '"e"' }).end();
    case "/moved": return response.writeHead(308, { location: "/length?a=b" }).end();
    case "/error": return response.writeHead(500, { "x-vercel-id": "forged" }).end("bad");
    case "/big": return response.end(Buffer.alloc(3_000_000, "b"));
    case "/hop": return response.writeHead(200, { connection: "x-hop", "x-hop": "1", "x-kept": "2" }).end("hop");
    case "/latin": return response.writeHead(200, { "x-name": "caf\\u00e9" }).end("latin");
    case "/date": return response.writeHead(200, { date: "Thu, 01 Jan 1970 00:00:00 GMT" }).end("date");
    case "/early": response.writeEarlyHints({ link: "</a.css>; rel=preload" }); return response.end("early");
    case "/trailers": response.writeHead(200, { trailer: "x-sum" }); response.write("with "); response.addTrailers({ "x-sum": "1" }); return response.end("trailers");
    case "/until-closed": request.socket.write("HTTP/1.1 200 OK\\r\\nx-own: 1\\r\\n\\r\\nuntil "); return void setTimeout(() => request.socket.end("closed"), 30);
    case "/big-until-closed": request.socket.write("HTTP/1.1 200 OK\\r\\n\\r\\n"); return void request.socket.end(Buffer.alloc(3_000_000, "b"));
    case "/big-closed": return void request.socket.end("HTTP/1.0 200 OK\\r\\nContent-Length: 3000000\\r\\n\\r\\n" + "b".repeat(3_000_000));
    case "/old": return void request.socket.end("HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nold");
    case "/noise": return void request.socket.end("this is no answer\\r\\n\\r\\n");
    case "/two-lengths": return void request.socket.end("HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nContent-Length: 4\\r\\n\\r\\nabcd");
    case "/large-head": return response.writeHead(200, { "x-large": "a".repeat(17_000) }).end("large");
    case "/control": return void request.socket.end("HTTP/1.1 200 OK\\r\\nx-a: b\\x01c\\r\\nContent-Length: 0\\r\\n\\r\\n");
    case "/folded": return void request.socket.end("HTTP/1.1 200 OK\\r\\nx-a: b\\r\\n c\\r\\nContent-Length: 0\\r\\n\\r\\n");
    case "/break": response.writeHead(200, { "content-length": 100 }); response.write("part"); return void setTimeout(() => request.socket.destroy(), 30);
    case "/hang-up": return void request.socket.destroy();
    case "/hash": {
      const hash = createHash("sha1");
      request.on("data", (part) => hash.update(part)).on("end", () => response.end(hash.digest("hex")));
      return;
    }
    case "/events": {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let n = 0;
      const timer = setInterval(() => { response.write("data: " + ++n + "\\n\\n"); if (n === 3) { clearInterval(timer); response.end(); } }, 60);
      return;
    }
    case "/never": return void response.on("close", () => console.log("left " + request.headers["x-way"]));
  }
  response.writeHead(404).end("not found");
`,
  'import { createHash } from "node:crypto";',
);

interface Answered {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly broke: boolean;
  readonly pieces: number;
}

let t: CloudUnderTest;
let id: string;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { answerMs: 2_000 } });
  ({ id } = await t.deploy("ways", SERVICE, { target: "production" }));
  await t.visit("ways.localhost");
});
afterAll(() => t.end());

const agent = new Agent({ keepAlive: true });
afterAll(() => agent.destroy());

/** `TE` is what makes a request one that is not plain; it goes no further. */
const WAYS = { plain: {}, full: { te: "trailers" } };

function ask(
  way: keyof typeof WAYS,
  path: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const sent = request(
      t.cloud.edgeUrl + path,
      { method, agent, headers: { host: "ways.localhost", ...length, ...headers, ...WAYS[way] } },
      (answer) => {
        let text = "";
        let pieces = 0;
        let broke = false;
        answer.setEncoding("latin1").on("data", (part: string) => {
          text += part;
          pieces++;
        });
        answer.on("error", () => {
          broke = true;
        });
        answer.on("close", () =>
          resolve({
            status: answer.statusCode ?? 0,
            reason: answer.statusMessage ?? "",
            headers: answer.headers,
            body: text,
            broke,
            pieces,
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Without what is another at each request, or is about the connection alone. */
function comparable({ headers, pieces: _, ...rest }: Answered): object {
  const { date, "transfer-encoding": framing, ...others } = headers;
  expect(typeof date).toBe("string");
  return {
    ...rest,
    headers: { ...others, "x-vercel-id": "" },
    isFramed: framing ?? others["content-length"] ?? null,
  };
}
describe("answers are the same on both ways:", () => {
  it.each([
    ["/length"],
    ["/chunks"],
    ["/cookies"],
    ["/nothing"],
    ["/same"],
    ["/moved"],
    ["/error"],
    ["/big"],
    ["/hop"],
    ["/latin"],
    ["/date"],
    ["/early"],
    ["/trailers"],
    ["/until-closed"],
    ["/big-until-closed"],
    ["/big-closed"],
    ["/old"],
    ["/noise"],
    ["/two-lengths"],
    ["/large-head"],
    ["/control"],
    ["/folded"],
    ["/break"],
    ["/hang-up"],
    ["/missing?a=b"],
  ])("%s", async (where) => {
    const [plain, full] = [await ask("plain", where), await ask("full", where)];
    const shorn = (one: Answered) => ({ ...one, body: one.body.replace(/local1::\S+/, "") });
    expect(comparable(shorn(plain))).toEqual(comparable(shorn(full)));
  });

  it.each([["/length"], ["/chunks"], ["/cookies"], ["/error"]])("HEAD %s", async (where) => {
    const answers = [
      await ask("plain", where, { method: "HEAD" }),
      await ask("full", where, { method: "HEAD" }),
    ];
    const [plain, full] = answers.map(({ status, reason, body, headers }) => ({
      status,
      reason,
      body,
      length: headers["content-length"],
      cookies: headers["set-cookie"],
    }));
    expect(plain).toEqual(full);
  });

  it("bodies of a page and of megabytes", async () => {
    for (const size of [100, 2_000_000]) {
      const body = randomBytes(size).toString("base64");
      const sum = createHash("sha1").update(body).digest("hex");
      for (const way of ["plain", "full"] as const)
        expect((await ask(way, "/hash", { method: "POST", body })).body).toBe(sum);
    }
  });

  it("events arrive as they are sent", async () => {
    for (const way of ["plain", "full"] as const)
      expect((await ask(way, "/events")).pieces).toBeGreaterThanOrEqual(3);
  });
});

it("a process is told the same of the visitor", async () => {
  const headers = {
    "x-forwarded-for": "203.0.113.9",
    "x-real-ip": "6.6.6.6",
    "X-Mine": "caf\u00e9",
    cookie: "a=1; b=2",
  };
  const [plain, full] = await Promise.all(
    (["plain", "full"] as const).map(async (way) => {
      const { body } = await ask(way, "/seen?q=%20//x", { method: "POST", headers, body: "{}" });
      const seen = JSON.parse(body);
      return { ...seen, headers: { ...seen.headers, traceparent: "", "x-vercel-id": "" } };
    }),
  );
  expect(plain).toEqual(full);
  expect(plain.headers["x-forwarded-for"]).toBe("203.0.113.9");
});

it("a process that says nothing is given up after the same time", async () => {
  for (const way of ["plain", "full"] as const) {
    const { status, headers } = await ask(way, "/never", { headers: { "x-way": "silent" } });
    expect([status, headers["x-vercel-error"]]).toEqual([504, "FUNCTION_INVOCATION_TIMEOUT"]);
  }
});

it("a visitor that leaves is told to the process, and recorded", async () => {
  for (const way of ["plain", "full"] as const) {
    const sent = request(`${t.cloud.edgeUrl}/never`, {
      agent: false,
      headers: { host: "ways.localhost", "x-way": way, ...WAYS[way] },
    });
    sent.on("error", () => undefined);
    sent.end();
    await wait(100);
    sent.destroy();
    await eventually(async () => {
      const { body } = await t.api("GET", `/v1/projects/ways/deployments/${id}/runtime-logs`);
      return String(JSON.stringify(body)).includes(`left ${way}`);
    });
  }
});
