// nginx as its Debian package is set up (one worker, access log on), splitting between two processes as the edge does.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cores, onCore } from "./machine.mjs";

const configuration = (folder, port, { base, canary }) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  access_log ${folder}/access.log;
  keepalive_requests 10000000;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  split_clients "$remote_addr$http_user_agent" $arm { 10% canary; * base; }
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
    }
  }
}
`;

/** Starts nginx in a folder. @returns its port and process id, and what ends it */
export async function startNginx(parent, ports) {
  const folder = join(parent, "nginx");
  await mkdir(folder);
  const port = await freePort();
  await writeFile(join(folder, "nginx.conf"), configuration(folder, port, ports));
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
