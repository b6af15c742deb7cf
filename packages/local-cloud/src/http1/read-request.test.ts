import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRequest } from "./read-request.js";

const socket = { remoteAddress: "127.0.0.1" };
const taken = (arrived: Buffer) => readRequest(arrived, socket);
const bytes = (text: string) => Buffer.from(text, "latin1");
const HEAD = "GET /a?b=c HTTP/1.1\r\nHost: shop.localhost\r\n";

describe("a plain request", () => {
  it("is read with its headers as they came, and by their names", () => {
    const text = "GET /a?b=c HTTP/1.1\r\nHost: shop.localhost\r\nX-One:  two words \t\r\nx-empty:\r\n\r\n";
    expect(taken(bytes(text))).toEqual({
      method: "GET",
      url: "/a?b=c",
      headers: Object.assign(Object.create(null), {
        host: "shop.localhost",
        "x-one": "two words",
        "x-empty": "",
      }),
      rawHeaders: ["Host", "shop.localhost", "X-One", "two words", "x-empty", ""],
      body: null,
      keepsAlive: true,
      socket,
    });
  });

  it("may have a body of a told length", () => {
    const read = taken(bytes('POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n{"a":1}'));
    expect([read?.method, read?.body?.toString()]).toEqual(["POST", '{"a":1}']);
  });

  it.each([
    ["Connection: keep-alive\r\n", true],
    ["Connection: Keep-Alive\r\n", true],
    ["Connection: close\r\n", false],
    ["", true],
  ])("says whether more may follow: %j", (line, keepsAlive) => {
    expect(taken(bytes(`${HEAD}${line}\r\n`))?.keepsAlive).toBe(keepsAlive);
  });

  it("keeps bytes beyond ASCII as they are", () => {
    const value = "caf\u00e9 \u00ff";
    expect(taken(bytes(`${HEAD}X-Name: ${value}\r\n\r\n`))?.headers["x-name"]).toBe(value);
  });

  it("does not take the name of a header for one of its own making", () => {
    expect(taken(bytes(`${HEAD}__proto__: x\r\nconstructor: y\r\n\r\n`))?.headers).toMatchObject({
      constructor: "y",
    });
  });
});

describe("everything else is left to Node's own server", () => {
  it.each([
    ["nothing", ""],
    ["no request", "hello\r\n\r\n"],
    ["half a head", HEAD],
    ["an older version", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n"],
    ["two hosts", `${HEAD}Host: other\r\n\r\n`],
    ["any header twice", `${HEAD}X-A: 1\r\nx-a: 2\r\n\r\n`],
    ["a target in full", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a target that is no path", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a tunnel", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a method that is seldom", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["another protocol", `${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    ["a mere offer of another protocol", `${HEAD}Upgrade: h2c\r\n\r\n`],
    ["named headers of the connection", `${HEAD}Connection: x-hop\r\nX-Hop: 1\r\n\r\n`],
    [
      "a word before the body",
      `POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n`,
    ],
    [
      "a body in chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ],
    ["trailers to come", `${HEAD}TE: trailers\r\n\r\n`],
    ["half a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"],
    ["a second request behind it", `${HEAD}\r\n${HEAD}\r\n`],
    ["a body behind no length", `${HEAD}\r\nbody`],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"],
    ["a length that is none", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd"],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nabcd",
    ],
    ["a header without a name", `${HEAD}: x\r\n\r\n`],
    ["a blank before the colon", `${HEAD}X-A : x\r\n\r\n`],
    ["a folded header", `${HEAD}X-A: b\r\n c\r\n\r\n`],
    ["a bare line feed", `${HEAD}X-A: b\nX-B: c\r\n\r\n`],
    ["a zero byte", `${HEAD}X-A: b\0c\r\n\r\n`],
    ["a line break in front", `\r\n${HEAD}\r\n`],
    ["a head over 16 KiB", `${HEAD}X-A: ${"a".repeat(16_400)}\r\n\r\n`],
  ])("%s", (_what, text) => {
    expect(taken(bytes(text))).toBeNull();
  });

  it("whatever was read before", () => {
    taken(bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"));
    taken(bytes("GET / HT"));
    expect(taken(bytes(`${HEAD}\r\n`))?.url).toBe("/a?b=c");
  });
});

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/).map((name) => `x-${name}`);
const value = fc.stringMatching(/^([!-~\u00a1-\u00ff]([ -~\u00a1-\u00ff]{0,30}[!-~\u00a1-\u00ff])?)?$/);
const request = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
  url: fc.stringMatching(/^\/[!-~]{0,40}$/),
  headers: fc.uniqueArray(fc.tuple(token, value), {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 12,
  }),
  body: fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 }), { nil: null }),
});

const written = ({
  method,
  url,
  headers,
  body,
}: typeof request extends fc.Arbitrary<infer T> ? T : never) => {
  const lines = headers.map(([name, text]) => `${name}: ${text}\r\n`).join("");
  const length = body ? `Content-Length: ${body.length}\r\n` : "";
  return Buffer.concat([
    bytes(`${method} ${url} HTTP/1.1\r\nHost: a\r\n${lines}${length}\r\n`),
    Buffer.from(body ?? []),
  ]);
};

describe("of any request", () => {
  it("what was written is read", () => {
    fc.assert(
      fc.property(request, (one) => {
        const read = taken(written(one));
        expect(read).not.toBeNull();
        expect([read?.method, read?.url]).toEqual([one.method, one.url]);
        for (const [name, text] of one.headers) expect(read?.headers[name.toLowerCase()]).toBe(text);
        expect(read?.body ?? null).toEqual(one.body ? Buffer.from(one.body) : null);
      }),
      { numRuns: 300 },
    );
  });

  it("no part of it, and nothing with more behind it, is taken for it", () => {
    fc.assert(
      fc.property(request, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, share) => {
        const all = written(one);
        expect(taken(all.subarray(0, Math.floor(all.length * share)))).toBeNull();
        expect(taken(Buffer.concat([all, bytes("x")]))).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it("no bytes at all make it fail", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (some, behindHead) => {
        const all = behindHead ? Buffer.concat([bytes(HEAD), some]) : Buffer.from(some);
        const read = taken(all);
        if (read) expect(read.rawHeaders.every((text) => !/[\r\n\0]/.test(text))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
