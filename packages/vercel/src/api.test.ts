import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { vercelApi } from "./api.js";
import { clockAt } from "./testing/clock-at.js";
import { type TinyVercel, tinyVercel } from "./testing/tiny-vercel.js";
import { VercelError } from "./vercel-error.js";

const user = z.object({ user: z.object({ username: z.string() }) });
const anything = z.object({});

let tiny: TinyVercel;
beforeEach(async () => {
  tiny = await tinyVercel();
});
afterEach(() => tiny.close());

/** An API whose waits pass thirty times as fast as they say. */
function apiOf(options: { token?: string; url?: string; team?: string } = {}) {
  const clock = clockAt(30);
  const { token = tiny.token, url = tiny.url, team } = options;
  const api = vercelApi({ api: url, token, clock, random: () => 0.5, ...(team ? { team } : {}) });
  return { api, clock };
}

async function failureOf(work: Promise<unknown>): Promise<VercelError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof VercelError) return error;
  throw new Error(`expected a VercelError, got ${String(error)}`);
}

const lines = () => tiny.requests.map((one) => one.line);

describe("asking", () => {
  test("sends the token, and the team by id or by slug", async () => {
    await apiOf().api.ask(user, { path: "/v2/user" });
    await apiOf({ team: "team_9" }).api.ask(user, { path: "/v2/user" });
    await apiOf({ team: "nine" }).api.ask(user, { path: "/v2/user", query: { a: "b c", none: undefined } });
    expect(lines()).toEqual(["GET /v2/user", "GET /v2/user?teamId=team_9", "GET /v2/user?a=b+c&slug=nine"]);
    expect(tiny.requests[0]?.headers.authorization).toBe(`Bearer ${tiny.token}`);
  });

  test("a refused token is told without the token, although the platform repeats it", async () => {
    const error = await failureOf(apiOf({ token: "tok_wrong_9" }).api.ask(user, { path: "/v2/user" }));
    expect(error).toMatchObject({ status: 403, code: "forbidden", tokenRefused: true, retryable: false });
    expect(error.message).not.toContain("tok_wrong_9");
    expect(lines()).toHaveLength(1);
  });

  test("sends nothing that changes something when this process may not act, and reads on", async () => {
    const api = vercelApi({ api: tiny.url, token: tiny.token, clock: clockAt(30), mayAct: () => false });
    const error = await failureOf(
      api.ask(anything, { method: "POST", path: "/v10/projects/shop/promote/dpl_1" }),
    );
    expect(error).toMatchObject({ code: "not_ours", retryable: false, actMayHaveHappened: false });
    await api.ask(user, { path: "/v2/user" });
    expect(lines()).toEqual(["GET /v2/user"]);
  });

  test("an HTML page instead of JSON is not understood", async () => {
    tiny.fail(/user/, { how: { status: 200, body: "<html>Log in</html>" } });
    const error = await failureOf(apiOf().api.ask(user, { path: "/v2/user" }));
    expect(error).toMatchObject({ code: "not_understood", retryable: false, actMayHaveHappened: false });
    expect(error.message).toContain("an HTML page");
  });

  test("an HTML page that says 404 is not the platform saying 404", async () => {
    tiny.fail(/user/, { how: { status: 404, body: "<html>nginx</html>" } });
    expect((await failureOf(apiOf().api.ask(user, { path: "/v2/user" }))).code).toBe("not_understood");
  });

  test("a redirect is not followed: it would take the token along", async () => {
    tiny.fail(/user/, { how: { status: 302, headers: { location: `${tiny.url}/stolen` } } });
    expect((await failureOf(apiOf().api.ask(user, { path: "/v2/user" }))).code).toBe("not_understood");
    expect(lines()).toHaveLength(1);
  });

  test("an answer of the wrong shape says what is wrong with it", async () => {
    tiny.fail(/user/, { how: { status: 200, body: { user: {} } } });
    const error = await failureOf(apiOf().api.ask(user, { path: "/v2/user" }));
    expect(error.code).toBe("not_understood");
    expect(error.message).toContain("user.username");
  });

  test("a success without a body is a success", async () => {
    tiny.fail(/env/, { how: { status: 204 } });
    await expect(
      apiOf().api.ask(anything, { method: "DELETE", path: "/v9/projects/p/env/e" }),
    ).resolves.toEqual({});
  });
});

