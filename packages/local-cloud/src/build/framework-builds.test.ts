import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { CloudUnderTest } from "../testing/cloud-under-test.js";

/** Each build starts npm and a shell or two, on machines that stand still at times. */
vi.setConfig({ testTimeout: 60_000 });

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start();
});
afterAll(() => t.end());

/** A package of the project's own that has the name and the program of a framework's. */
const program = (name: string, script: string) => ({
  [`node_modules/.bin/${name}`]: `#!/bin/sh\n${script}\n`,
});
const pack = (dependency: string, scripts: Record<string, string> = {}) => ({
  "package.json": JSON.stringify({ dependencies: { [dependency]: "^1.0.0" }, scripts }),
});
const logOf = async (id: string): Promise<string> => {
  const { body } = await t.api("GET", `/v3/deployments/${id}/events`);
  return body.map((event: { text: string }) => event.text).join("\n");
};
/** Creates a deployment whose programs may be executed, and waits for the end of its build. */
const deploy = async (
  name: string,
  files: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
) => {
  const entries = Object.entries(files).map(([file, data]) => ({ file, data, mode: 0o100755 }));
  const created = await t.api("POST", "/v13/deployments", { name, files: entries, ...more });
  expect(created.status).toBe(200);
  return t.built(created.body.id);
};

it("a site is built by its framework's own command, and its development server is not run", async () => {
  const one = await deploy("docs", {
    ...pack("@docusaurus/core", { start: "docusaurus start" }),
    ...program(
      "docusaurus",
      '[ "$1" = build ] && mkdir build && echo built > build/index.html && echo 1 > build/a.txt',
    ),
  });
  expect([one.readyState, one.errorMessage]).toEqual(["READY", undefined]);
  expect(await t.visit(one.url)).toMatchObject({ status: 200, body: "built\n" });
  expect((await t.visit(one.url, "/package.json")).status).toBe(404);
  const log = await logOf(one.id);
  expect(log).toContain("Detected Docusaurus");
  expect(log).toContain("serves the files of build");
});

it("a server is started by its framework's own command", async () => {
  const server = 'require("node:http").createServer((q, s) => s.end("rendered")).listen(process.env.PORT)';
  const one = await deploy("next", {
    ...pack("next", { "vercel-build": "mkdir .next", build: "exit 1", start: "next dev" }),
    ...program("next", `[ "$1" = start ] && exec node -e '${server}'`),
  });
  expect([one.readyState, one.errorMessage]).toEqual(["READY", undefined]);
  expect((await t.visit(one.url)).body).toBe("rendered");
  expect(await logOf(one.id)).toContain("npm run vercel-build");
});

it("the project's setting wins over what the files say, and vercel.json over both", async () => {
  const files = {
    ...pack("vite", {
      build:
        "mkdir dist build && echo dist $VITE_VERCEL_ENV > dist/index.html && echo build $REACT_APP_VERCEL_ENV > build/index.html",
    }),
    // So that nothing is installed.
    "node_modules/.keep": "",
  };
  const { status } = await t.api("POST", "/v9/projects", { name: "set", framework: "create-react-app" });
  expect(status).toBe(200);
  const set = await deploy("set", files);
  expect((await t.visit(set.url)).body).toBe("build preview\n");
  expect(await logOf(set.id)).toContain("Framework: Create React App (set for the project)");
  expect(set.project.framework).toBe("create-react-app");

  const own = await deploy("set", { ...files, "vercel.json": '{"framework":"vite"}' });
  expect((await t.visit(own.url)).body).toBe("dist preview\n");
  expect(await logOf(own.id)).toContain("Framework: Vite (vercel.json)");

  // Detection changes nothing of the project.
  const found = await deploy("found", files);
  expect((await t.visit(found.url)).body).toBe("dist preview\n");
  expect(found.project.framework).toBeNull();
});

it("without a framework, by vercel.json, the start script is run as it is", async () => {
  const one = await deploy("none", {
    ...pack("vite", { start: "node server.js" }),
    "node_modules/.keep": "",
    "dist/index.html": "files",
    "server.js": 'require("node:http").createServer((q, s) => s.end("server")).listen(process.env.PORT)',
    "vercel.json": '{"framework":null}',
  });
  expect((await t.visit(one.url)).body).toBe("server");
});

it("a folder with nothing in it, which the official CLI announces, is no mistake", async () => {
  const files = [
    { file: "index.html", data: "here" },
    { file: "src/empty", mode: 0o040755 },
  ];
  const created = await t.api("POST", "/v13/deployments", { name: "folders", files });
  expect(created.status).toBe(200);
  expect((await t.visit((await t.built(created.body.id)).url)).body).toBe("here");
});

it("what is missing is said", async () => {
  const one = await deploy("angular", {
    ...pack("@angular/cli", { start: "ng serve" }),
    "node_modules/.keep": "",
  });
  expect([one.readyState, one.errorStep]).toEqual(["ERROR", "output"]);
  expect(one.errorMessage).toContain('no output directory named "dist"');
  expect(await logOf(one.id)).toContain('"ng build", which builds Angular, is not installed');
});

it.each([
  ["POST", "/v9/projects", (framework: string) => ({ name: "refused", framework }), "framework"],
  ["PATCH", "/v9/projects/set", (framework: string) => ({ framework }), "framework"],
  [
    "POST",
    "/v13/deployments",
    (framework: string) => ({
      name: "refused",
      files: [{ file: "a", data: "" }],
      projectSettings: { framework },
    }),
    "projectSettings.framework",
  ],
])("%s %s refuses a framework that there is not", async (method, path, body, where) => {
  const { status, body: answer } = await t.api(method, path, body("vitte"));
  expect([status, answer.error.code]).toEqual([400, "bad_request"]);
  expect(answer.error.message).toContain(`\`${where}\` should be equal to one of the allowed values`);
  expect((await t.api("GET", "/v9/projects/refused")).status).toBe(404);
});
