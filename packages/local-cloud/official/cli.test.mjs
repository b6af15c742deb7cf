/** The official `vercel` CLI drives a local cloud through a deployment's whole life. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startLocalCloud } from "../dist/index.js";

// The package of that name in `node_modules`; the suite runs once for each release of the CLI.
const VERCEL = fileURLToPath(
  new URL(`./node_modules/${process.env.OFFICIAL_CLI ?? "vercel"}/dist/vc.js`, import.meta.url),
);
const TIMEOUT_MS = 60_000;

let cloud;
let home;
let project;
let app;

before(async () => {
  home = await mkdtemp(join(tmpdir(), "official-"));
  app = join(home, "app");
  await mkdir(app);
  await mkdir(join(home, "config"));
  cloud = await startLocalCloud({ folder: join(home, "cloud") });
  project = await api("POST", "/v11/projects", { name: "official" });
  await say("one");
});
after(async () => {
  await cloud.close();
  await rm(home, { recursive: true, force: true });
});

async function api(method, path, body) {
  const answer = await fetch(cloud.apiUrl + path, {
    method,
    headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return answer.json().catch(() => null);
}

/** Writes a service that answers with a word. */
async function say(word) {
  await writeFile(
    join(app, "package.json"),
    JSON.stringify({ name: "app", type: "module", scripts: { start: "node index.js" } }),
  );
  await writeFile(
    join(app, "index.js"),
    `import { createServer } from "node:http";
createServer((q, s) => { console.log("said ${word}"); s.end("${word}"); }).listen(process.env.PORT);
`,
  );
}

function visit(host) {
  return new Promise((resolve, reject) => {
    request(cloud.edgeUrl, { headers: { host }, agent: false }, (answer) => {
      let body = "";
      answer.on("data", (part) => {
        body += part;
      });
      answer.on("end", () => resolve(body));
    })
      .on("error", reject)
      .end();
  });
}

