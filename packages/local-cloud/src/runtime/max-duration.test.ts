import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";
import { withMaxDuration } from "./max-duration.js";

let t: CloudUnderTest;
beforeAll(async () => {
  // Less than what the functions ask for, who get it all the same.
  t = await CloudUnderTest.start({ limits: { answerMs: 500, stopMs: 300 } });
});
afterAll(() => t.end());

const SLOW = `(request, response) => {
  if (request.url.endsWith("stream")) return setInterval(() => response.write("x"), 50);
  setTimeout(() => response.end("done"), Number(request.url.split("?")[1] ?? 0));
}`;
const limit = (pattern: string, maxDuration: unknown) => ({
  "vercel.json": JSON.stringify({ functions: { [pattern]: { maxDuration } } }),
});
const output = {
  ".vercel/output/config.json": '{"version":3,"routes":[{"src":"/.*","dest":"/fn"}]}',
  ".vercel/output/functions/fn.func/.vc-config.json":
    '{"runtime":"nodejs20.x","handler":"index.mjs","maxDuration":4}',
  ".vercel/output/functions/fn.func/index.mjs": `export default ${SLOW};`,
};

it.concurrent.each<[string, Record<string, string>, string]>([
  ["by a pattern", { "api/slow.js": `export default ${SLOW};`, ...limit("api/*.js", 4) }, "/api/slow"],
  [
    "by its own file",
    { "api/slow.js": `export const maxDuration = 4;\nexport default ${SLOW};` },
    "/api/slow",
  ],
  [
    "by the configuration in its own file, before a pattern",
    {
      "api/slow.js": `export const config = { runtime: "nodejs", maxDuration: 4 };\nexport default ${SLOW};`,
      ...limit("**", 90),
    },
    "/api/slow",
  ],
  ["as an app", { "server.js": `export default ${SLOW};`, ...limit("server.js", 4) }, "/"],
  ["as a server", { ...nodeService(`(${SLOW})(request, response);`), ...limit("index.js", 4) }, "/"],
  ["as Build Output", output, "/"],
])(
  "a function that may take four seconds, %s, is ended then: with 504, or in the middle of a stream",
  async (_, files, path) => {
    const one = await t.deploy("slow", { "package.json": '{"type":"module"}', ...files });
    expect(one.readyState).toBe("READY");
    expect(await t.visit(one.url, path)).toMatchObject({ status: 200, body: "done" });
    const [within, after, stream] = await Promise.allSettled([
      // Longer than the cloud's own limit, and no longer than the function's.
      t.visit(one.url, `${path}?700`),
      t.visit(one.url, `${path}?60000`),
      t.visit(one.url, `${path}?stream`),
    ]);
    expect(within).toMatchObject({ value: { status: 200, body: "done" } });
    expect(after).toMatchObject({
      value: { status: 504, headers: { "x-vercel-error": "FUNCTION_INVOCATION_TIMEOUT" } },
    });
    expect(stream).toMatchObject({ reason: { message: expect.stringMatching(/aborted|hang up|reset/i) } });
    expect(await t.visit(one.url, path)).toMatchObject({ status: 200, body: "done" });
  },
);

it.each([
  ["api/none.js", 5, /"api\/none.js" of "functions" in vercel.json fits no function/],
  ["api/*.js", 801, /functions\["api\/\*.js"\].maxDuration/],
  ["api/*.js", "long", /maxDuration/],
])("a pattern or time that cannot be is refused: %s %j", async (pattern, seconds, says) => {
  const one = await t.deploy("bad", { "api/a.js": "export default () => 1;", ...limit(pattern, seconds) });
  expect([one.readyState, one.errorMessage]).toEqual(["ERROR", expect.stringMatching(says)]);
});

it("an answer that comes too late changes nothing, and throws nothing into a process that answers others too", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  let late: Promise<void> | undefined;
  const app = withMaxDuration((_request, response) => {
    response.setHeader("content-type", "application/json").setHeader("content-length", "2");
    late = once(response, "finish").then(() => {
      response.setHeader("x-late", "1").writeHead(200).end("{}");
    });
  }, 0.05);
  const server = createServer((request, response) => {
    response.setHeader("x-rule", "yes");
    void app(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect([answer.status, await answer.text()]).toEqual([504, "FUNCTION_INVOCATION_TIMEOUT\n"]);
    expect(answer.headers.get("x-rule")).toBe("yes");
    expect(answer.headers.get("content-type")).toBeNull();
    await late;
    expect(said).toHaveBeenCalledWith(expect.stringContaining("Task timed out after 0.05 seconds"));
  } finally {
    said.mockRestore();
    server.closeAllConnections();
    server.close();
  }
});
