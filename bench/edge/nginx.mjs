// nginx as its Debian package is set up (one worker, access log on), before the two processes that the edge has: once
// with a split alone, and once with what the edge does for a request besides: a cookie that keeps a visitor on its side, the
// headers for the process and for the visitor, and a record of the request in the log.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cores, onCore } from "./machine.mjs";

const PLAIN = {
  http: `
  split_clients "$remote_addr$http_user_agent" $arm { 10% canary; * base; }`,
  log: "",
  location: "",
};

const AS_THE_EDGE = {
  http: `
  split_clients "$remote_addr$http_user_agent" $drawn { 10% canary; * base; }
  map $cookie_arm $arm { canary canary; base base; default $drawn; }
  map $cookie_arm $keep { "" "arm=$drawn; Path=/; HttpOnly; SameSite=Lax"; default ""; }
  log_format record escape=json '{"id":"$request_id","at":$msec,"deploymentId":"$arm","method":"$request_method","host":"$host",'
    '"path":"$request_uri","status":$status,"runtimeStatus":"$upstream_status","durationMs":$request_time,"bytesOut":$body_bytes_sent,'
    '"clientIp":"$remote_addr","userAgent":"$http_user_agent","referer":"$http_referer","parentSpanId":"$http_traceparent","instance":"$upstream_addr"}';`,
  log: " record",
  location: `
      proxy_set_header X-Vercel-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Vercel-Id $request_id;
      proxy_set_header X-Vercel-Deployment-Url $arm;
      proxy_set_header Traceparent 00-$request_id-0123456789abcdef-01;
      add_header X-Vercel-Id $request_id;
      add_header X-Vercel-Deployment-Url $arm;
      add_header X-Atoms-Cloud-Deployment $arm;
      add_header Set-Cookie $keep;`,
};

const configuration = (folder, port, { base, canary }, does) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  keepalive_requests 10000000;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  ${does.http}
  access_log ${folder}/access.log${does.log};
  upstream base { server 127.0.0.1:${base}; keepalive 64; keepalive_requests 10000000; }
  upstream canary { server 127.0.0.1:${canary}; keepalive 64; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://$arm;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      ${does.location}
    }
  }
}
`;

/** Starts nginx in a folder. @returns its port and process id, and what ends it */
export async function startNginx(parent, ports, { asTheEdge = false } = {}) {
  const folder = join(parent, asTheEdge ? "nginx-as-the-edge" : "nginx");
  await mkdir(folder);
  const port = await freePort();
  await writeFile(
    join(folder, "nginx.conf"),
    configuration(folder, port, ports, asTheEdge ? AS_THE_EDGE : PLAIN),
  );
  const [file, args] = onCore(cores?.proxy, "nginx", [
    "-p",
    folder,
    "-c",
    join(folder, "nginx.conf"),
    "-e",
    join(folder, "error.log"),
  ]);
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  for (let n = 0; n < 200; n++) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    if (await accepts(port)) return { port, pid: child.pid, close };
    await wait(20);
  }
  await close();
  throw new Error(`nginx did not listen: ${said}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** True when something listens on the port. */
export function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
