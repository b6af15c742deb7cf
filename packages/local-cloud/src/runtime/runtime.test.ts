import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CloudUnderTest,
  eventually,
  nodeService,
  processesNaming,
  saying,
} from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
let impatient: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start({ limits: { stopMs: 300 } });
  const limits = { startMs: 1_500, stopMs: 300, answerMs: 700, openFiles: 200 };
  impatient = await CloudUnderTest.start({ limits });
});
afterAll(async () => {
  for (const cloud of [t, impatient]) {
    await cloud.end();
    expect(processesNaming(cloud.folder)).toEqual([]);
  }
});

const runtimeLog = async (d: { projectId: string; id: string }) =>
  String(
    (await t.api("GET", `/v1/projects/${d.projectId}/deployments/${d.id}/runtime-logs?format=lines&follow=0`))
      .body,
  )
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { message: string; level: string; responseStatusCode: number });

describe("what can be deployed", () => {
  const module = JSON.stringify({ type: "module" });
  it.each<[string, Record<string, string>, string]>([
    [
      "an app with fetch as its default export",
      { "package.json": module, "server.js": 'export default { fetch: () => new Response("fetch") };' },
      "fetch",
    ],
    [
      "a function of a request and an answer",
      { "package.json": module, "app.js": 'export default (request, response) => response.end("node");' },
      "node",
    ],
    [
      "a CommonJS export",
      { "index.cjs": 'module.exports = (request, response) => response.end("cjs");' },
      "cjs",
    ],
    [
      "a module that listens by itself",
      {
        "package.json": module,
        "index.js":
          'import http from "node:http"; http.createServer((q, s) => s.end("self")).listen(process.env.PORT, "0.0.0.0"); export default (q, s) => s.end("wrong");',
      },
      "self",
    ],
    [
      "TypeScript that imports TypeScript",
      {
        "package.json": module,
        "src/index.ts":
          'import { word } from "./word.js"; export default { fetch: (r: Request): Response => new Response(word) };',
        "src/word.ts": 'export const word: string = "typed";',
      },
      "typed",
    ],
    [
      "a start script that needs a shell",
      {
        "package.json": JSON.stringify({ type: "module", scripts: { start: "WORD=shell node index.js" } }),
        "index.js":
          'import http from "node:http"; http.createServer((q, s) => s.end(process.env.WORD)).listen(process.env.PORT);',
      },
      "shell",
    ],
    [
      "a build script's result",
      {
        "package.json": JSON.stringify({
          scripts: { build: "mkdir -p dist && echo built > dist/index.html" },
        }),
      },
      "built\n",
    ],
    ["a folder with index.html", { "index.html": "<p>page</p>", "app.js": "console.log(1)" }, "<p>page</p>"],
    ["a public folder", { "public/index.html": "public", "README.md": "no" }, "public"],
  ])("%s", async (_what, files, body) => {
    const one = await t.deploy("kinds", files);
    expect([one.readyState, one.errorMessage]).toEqual(["READY", undefined]);
    expect(await t.visit(one.url)).toMatchObject({ status: 200, body });
  });

  it("not a folder with nothing to run, and it says what to add", async () => {
    const one = await t.deploy("kinds", { "package.json": "{}", "notes.txt": "nothing" });
    expect([one.readyState, one.errorStep]).toEqual(["ERROR", "output"]);
    expect(one.errorMessage).toContain("Add a start script");
    expect((await t.visit(one.url)).headers["x-vercel-error"]).toBe("DEPLOYMENT_NOT_READY");
  });

  it("not a build that fails; its output and exit code are kept", async () => {
    const files = { "package.json": JSON.stringify({ scripts: { build: "echo to-the-log; exit 3" } }) };
    const one = await t.deploy("kinds", files, { target: "production" });
    expect([one.readyState, one.errorMessage]).toEqual(["ERROR", 'Command "npm run build" exited with 3']);
    const events = await t.api("GET", `/v3/deployments/${one.id}/events`);
    const texts = events.body.map((event: { text: string }) => event.text);
    expect(texts).toContain("to-the-log");
    expect(events.body.at(-1)).toMatchObject({ level: "error", text: `Error: ${one.errorMessage}` });
  });

  it("static files are never read from outside their folder", async () => {
    const one = await t.deploy("kinds", {
      "public/index.html": "home",
      "secret.txt": "secret",
      "public/a.css": "a{}",
    });
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/a.css/../../secret.txt",
    ]) {
      const seen = await t.visit(one.url, path);
      expect([path, seen.status]).toEqual([path, 404]);
    }
    expect((await t.visit(one.url, "/a.css")).headers["content-type"]).toBe("text/css; charset=utf-8");
  });
});

