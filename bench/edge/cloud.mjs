// A local cloud as a process of its own on one core, with a service under a rolling release of 10 percent.
import { spawn } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cores, onCore } from "./machine.mjs";

const main = fileURLToPath(new URL("../../packages/local-cloud/dist/main.js", import.meta.url));

/** The service: answers 1 kB and says which arm and process it is. */
export const service = (arm) => `import { createServer } from "node:http";
const body = Buffer.alloc(1024, "x");
const headers = { "content-type": "text/plain", "content-length": "1024", "x-bench-arm": "${arm}",
  "x-bench-port": process.env.PORT, "x-bench-pid": String(process.pid) };
createServer({ keepAliveTimeout: 60000 }, (request, response) => {
  response.writeHead(200, headers);
  response.end(body);
}).listen(process.env.PORT, "127.0.0.1");
`;

/** The same, answered by an nginx that the service starts: it costs next to nothing. */
export const quickService = (arm) => `import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
const folder = mkdtempSync(join(tmpdir(), "atoms-bench-service-"));
const own = (name) => join(folder, name);
const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => name + "_temp_path " + own(name) + ";");
writeFileSync(own("nginx.conf"), "daemon off; master_process off; pid " + own("pid") + "; error_log " + own("error.log") + "; events {} http { " +
  "keepalive_requests 1000000000; access_log off; " + temporary.join(" ") + " server { listen 127.0.0.1:" + process.env.PORT + "; location / { " +
  "default_type text/plain; add_header x-bench-arm ${arm}; add_header x-bench-port $server_port; add_header x-bench-pid $pid; " +
  "return 200 '" + "x".repeat(1024) + "'; } } }");
spawn("nginx", ["-c", own("nginx.conf"), "-e", own("error.log")], { stdio: "inherit" }).on("exit", () => process.exit(1));
`;

/** Starts a cloud in a folder below `parent`. @returns its addresses, its calls, and what ends it */
export async function startCloud(parent) {
  // As `atoms up` starts it.
  const [file, args] = onCore(cores?.proxy, process.execPath, [
    "--max-semi-space-size=32",
    main,
    "--dir",
    join(parent, "cloud"),
    "--json",
  ]);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then((code) => reject(new Error(`the cloud ended with ${code}; is it built?`)));
  });
  const { api, edge, token, pid } = JSON.parse(line);
  const call = async (method, path, body) => {
    const answer = await fetch(api + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  const deploy = async (name, code, more = {}) => {
    const files = [
      { file: "package.json", data: JSON.stringify({ type: "module", scripts: { start: "node index.js" } }) },
      { file: "index.js", data: code },
    ];
    const { id } = await call("POST", "/v13/deployments", { name, files, target: "production", ...more });
    for (let n = 0; n < 1_000; n++) {
      const built = await call("GET", `/v13/deployments/${id}`);
      if (built.readyState === "READY") return built;
      if (built.readyState === "ERROR") throw new Error(`${name} was not built: ${built.errorMessage}`);
      await wait(10);
    }
    throw new Error(`the build of ${name} did not end`);
  };
  const port = Number(new URL(edge).port);
  return { port, pid, call, deploy, close };
}

/**
 * Starts a rolling release of `shop` at 10 percent.
 * @param code the service of an arm
 * @returns the ports of both arms' processes, and their ids
 */
export async function splitShop({ port, call, deploy }, code = service) {
  const base = await deploy("shop", code("base"));
  const path = `/v1/projects/${base.projectId}/rolling-release`;
  await call("PATCH", `${path}/config`, {
    enabled: true,
    advancementType: "manual-approval",
    stages: [{ targetPercentage: 10 }, { targetPercentage: 100 }],
  });
  const canary = await deploy("shop", code("canary"), { autoAssignCustomDomains: false });
  await call("POST", `${path}/start`, { canaryDeploymentId: canary.id });
  const found = async ({ url }) => {
    const { headers } = await visit(port, url);
    return { port: Number(headers["x-bench-port"]), pid: Number(headers["x-bench-pid"]) };
  };
  return { base: await found(base), canary: await found(canary) };
}

/** One request on a connection of its own. @throws When it is not answered with 200 */
export function visit(port, host) {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", headers: { host }, agent: false }, (answer) => {
      answer.resume();
      answer.once("error", reject);
      answer.once("end", () => {
        if (answer.statusCode === 200) resolve(answer);
        else reject(new Error(`${host} answered ${answer.statusCode}`));
      });
    });
    sent.once("error", reject);
    sent.end();
  });
}
