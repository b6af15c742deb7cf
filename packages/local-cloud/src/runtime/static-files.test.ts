import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest } from "../testing/cloud-under-test.js";
import { rangeOf } from "./byte-range.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { stopMs: 300 } });
});
afterAll(() => t.end());

describe("a site of files", () => {
  let url: string;
  let etag: string;
  beforeAll(async () => {
    ({ url } = await t.deploy("site", { "public/index.html": "home", "public/digits.txt": "0123456789" }));
    etag = String((await t.visit(url, "/digits.txt")).headers.etag);
  });

  it.each([
    ["TAG", 304],
    ["W/TAG", 304],
    ['"other", TAG', 304],
    ["*", 304],
    ['"other"', 200],
  ])("to whoever knows %s it answers %i", async (known, status) => {
    const header = known.replace(/(W\/)?TAG/, (_, weak: string | undefined) =>
      weak === undefined ? etag.replace(/^W\//, "") : etag,
    );
    const seen = await t.visit(url, "/digits.txt", { headers: { "if-none-match": header } });
    expect([seen.status, seen.body]).toEqual([status, status === 200 ? "0123456789" : ""]);
  });

  it.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=0-1,4-5", 200, "0123456789", undefined],
    ["lines=1-2", 200, "0123456789", undefined],
  ])("gives %s of a file: %i", async (range, status, body, contentRange) => {
    const seen = await t.visit(url, "/digits.txt", { headers: { range } });
    expect([seen.status, seen.body, seen.headers["content-range"]]).toEqual([status, body, contentRange]);
    expect(seen.headers["content-length"]).toBe(String(body.length));
  });

  it("gives all of a file to whoever wants a part of another version of it", async () => {
    const headers = { range: "bytes=2-4", "if-range": '"other"' };
    expect(await t.visit(url, "/digits.txt", { headers })).toMatchObject({ status: 200, body: "0123456789" });
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("says to %s that a file can only be read", async (method) => {
    const seen = await t.visit(url, "/digits.txt", { method });
    expect([seen.status, seen.headers.allow, seen.headers["x-vercel-error"]]).toEqual([
      405,
      "GET, HEAD",
      "INVALID_REQUEST_METHOD",
    ]);
    expect((await t.visit(url, "/none", { method })).status).toBe(404);
  });
});

it("an app answers what files of the same path cannot", async () => {
  const { url } = await t.deploy("app", {
    "package.json": '{"type":"module"}',
    "public/form.html": "form",
    "server.js": "export default (request, response) => response.end('app ' + request.method);",
  });
  expect((await t.visit(url, "/form.html")).body).toBe("form");
  expect((await t.visit(url, "/form.html", { method: "POST" })).body).toBe("app POST");
});

it.each([
  [undefined, 10, null],
  ["bytes=-", 10, null],
  ["bytes=5-4", 10, null],
  ["bytes=-0", 10, "none"],
  ["bytes=0-", 0, "none"],
  ["bytes=-20", 10, { start: 0, end: 9 }],
] as const)("of %j and a size of %i comes %j", (header, size, range) => {
  expect(rangeOf(header, size)).toEqual(range);
});
