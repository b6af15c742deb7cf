import { describe, expect, it } from "vitest";
import { fakeHttp } from "./fake-http.js";

const ask = (url: string, method: "GET" | "POST" = "GET") => ({ url, method, timeoutMs: 100 });

describe("a fake http", () => {
  it("answers from its table and remembers what it was asked", async () => {
    const http = fakeHttp({
      "http://shop/health": { status: 200, body: { ok: true } },
      "POST http://shop/*": { status: 201, body: "made" },
    });
    expect(await http.send(ask("http://shop/health"))).toMatchObject({
      status: 200,
      body: '{"ok":true}',
      headers: { "content-type": "application/json" },
    });
    expect(await http.send(ask("http://shop/cart/1", "POST"))).toMatchObject({ status: 201, body: "made" });
    expect(http.requests.map((one) => one.url)).toEqual(["http://shop/health", "http://shop/cart/1"]);
  });

  it("gives several answers one after the other, the last for ever", async () => {
    const http = fakeHttp({ "http://shop/": [{ status: 503 }, "refused", { status: 200 }] });
    const seen = [];
    for (let i = 0; i < 4; i++) {
      const answer = await http.send(ask("http://shop/"));
      seen.push(answer.answered ? answer.status : answer.why);
    }
    expect(seen).toEqual([503, "refused", 200, 200]);
  });

  it("is too slow when an answer takes longer than the request waits", async () => {
    const http = fakeHttp({ "*": { status: 200, ms: 101 } });
    expect(await http.send(ask("http://shop/"))).toMatchObject({ answered: false, why: "time-out", ms: 100 });
  });

  it("fails the test that asks for something else", async () => {
    await expect(fakeHttp({ "http://shop/a": "refused" }).send(ask("http://shop/ab"))).rejects.toThrow(
      "no answer for GET http://shop/ab",
    );
  });

  it("takes a later row before an earlier one, and does not answer a cancelled request", async () => {
    const http = fakeHttp({ "*": { status: 500 } });
    http.answer("http://shop/", (_, count) => ({ status: 200 + count }));
    await http.send(ask("http://shop/"));
    expect(await http.send(ask("http://shop/"))).toMatchObject({ status: 201 });
    expect(await http.send(ask("http://shop/"), AbortSignal.abort())).toMatchObject({ why: "cancelled" });
  });
});
