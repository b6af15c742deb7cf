import { afterEach, describe, expect, it, vi } from "vitest";
import { firstAsked } from "../shell/first-asked.js";
import { askAhead } from "./ahead.js";
import { ask, request } from "./ask.js";
import { calls } from "./calls.js";

const answering = () =>
  vi.fn(async (_: string, init?: RequestInit) => {
    init?.signal?.throwIfAborted();
    return Response.json({ answer: "here" });
  });

afterEach(() => vi.unstubAllGlobals());

describe("what is asked ahead", () => {
  it.each([
    ["the overview", "#/", () => ask(calls.status, {})],
    ["a release", "#/releases/rel_1", () => ask(calls.report, { release: "rel_1" })],
  ])("is what %s asks first, and is not asked again", async (_, hash, first) => {
    const fetch = answering();
    vi.stubGlobal("fetch", fetch);
    askAhead(firstAsked(hash));
    expect(fetch).toHaveBeenCalledTimes(2);
    await request("GET", "/session");
    await first();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("counts once: whoever asks again gets an answer of then", async () => {
    const fetch = answering();
    vi.stubGlobal("fetch", fetch);
    askAhead(firstAsked(""));
    await ask(calls.status, {});
    await ask(calls.status, {});
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  it("is forgotten when somebody signs in: it was answered to nobody", async () => {
    vi.stubGlobal("fetch", async () => Response.json({ code: "ATM-910" }, { status: 401 }));
    askAhead(firstAsked("#/"));
    await expect(request("GET", "/session")).rejects.toMatchObject({ strange: true });
    vi.stubGlobal("fetch", answering());
    await request("POST", "/session", { code: "x" });
    expect(await ask(calls.status, {})).toBe("here");
  });

  it("is asked again when it could not be brought", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("away")));
    askAhead(firstAsked("#/"));
    await expect(request("GET", "/session")).rejects.toMatchObject({ problem: { code: "ATM-911" } });
    vi.stubGlobal("fetch", answering());
    expect(await request("GET", "/session")).toBe("here");
  });

  it.each([
    ["#/sign-in/a-code", []],
    ["#/ledger?search=x", ["/session"]],
    ["#/releases", ["/session"]],
    ["#/?x=1", ["/session", "/status?input=%7B%7D"]],
    ["#/releases/%zz", ["/session", "/releases/report?input=%7B%22release%22%3A%22%25zz%22%7D"]],
  ])("of %s is %j", (hash, paths) => {
    expect(firstAsked(hash)).toEqual(paths);
  });
});