describe("trying again", () => {
  test("a read is repeated through 500s and cut connections", async () => {
    tiny.fail(/user/, { how: { status: 500 } });
    tiny.fail(/user/, { how: "cut" });
    tiny.fail(/user/, { how: { status: 502, body: "<html>bad gateway</html>" } });
    await apiOf().api.ask(user, { path: "/v2/user" });
    expect(lines()).toHaveLength(4);
  });

  test("it gives up after four tries, with what was last said", async () => {
    tiny.fail(/user/, {
      how: { status: 503, body: { error: { code: "down", message: "later" } } },
      times: 9,
    });
    const error = await failureOf(apiOf().api.ask(user, { path: "/v2/user" }));
    expect(error).toMatchObject({ status: 503, code: "down", message: "later", retryable: true });
    expect(lines()).toHaveLength(4);
  });

  test("Retry-After is obeyed", async () => {
    tiny.fail(/user/, {
      how: {
        status: 429,
        headers: { "retry-after": "3" },
        body: { error: { code: "rate_limited", message: "slow" } },
      },
    });
    const { api, clock } = apiOf();
    await api.ask(user, { path: "/v2/user" });
    expect(clock.slept.some((ms) => ms >= 3000 && ms < 3300)).toBe(true);
  });

  test("a Retry-After of an hour is not sat out", async () => {
    tiny.fail(/user/, { how: { status: 429, headers: { "retry-after": "3600" } } });
    const error = await failureOf(apiOf().api.ask(user, { path: "/v2/user" }));
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
    expect(lines()).toHaveLength(1);
  });

  test("a wait for Retry-After ends at once when the caller gives up", async () => {
    tiny.fail(/user/, { how: { status: 429, headers: { "retry-after": "50" } }, times: 9 });
    const caller = new AbortController();
    const api = vercelApi({ api: tiny.url, token: tiny.token, clock: clockAt(1) });
    const asked = api.ask(user, { path: "/v2/user", signal: caller.signal });
    setTimeout(() => caller.abort(new Error("enough")), 100);
    await expect(asked).rejects.toThrow("enough");
  });

  test("an act that was rate-limited never happened, and is repeated", async () => {
    tiny.fail(/projects/, { how: { status: 429 } });
    await apiOf().api.ask(anything, { method: "POST", path: "/v11/projects", body: { name: "a" } });
    expect(tiny.project).toMatchObject({ name: "a" });
  });

  test.each([
    { given: "a cut connection", how: "cut" as const, code: "cut" },
    { given: "a 500", how: { status: 500 }, code: "http_500" },
    { given: "an HTML page", how: { status: 200, body: "<html>" }, code: "not_understood" },
  ])("an act after $given is not repeated: it may have happened", async ({ how, code }) => {
    tiny.fail(/projects/, { when: "after", how });
    const asked = apiOf().api.ask(anything, { method: "POST", path: "/v11/projects", body: { name: "a" } });
    expect(await failureOf(asked)).toMatchObject({ code, actMayHaveHappened: true });
    expect(tiny.project).toMatchObject({ name: "a" });
    expect(lines()).toHaveLength(1);
  });

  test("an act that is safe to repeat is repeated", async () => {
    tiny.fail(/projects/, { when: "after", how: "cut" });
    tiny.project = { id: "prj_1", name: "a", accountId: "team_tiny" };
    await apiOf().api.ask(anything, { method: "PATCH", path: "/v9/projects/a", body: {}, repeatable: true });
    expect(lines()).toHaveLength(2);
  });

  test("nobody listening: the act certainly did not happen", async () => {
    const { url } = tiny;
    await tiny.close();
    const asked = apiOf({ url }).api.ask(anything, { method: "POST", path: "/v11/projects", body: {} });
    expect(await failureOf(asked)).toMatchObject({
      status: 0,
      code: "unreachable",
      actMayHaveHappened: false,
    });
    tiny = await tinyVercel();
  });

  test("a platform that never answers is left at the deadline", async () => {
    tiny.fail(/projects/, { how: "hang", when: "after" });
    const asked = apiOf().api.ask(anything, {
      method: "POST",
      path: "/v11/projects",
      body: { name: "a" },
      timeoutMs: 20_000,
    });
    expect(await failureOf(asked)).toMatchObject({
      code: "timed_out",
      retryable: true,
      actMayHaveHappened: true,
    });
  });
});

describe("streams", () => {
  test("lines come one by one; keep-alives and empty lines are passed over", async () => {
    const raw = `{"created":1,"text":"a"}\n\n{"keepalive":true}\nnot json\n{"created":2,"text":"b"}`;
    tiny.fail(/events/, { how: { status: 200, body: raw } });
    const line = z.object({ created: z.number(), text: z.string() });
    const seen: string[] = [];
    for await (const one of apiOf().api.stream(line, { path: "/v3/deployments/d/events" }))
      seen.push(one.text);
    expect(seen).toEqual(["a", "b"]);
  });

  test("a stream that never opens fails at its deadline", async () => {
    tiny.fail(/events/, { how: "hang" });
    const opened = apiOf().api.stream(anything, { path: "/v3/deployments/d/events", timeoutMs: 5000 });
    expect(await failureOf(opened.next())).toMatchObject({ code: "timed_out" });
  });

  test("a stream that nobody closes ends when its time is over, and gives what came", async () => {
    const server = createServer(
      (_, response) => void response.writeHead(200).write('{"n":1}\n{"n":2}\n{"n"'),
    );
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as AddressInfo;
    const { api } = apiOf({ url: `http://127.0.0.1:${port}` });
    const seen: number[] = [];
    const line = z.object({ n: z.number() });
    for await (const one of api.stream(line, { path: "/", timeoutMs: 20_000 })) seen.push(one.n);
    expect(seen).toEqual([1, 2]);
    server.closeAllConnections();
    server.close();
  });

  test("a stream that is cut is a failure, after what came", async () => {
    const server = createServer((_, response) => {
      response.writeHead(200).write('{"n":1}\n', () => setTimeout(() => response.destroy(), 20));
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as AddressInfo;
    const { api } = apiOf({ url: `http://127.0.0.1:${port}` });
    const lines = api.stream(z.object({ n: z.number() }), { path: "/", timeoutMs: 500_000 });
    expect((await lines.next()).value).toEqual({ n: 1 });
    expect(await failureOf(lines.next())).toMatchObject({ code: "cut" });
    server.close();
  });
});
