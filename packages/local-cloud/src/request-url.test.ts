import fc from "fast-check";
import { expect, it } from "vitest";
import { requestUrl } from "./request-url.js";

it.each([
  ["/a/b?c=d", "/a/b", "?c=d"],
  ["//", "//", ""],
  ["//name:99999/path?x=1", "//name:99999/path", "?x=1"],
  ["/?%64pl=1", "/", "?%64pl=1"],
  ["*", "/", ""],
  [undefined, "/", ""],
])("%s is read as a path and a query", (url, pathname, search) => {
  const seen = requestUrl({ url });
  expect([seen.host, seen.pathname, seen.search]).toEqual(["local", pathname, search]);
});

it("never fails, and never names another host", () => {
  fc.assert(fc.property(fc.string(), (text) => requestUrl({ url: `/${text}` }).host === "local"));
});
