import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseReader } from "./response-reader.js";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** An answer as a whole, read from pieces. */
function readAll(pieces: readonly Buffer[], { isBodiless = false, closes = false } = {}) {
  const reader = new ResponseReader();
  reader.begin(isBodiless);
  const seen = {
    status: 0,
    reason: "",
    headers: [] as readonly string[],
    body: "",
    end: "open",
    again: false,
  };
  for (const piece of [...pieces, ...(closes ? [null] : [])]) {
    const part = piece ? reader.read(piece) : reader.finish();
    if (part.head)
      Object.assign(seen, {
        status: part.head.status,
        reason: part.head.reason,
        headers: part.head.rawHeaders,
      });
    for (let i = 0; i < part.body.length; i += 2)
      seen.body += piece?.toString("latin1", part.body[i], part.body[i + 1]);
    if (part.isBad) seen.end = "bad";
    else if (part.isOver) {
      seen.end = "over";
      seen.again = part.keepsAlive;
    }
    if (seen.end !== "open") break;
  }
  reader.free();
  return seen;
}

describe("an answer ends", () => {
  it.each<[string, string, object, { body?: string; again: boolean; status?: number }]>([
    [
      "with its length",
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
      {},
      { body: "body", again: true },
    ],
    [
      "with its last chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
      {},
      { body: "body", again: true },
    ],
    [
      "with its trailers, which are none of its headers",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-T: 1\r\n\r\n",
      {},
      { body: "body", again: true },
    ],
    [
      "with the connection when it has no length",
      "HTTP/1.1 200 OK\r\n\r\nbody",
      { closes: true },
      { body: "body", again: false },
    ],
    [
      "with its head when it is one to HEAD",
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n",
      { isBodiless: true },
      { body: "", again: true },
    ],
    [
      "with its head when it has nothing to say",
      "HTTP/1.1 204 No Content\r\n\r\n",
      {},
      { body: "", again: true, status: 204 },
    ],
    [
      "with its head when nothing has changed",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
      {},
      { body: "", again: true, status: 304 },
    ],
    [
      "and the connection with it when the server says so",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      {},
      { body: "", again: false },
    ],
    [
      "and the connection with it when more comes than there should be",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nbody",
      {},
      { body: "bo", again: false },
    ],
    [
      "after words that only inform",
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
      {},
      { body: "body", again: true },
    ],
    [
      "with an older server",
      "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody",
      {},
      { body: "body", again: false },
    ],
  ])("%s", (_what, text, how, { body = "", again, status = 200 }) => {
    // Whole, and letter by letter.
    for (const pieces of [[bytes(text)], [...text].map(bytes)]) {
      const seen = readAll(pieces, how);
      expect(seen).toMatchObject({ status, body, end: "over" });
      if (pieces.length === 1 || !text.endsWith("body") || body === "body") expect(seen.again).toBe(again);
      expect(seen.headers.join()).not.toMatch(/link|x-t/i);
    }
  });
});

describe("what is no answer is bad", () => {
  it.each([
    ["noise", "hello\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a chunk that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ["a line break in a header", "HTTP/1.1 200 OK\r\nX-A: b\nX-B: c\r\n\r\n"],
    [
      "a change of the protocol that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    ],
    [
      "a body of what only informs",
      "HTTP/1.1 199 Soon\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ],
    ["a head over 16 KiB", `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(17_000)}\r\n\r\n`],
  ])("%s", (_what, text) => {
    expect(readAll([bytes(text)]).end).toBe("bad");
    expect(readAll([...text].map(bytes)).end).toBe("bad");
  });

  it("and so is what comes unasked", () => {
    const reader = new ResponseReader();
    expect(reader.read(bytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).isBad).toBe(true);
    reader.free();
  });

  it("a body that breaks off is not over", () => {
    expect(readAll([bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody")], { closes: true }).end).toBe(
      "open",
    );
    expect(
      readAll([bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n")], { closes: true })
        .end,
    ).toBe("open");
  });
});

it("answers one after the other are read by themselves, however they are cut", () => {
  const answer = fc.record({
    status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
    headers: fc.array(
      fc.tuple(
        fc.stringMatching(/^x-[a-z]{1,10}$/),
        fc.stringMatching(/^([!-~\u00a1-\u00ff]([ -~]{0,20}[!-~])?)?$/),
      ),
      { maxLength: 8 },
    ),
    body: fc.uint8Array({ maxLength: 300 }),
    isChunked: fc.boolean(),
  });
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), cuts, (answers, sizes) => {
      const reader = new ResponseReader();
      for (const { status, headers, body, isChunked } of answers) {
        const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
        const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        const half = body.length >> 1;
        const content = !isChunked
          ? Buffer.from(body)
          : Buffer.concat([
              ...[body.subarray(0, half), body.subarray(half)]
                .filter((part) => part.length > 0)
                .flatMap((part) => [bytes(`${part.length.toString(16)}\r\n`), part, bytes("\r\n")]),
              bytes("0\r\n\r\n"),
            ]);
        const all = Buffer.concat([
          bytes(`HTTP/1.1 ${status} Some Words\r\n${lines}${framing}\r\n\r\n`),
          content,
        ]);
        reader.begin(false);
        const got: Buffer[] = [];
        let isOver = false;
        for (let at = 0, n = 0; at < all.length; n++) {
          const size = sizes[n % sizes.length] as number;
          const piece = all.subarray(at, at + size);
          at += size;
          const part = reader.read(piece);
          expect(part.isBad).toBe(false);
          if (part.head) {
            expect([part.head.status, part.head.reason]).toEqual([status, "Some Words"]);
            expect(part.head.rawHeaders.slice(0, -2)).toEqual(headers.flat());
          }
          for (let i = 0; i < part.body.length; i += 2)
            got.push(piece.subarray(part.body[i], part.body[i + 1]));
          isOver = part.isOver;
          expect(isOver).toBe(at >= all.length);
        }
        expect([isOver, Buffer.concat(got)]).toEqual([true, Buffer.from(body)]);
      }
      reader.free();
    }),
    { numRuns: 200 },
  );
});