describe("a build that is watched", () => {
  it("streams its lines while it runs, ends with the hosts, and closes", async () => {
    const files = {
      ...saying("x"),
      "package.json": JSON.stringify({
        type: "module",
        scripts: { build: "echo a; sleep 0.3; echo b", start: "node index.js" },
      }),
    };
    const created = await t.api("POST", "/v13/deployments", {
      name: "followed",
      target: "production",
      files: Object.entries(files).map(([file, data]) => ({ file, data })),
    });
    const { body } = await t.api(
      "GET",
      `/v3/now/deployments/${created.body.id}/events?follow=1&format=lines`,
    );
    const lines = String(body)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const texts = lines.map((line) => line.text);
    expect(texts.indexOf("a")).toBeLessThan(texts.indexOf("b"));
    expect(texts.filter((text) => text === "a")).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({
      type: "alias-assigned",
      alias: ["followed.localhost"],
      aliasError: null,
    });
  });

  it("can be canceled, and then nothing of it is left", async () => {
    const mark = `sleep ${30 + Math.random()}`;
    const files = [
      { file: "package.json", data: JSON.stringify({ scripts: { build: `${mark} & ${mark}` } }) },
    ];
    const created = await t.api("POST", "/v13/deployments", { name: "canceled", files });
    await eventually(() => processesNaming(mark.slice(6)).length > 0);
    const canceled = await t.api("PATCH", `/v12/deployments/${created.body.id}/cancel`);
    expect([canceled.status, canceled.body.readyState]).toEqual([200, "CANCELED"]);
    expect(processesNaming(mark.slice(6))).toEqual([]);
    expect((await t.api("PATCH", `/v12/deployments/${created.body.id}/cancel`)).status).toBe(400);
  });
});