/** Runs the CLI; `input` goes to its standard input. */
function run(args, { input, expect = 0, scoped = false, cwd = app } = {}) {
  const all = [
    ...args,
    ...(scoped ? ["--scope", cloud.team.slug] : []),
    "--api",
    cloud.apiUrl,
    "-Q",
    join(home, "config"),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [VERCEL, ...all], {
      cwd,
      env: {
        PATH: process.env.PATH,
        HOME: home,
        VERCEL_TOKEN: cloud.token,
        VERCEL_ORG_ID: cloud.team.id,
        VERCEL_PROJECT_ID: project.id,
        VERCEL_TELEMETRY_DISABLED: "1",
        NO_UPDATE_NOTIFIER: "1",
        FF_GUIDANCE_MODE: "0",
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(input ?? "");
    let out = "";
    let err = "";
    child.stdout.on("data", (part) => {
      out += part;
    });
    child.stderr.on("data", (part) => {
      err += part;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      try {
        assert.equal(code, expect, `vercel ${args.join(" ")} ended with ${code}\n${out}\n${err}`);
        resolve({ out, err, both: out + err });
      } catch (error) {
        reject(error);
      }
    });
  });
}

const bare = (url) => url.trim().replace(/^https:\/\//, "");
let one;
let two;
let preview;

test("whoami", async () => {
  assert.match((await run(["whoami"])).both, /local-user/);
});

test("what the cloud prints is enough to deploy a fresh folder", async () => {
  const fresh = join(home, "fresh");
  await mkdir(fresh);
  await writeFile(join(fresh, "index.html"), "fresh");
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const printing = spawn(process.execPath, [main, "--dir", join(home, "printing")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let said = "";
    for await (const part of printing.stdout) {
      said += part;
      if (said.includes("--scope")) break;
    }
    const variables = Object.fromEntries(
      [...said.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    const args = /^# vercel (deploy .*)$/m.exec(said)[1].split(" ");
    const child = spawn(process.execPath, [VERCEL, ...args], {
      cwd: fresh,
      env: { PATH: process.env.PATH, HOME: join(home, "stranger"), ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    let out = "";
    let err = "";
    child.stdout.on("data", (part) => {
      out += part;
    });
    child.stderr.on("data", (part) => {
      err += part;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    assert.equal(code, 0, err);
    assert.match(out, /^https:\/\/fresh-\w+\.localhost/);
  } finally {
    printing.kill("SIGTERM");
    await new Promise((resolve) => printing.once("exit", resolve));
  }
});

test("a wrong token is refused", async () => {
  const answer = await fetch(`${cloud.apiUrl}/v2/user`, { headers: { authorization: "Bearer wrong" } });
  assert.equal(answer.status, 403);
});

test("deploy --prod", async () => {
  one = bare((await run(["deploy", "--prod", "--yes"])).out);
  assert.equal(await visit(one), "one");
  assert.equal(await visit("official.localhost"), "one");
});

test("deploy (preview)", async () => {
  await say("preview");
  preview = bare((await run(["deploy", "--yes"])).out);
  assert.equal(await visit(preview), "preview");
  assert.equal(await visit("official.localhost"), "one");
});

test("deploy --prod --skip-domain", async () => {
  await say("two");
  two = bare((await run(["deploy", "--prod", "--skip-domain", "--yes"])).out);
  assert.equal(await visit(two), "two");
  assert.equal(await visit("official.localhost"), "one");
});

test("deploy --archive=tgz", async () => {
  await say("archived");
  const url = bare((await run(["deploy", "--archive=tgz", "--yes"])).out);
  assert.equal(await visit(url), "archived");
});

test("what vercel.json says of paths and cron jobs; crons ls, run", async () => {
  const settings = join(app, "vercel.json");
  await writeFile(
    settings,
    JSON.stringify({
      headers: [{ source: "/(.*)", headers: [{ key: "x-said", value: "yes" }] }],
      redirects: [{ source: "/old", destination: "/new", permanent: false }],
      crons: [{ path: "/job", schedule: "0 5 * * *" }],
    }),
  );
  await writeFile(
    join(app, "index.js"),
    `import { createServer } from "node:http";
const agents = [];
createServer((q, s) => { if (q.url === "/job") agents.push(q.headers["user-agent"]); s.end(agents.join()); })
  .listen(process.env.PORT);
`,
  );
  const url = bare((await run(["deploy", "--prod", "--yes"])).out);
  await rm(settings);
  const { port } = new URL(cloud.edgeUrl);
  const old = await new Promise((resolve, reject) => {
    request({ port, path: "/old", headers: { host: url }, agent: false }, resolve)
      .on("error", reject)
      .end();
  });
  old.resume();
  assert.deepEqual([old.statusCode, old.headers.location], [307, "/new"]);
  assert.match((await run(["crons", "ls"])).both, /\/job.*0 5 \* \* \*/);
  assert.match((await run(["crons", "run", "/job"])).both, /triggered/);
  let called = "";
  for (let n = 0; n < 200 && called === ""; n++) {
    called = await visit(url);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(called, "vercel-cron/1.0");
  await run(["promote", one, "--yes"], { scoped: true });
});

test("build, and deploy --prebuilt", async () => {
  const own = join(home, "prebuilt");
  await mkdir(join(own, "api"), { recursive: true });
  await mkdir(join(own, "lib"));
  await mkdir(join(own, ".vercel"));
  await writeFile(join(own, "package.json"), JSON.stringify({ name: "prebuilt", type: "module" }));
  await writeFile(
    join(own, ".vercel", "project.json"),
    JSON.stringify({ projectId: project.id, orgId: cloud.team.id, settings: { framework: null } }),
  );
  await writeFile(join(own, "lib", "word.js"), 'export const word = "prebuilt";');
  await writeFile(
    join(own, "api", "index.js"),
    'import { word } from "../lib/word.js"; export default (q, s) => s.send(word + " " + q.headers["x-user"]);',
  );
  await writeFile(
    join(own, "middleware.js"),
    `export const config = { runtime: "nodejs" };
export default () => new Response(null, { headers: { "x-middleware-next": "1",
  "x-middleware-override-headers": "x-user", "x-middleware-request-x-user": "ada" } });
`,
  );
  await writeFile(
    join(own, "vercel.json"),
    JSON.stringify({ rewrites: [{ source: "/(.*)", destination: "/api" }] }),
  );
  await run(["build", "--yes"], { cwd: own });
  const url = bare((await run(["deploy", "--prebuilt", "--yes"], { cwd: own })).out);
  assert.equal(await visit(url), "prebuilt ada");
});

test("deploy of a build that fails", async () => {
  await writeFile(
    join(app, "package.json"),
    JSON.stringify({ scripts: { build: "echo broken-by-hand; exit 1" } }),
  );
  const { both } = await run(["deploy", "--yes"], { expect: 1 });
  assert.match(both, /exited with 1/);
  await say("two");
});

test("ls", async () => {
  const { both } = await run(["ls"]);
  for (const host of [one, two, preview]) assert.ok(both.includes(host), `${host} is missing in\n${both}`);
});

test("inspect, by id and by host, and its logs", async () => {
  assert.match((await run(["inspect", one], { scoped: true })).both, /official/);
  const { id } = await api("GET", `/v13/deployments/${one}`);
  assert.match((await run(["inspect", id], { scoped: true })).both, new RegExp(one));
  assert.match((await run(["inspect", one, "--logs"], { scoped: true })).both, /Build finished/);
});

test("alias set, ls, rm", async () => {
  await run(["alias", "set", preview, "green.localhost"], { scoped: true });
  assert.equal(await visit("green.localhost"), "preview");
  assert.match((await run(["alias", "ls"], { scoped: true })).both, /green\.localhost/);
  await run(["alias", "rm", "green.localhost", "--yes"], { scoped: true });
  assert.match(await visit("green.localhost"), /DEPLOYMENT_NOT_FOUND/);
});

test("domains add, inspect, ls, rm", async () => {
  await run(["domains", "add", "shop.example", "official"], { scoped: true });
  assert.equal(await visit("shop.example"), "one");
  assert.match((await run(["domains", "inspect", "shop.example"], { scoped: true })).both, /official/);
  assert.match((await run(["domains", "ls"], { scoped: true })).both, /shop\.example/);
  await run(["domains", "rm", "shop.example", "--yes"], { scoped: true });
  assert.match(await visit("shop.example"), /DEPLOYMENT_NOT_FOUND/);
});

test("promote, promote status", async () => {
  await run(["promote", two, "--yes"], { scoped: true });
  assert.equal(await visit("official.localhost"), "two");
  await run(["promote", "status"]);
});

test("rollback, rollback status", async () => {
  await run(["rollback", one, "--yes"], { scoped: true });
  assert.equal(await visit("official.localhost"), "one");
  await run(["rollback", "status"]);
  assert.equal((await api("GET", `/v9/projects/${project.id}`)).autoAssignCustomDomains, false);
});

test("promote of a preview rebuilds it for production", async () => {
  await run(["promote", preview, "--yes"], { scoped: true });
  const { targets } = await api("GET", `/v9/projects/${project.id}`);
  assert.ok(targets.production);
});

test("redeploy", async () => {
  const { out } = await run(["redeploy", one], { scoped: true });
  assert.equal(await visit(bare(out)), "one");
});

test("env add, ls, update, pull, rm", async () => {
  await run(["env", "add", "WORD", "production", "--no-sensitive"], { input: "first" });
  assert.match((await run(["env", "ls", "production"])).both, /WORD/);
  await run(["env", "update", "WORD", "production", "--yes"], { input: "second" });
  await run(["env", "pull", ".env.test", "--environment", "production", "--yes"]);
  const { readFile } = await import("node:fs/promises");
  assert.match(await readFile(join(app, ".env.test"), "utf8"), /WORD="second"/);
  await run(["env", "rm", "WORD", "production", "--yes"]);
  await rm(join(app, ".env.test"));
});

test("a custom environment: env add, ls, pull, deploy --target, ls --environment", async () => {
  await api("POST", `/v9/projects/${project.id}/custom-environments`, { slug: "staging" });
  await run(["env", "add", "PLACE", "staging", "--no-sensitive"], { input: "here" });
  assert.match((await run(["env", "ls", "staging"])).both, /PLACE/);
  await run(["env", "pull", ".env.test", "--environment", "staging", "--yes"]);
  const { readFile } = await import("node:fs/promises");
  assert.match(await readFile(join(app, ".env.test"), "utf8"), /PLACE="here"/);
  await rm(join(app, ".env.test"));
  const host = bare((await run(["deploy", "--target", "staging", "--yes"])).out);
  assert.ok((await run(["ls", "--environment", "staging"])).both.includes(host));
});

test("logs", async () => {
  await visit("official.localhost");
  const { both } = await run(["logs", "--environment", "production"]);
  assert.match(both, /official\.localhost|said (one|preview)/);
});

test("rolling-release: configure, start, fetch, approve, complete, abort", async () => {
  const stages = ["--stage=10", "--stage=50"];
  await run(["rolling-release", "configure", "--enable", "--advancement-type=manual-approval", ...stages]);
  await api("PATCH", `/v9/projects/${project.id}`, { autoAssignCustomDomains: false });
  const base = (await api("GET", `/v9/projects/${project.id}`)).targets.production;
  await say("rolled");
  const canaryHost = bare((await run(["deploy", "--prod", "--skip-domain", "--yes"])).out);
  const { id: canary } = await api("GET", `/v13/deployments/${canaryHost}`);
  const current = async () => (await api("GET", `/v1/projects/${project.id}/rolling-release`)).rollingRelease;
  await run(["rolling-release", "start", "--dpl", canary, "--yes"]);
  assert.equal((await current()).activeStage.targetPercentage, 10);
  assert.match((await run(["rolling-release", "fetch"])).both, /ACTIVE/);
  await run(["rolling-release", "approve", "--dpl", canary, "--currentStageIndex=0"]);
  assert.equal((await current()).activeStage.targetPercentage, 50);
  await run(["rolling-release", "abort", "--dpl", base.id]);
  assert.equal((await current()).state, "ABORTED");
  await run(["rolling-release", "start", "--dpl", canary, "--yes"]);
  await run(["rolling-release", "complete", "--dpl", canary]);
  assert.equal((await current()).state, "COMPLETE");
  assert.equal(await visit("official.localhost"), "rolled");
  await run(["rolling-release", "configure", "--disable"]);
});

test("project ls, inspect, add; remove a deployment and a project", async () => {
  assert.match((await run(["project", "ls"], { scoped: true })).both, /official/);
  assert.match((await run(["project", "inspect", "official"], { scoped: true })).both, /official/);
  await run(["project", "add", "second"], { scoped: true });
  await run(["remove", preview, "--yes"], { scoped: true });
  assert.match(await visit(preview), /DEPLOYMENT_NOT_FOUND/);
  await run(["remove", "second", "--yes"], { scoped: true });
  assert.equal((await api("GET", "/v9/projects/second")).error.code, "not_found");
});
