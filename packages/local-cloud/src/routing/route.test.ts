import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Asked, type Condition, compileRoutes, filled, matchRoute, type Route } from "./route.js";

const asked = (more: Partial<Asked> = {}): Asked => ({
  method: "GET",
  host: "shop.example.com",
  path: "/",
  query: new URLSearchParams("page=7&word=a%20b"),
  headers: { "x-plan": "gold", cookie: "side=left; theme=dark" },
  ...more,
});

function found(route: Route, of: Asked = asked()) {
  const [compiled] = compileRoutes([{ src: "/(.*)", ...route }]).get("start") ?? [];
  if (!compiled) throw new Error("the route was not compiled");
  return matchRoute(compiled, of);
}

describe("a condition", () => {
  it.each<[Condition, boolean]>([
    [{ type: "host", value: "shop.example.com" }, true],
    [{ type: "host", value: "example.com" }, false],
    [{ type: "host", value: "(?<shop>.+)\\.example\\.com" }, true],
    [{ type: "header", key: "X-Plan" }, true],
    [{ type: "header", key: "x-plan", value: "gol" }, false],
    [{ type: "header", key: "x-none" }, false],
    [{ type: "cookie", key: "theme", value: "dark|light" }, true],
    [{ type: "cookie", key: "the" }, false],
    [{ type: "query", key: "page", value: "\\d+" }, true],
    [{ type: "query", key: "page", value: { gt: 7 } }, false],
    [{ type: "query", key: "page", value: { gte: 7, lt: 8 } }, true],
    [{ type: "query", key: "page", value: { lte: 6 } }, false],
    [{ type: "query", key: "page", value: { eq: 7 } }, true],
    [{ type: "query", key: "page", value: { neq: "7" } }, false],
    [{ type: "query", key: "page", value: { inc: ["6", "7"] } }, true],
    [{ type: "query", key: "page", value: { ninc: ["6", "7"] } }, false],
    [{ type: "query", key: "word", value: { pre: "a", suf: "b" } }, true],
    [{ type: "query", key: "word", value: { re: "a.b" } }, true],
    [{ type: "query", key: "word", value: { pre: "b" } }, false],
  ])("%j holds: %s", (condition, holds) => {
    expect(found({ has: [condition] }) !== null).toBe(holds);
    expect(found({ missing: [condition] }) !== null).toBe(!holds);
  });

  it("gives what it found by name, also the value of a key alone", () => {
    const has: Condition[] = [
      { type: "host", value: "(?<shop>[^.]+)\\..*" },
      { type: "query", key: "page" },
    ];
    const all = found({ has });
    expect(all && filled("/$shop/$page/$1/$none", all)).toBe("/shop/7//");
  });

  it("of a parameter is put into a destination without becoming more than a value", () => {
    const query = new URLSearchParams({ next: "a&admin=1#x\r\ny: z" });
    const all = found({ has: [{ type: "query", key: "next" }] }, asked({ query }));
    expect(all && filled("/go?to=$next", all)).toBe("/go?to=a%26admin%3D1%23x%0D%0Ay%3A%20z");
  });
});

describe("a pattern", () => {
  it.each([
    ["/a", "/a", true],
    ["/a", "/A", true],
    ["/a", "/ab", false],
    ["^/a", "/ab", false],
    ["/a$", "/b/a", false],
    ["^/(?<x>a|b)/.*$", "/b/", true],
  ])("%s fits %s: %s", (src, path, fits) => {
    expect(found({ src }, asked({ path })) !== null).toBe(fits);
  });

  it("minds large and small letters when its route says so, and the method", () => {
    expect(found({ src: "/a", caseSensitive: true }, asked({ path: "/A" }))).toBeNull();
    expect(found({ methods: ["POST"] })).toBeNull();
    expect(found({ methods: ["POST", "GET"] })).not.toBeNull();
  });
});

it("a text without a sign of what was found stays as it is", () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes("$")),
      (text) => {
        expect(filled(text, new Map([["1", "x"]]))).toBe(text);
      },
    ),
  );
});