describe("a process that misbehaves", () => {
  it("dies at start: 500, its output is kept, and it is not started without end", async () => {
    const one = await t.deploy("dies", nodeService("", 'console.error("no database"); process.exit(7);'));
    for (let i = 0; i < 3; i++) {
      const seen = await t.visit(one.url);
      expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([500, "FUNCTION_INVOCATION_FAILED"]);
    }
    const began = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => t.visit(one.url)));
    expect(performance.now() - began).toBeLessThan(15_000);
    const log = await runtimeLog(one);
    expect(log.filter((line) => line.message === "no database").length).toBeLessThanOrEqual(5);
    expect(log).toContainEqual(
      expect.objectContaining({
        level: "fatal",
        responseStatusCode: -1,
        message: expect.stringContaining("code 7"),
      }),
    );
  });

  it("never listens: 504 after the limit, and nothing is left of it", async () => {
    const one = await impatient.deploy("silent", {
      "package.json": JSON.stringify({ scripts: { start: "node index.js" } }),
      "index.js": "setInterval(() => {}, 1000)",
    });
    const seen = await impatient.visit(one.url);
    expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([504, "FUNCTION_INVOCATION_TIMEOUT"]);
    expect(processesNaming(one.id)).toEqual([]);
  });

  it("crashes on a request: that one gets 500 and counts as -1, the next is served by a new process", async () => {
    const one = await t.deploy(
      "crash",
      nodeService('if (request.url === "/crash") process.exit(1); response.end(String(process.pid));'),
    );
    const before = (await t.visit(one.url)).body;
    const seen = await t.visit(one.url, "/crash");
    expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([500, "FUNCTION_INVOCATION_FAILED"]);
    const after = await t.visit(one.url);
    expect([after.status, after.body === before]).toEqual([200, false]);
    const { body } = await t.api("GET", `/api/logs/request-logs?projectId=${one.projectId}&statusCode=5xx`);
    expect(body.rows).toMatchObject([
      { requestPath: "/crash", statusCode: 500, events: [{ httpStatus: -1 }] },
    ]);
  });

  it.each(["node index.js", "true && node index.js"])(
    "opens files without end (%s): gets EMFILE at the limit, and answers on",
    async (start) => {
      const files = nodeService(
        `const open = []; let code = "none";
       try { while (open.length < 5_000) open.push(openSync("/dev/null")); } catch (error) { code = error.code; }
       for (const one of open) closeSync(one);
       response.end(JSON.stringify({ code, below: open.length < 200, some: open.length > 100 }));`,
        'import { closeSync, openSync } from "node:fs";',
      );
      const manifest = JSON.stringify({ type: "module", scripts: { start } });
      const one = await impatient.deploy("greedy", { ...files, "package.json": manifest });
      await eventually(async () => (await impatient.visit(one.url)).status === 200);
      for (let n = 0; n < 2; n++) {
        const { body } = await impatient.visit(one.url);
        expect(JSON.parse(body)).toEqual({ code: "EMFILE", below: true, some: true });
      }
    },
  );

  it("answers too late: 504; closes the connection without an answer: 502; both stay alive", async () => {
    const one = await impatient.deploy(
      "late",
      nodeService(
        'if (request.url === "/drop") request.socket.destroy(); else if (request.url === "/ok") response.end("ok");',
      ),
    );
    await eventually(async () => (await impatient.visit(one.url, "/ok")).status === 200);
    const late = await impatient.visit(one.url, "/hang");
    expect([late.status, late.headers["x-vercel-error"]]).toEqual([504, "FUNCTION_INVOCATION_TIMEOUT"]);
    const dropped = await impatient.visit(one.url, "/drop");
    expect([dropped.status, dropped.headers["x-vercel-error"]]).toEqual([502, "NO_RESPONSE_FROM_FUNCTION"]);
    expect((await impatient.visit(one.url, "/ok")).body).toBe("ok");
  });

  it("ignores SIGTERM, forks, and leaves its group: it is ended all the same", async () => {
    const before = `import { spawn } from "node:child_process";
process.on("SIGTERM", () => {});
const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
spawn(process.execPath, ["-e", stubborn], { stdio: "ignore" });
spawn(process.execPath, ["-e", stubborn], { stdio: "ignore", detached: true }).unref();`;
    const one = await t.deploy("stubborn", nodeService('response.end("here");', before));
    expect((await t.visit(one.url)).body).toBe("here");
    await eventually(() => processesNaming(one.id).length === 3);
    await t.api("DELETE", `/v13/deployments/${one.id}`);
    expect(processesNaming(one.id)).toEqual([]);
  });

  it("starts what clears its environment and leaves its session: that is ended too", async () => {
    const mark = `escaped-${process.pid}`;
    const before = `import { spawn } from "node:child_process";
spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "${mark}"], { env: {}, stdio: "ignore", detached: true }).unref();`;
    const one = await t.deploy("escapes", nodeService('response.end("here");', before));
    expect((await t.visit(one.url)).body).toBe("here");
    await eventually(() => processesNaming(mark).length === 1);
    await t.api("DELETE", `/v13/deployments/${one.id}`);
    expect(processesNaming(mark)).toEqual([]);
  });

  it("takes more memory than it may, outside of its heap too: it is ended, and says why", async () => {
    const small = await CloudUnderTest.start({ limits: { instanceMb: 200 } });
    try {
      const handler = `if (request.url !== "/eat") return void response.end("here");
    globalThis.kept = Buffer.alloc(400 * 2 ** 20, 1);`;
      const one = await small.deploy("hungry", nodeService(handler));
      expect((await small.visit(one.url)).body).toBe("here");
      const seen = await small.visit(one.url, "/eat");
      expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([500, "FUNCTION_INVOCATION_FAILED"]);
      expect((await small.visit(one.url)).body).toBe("here");
      const path = `/v1/projects/hungry/deployments/${one.id}/runtime-logs?format=lines&follow=0`;
      expect(String((await small.api("GET", path)).body)).toContain("of memory; it may take 200 MB");
    } finally {
      await small.end();
    }
  });

  it("prints without end: the log stays bounded and the newest lines are there", async () => {
    const lines = 60_000;
    const handler = `const text = "x".repeat(200); for (let i = 1; i <= ${lines}; i++) console.log(i, text); response.end("done");`;
    const small = await CloudUnderTest.start({ limits: { runtimeLogBytes: 1024 * 1024 } });
    try {
      const one = await small.deploy("loud", nodeService(handler));
      expect((await small.visit(one.url)).body).toBe("done");
      const read = async () =>
        String(
          (
            await small.api(
              "GET",
              `/v1/projects/loud/deployments/${one.id}/runtime-logs?format=lines&follow=0&limit=100000`,
            )
          ).body,
        );
      await eventually(async () => (await read()).includes(`"message":"${lines} x`));
      const folder = join(small.folder, "deployments", one.id);
      const bytes = ["runtime.ndjson", "runtime.ndjson.1"].map((name) => statSync(join(folder, name)).size);
      for (const size of bytes) expect(size).toBeLessThanOrEqual(1024 * 1024);
    } finally {
      await small.end();
    }
  });
});

describe("idle processes", () => {
  it("are stopped and come back when wanted; production stays", async () => {
    const quick = await CloudUnderTest.start({ limits: { idleMs: 100 } });
    try {
      const live = await quick.deploy("idle", saying("live"), { target: "production" });
      const other = await quick.deploy("idle", saying("other"));
      await quick.visit(live.url);
      await quick.visit(other.url);
      await eventually(() => processesNaming(other.id).length === 0);
      expect(processesNaming(live.id)).not.toEqual([]);
      expect((await quick.visit(other.url)).body).toBe("other");
    } finally {
      await quick.end();
    }
  });
});

describe("several processes", () => {
  const WHO = nodeService(
    'if (request.url === "/die") process.exit(1); setTimeout(() => response.end(String(process.pid)), 30);',
  );
  const who = async () =>
    new Set(
      (await Promise.all(Array.from({ length: 12 }, () => t.visit("wide.localhost")))).map(
        (seen) => seen.body,
      ),
    );

  it("share production's requests, come back when one dies, and end when there are too many", async () => {
    const one = await t.deploy("wide", WHO, { target: "production" });
    expect((await who()).size).toBe(1);
    const scaled = await t.api("PUT", "/atoms/projects/wide/instances", { count: 3 });
    expect([scaled.status, scaled.body.wanted, scaled.body.running.length]).toEqual([200, 3, 3]);
    const before = await who();
    expect(before.size).toBe(3);
    await t.visit("wide.localhost", "/die");
    await eventually(
      async () => (await t.api("GET", "/atoms/projects/wide/instances")).body.running.length === 3,
    );
    const after = await who();
    expect([...after].filter((pid) => !before.has(pid))).toHaveLength(1);
    const preview = await t.deploy("wide", WHO);
    await t.visit(preview.url);
    expect(processesNaming(preview.id)).toHaveLength(1);
    expect((await t.api("PUT", "/atoms/projects/wide/instances", { count: 1 })).body.running).toHaveLength(1);
    expect(processesNaming(one.id)).toHaveLength(1);
    expect((await t.api("PUT", "/atoms/projects/wide/instances", { count: 0 })).status).toBe(400);
  });
});
