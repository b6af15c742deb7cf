// Monitoring as `atoms up` does it: what 50, 700 and 1,000 endpoints every 10 s cost one control plane, how punctual it is
// with them, and how long after a fault the first notice of a rule with `duration: 2m` arrives. The endpoints and the
// receiver of the notices are a program of their own, which notes when it was asked.
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { phaseOf, slotAt } from "@atoms/playbook";
import { start as startPostgres } from "../scripts/postgres.mjs";
import { ownDatabase } from "./lib/own-database.mjs";
import { withShop } from "./lib/shop.mjs";

const everyMs = 10_000;
/** Before it is measured: first looks, connections, code that is compiled. */
const warmMs = 40_000;
const measuredMs = 60_000;
/** The fault, the rule's two minutes, and patience. */
const noticeMs = 200_000;

export default async function monitors() {
  const postgres = await startPostgres();
  const world = await startEndpoints();
  try {
    const rows = [];
    for (const count of [50, 700, 1_000]) rows.push(...(await cost(count, postgres.url, world)));
    // One thread does all of the embedded store's work; it is told, and promises nothing.
    for (const count of [200, 1_000]) rows.push(...(await cost(count, undefined, world)));
    rows.push(...(await faultToNotice(world)));
    return rows;
  } finally {
    await world.close();
    await postgres.stop();
  }
}

/** @param url Database of the store; the embedded one when there is none. */
function cost(count, url, world) {
  const names = Array.from({ length: count }, (_, i) => `m${i}`);
  return withShop(async ({ folder, env, atoms }) => {
    await atoms("down");
    if (url !== undefined) env.DATABASE_URL = await ownDatabase(url, `monitors_${count}`);
    await addTo(folder, `monitors:\n${names.map((name) => monitor(name, world)).join("\n")}\n`);
    await atoms("up");
    const { pid } = JSON.parse(await readFile(join(folder, ".atoms/run/control-plane.json"), "utf8"));
    await pause(warmMs);
    world.asked.length = 0;
    const before = cpuSeconds(pid);
    const resident = [];
    for (let waited = 0; waited < measuredMs; waited += 1_000) {
      await pause(1_000);
      resident.push(residentMegabytes(pid));
    }
    const share = (cpuSeconds(pid) - before) / (measuredMs / 1_000);
    const listed = [];
    for (let n = 0; n < 3; n++) {
      const began = performance.now();
      await atoms("monitor", "list");
      listed.push(performance.now() - began);
    }
    const late = world.asked
      .filter(({ name }) => names.includes(name))
      .map(({ name, at }) => at - slotAt(at, phaseOf(name, everyMs), everyMs))
      .sort((a, b) => a - b);
    const looks = (count * measuredMs) / everyMs;
    if (late.length === 0) throw new Error("nobody looked");
    const what = `${count.toLocaleString("en")} monitors every 10 s, ${url === undefined ? "embedded store" : "PostgreSQL"}`;
    const bounded = count === 1_000 && url !== undefined;
    return [
      {
        what: `${what}: looks left out`,
        values: [Math.max(0, 100 * (1 - late.length / looks))],
        unit: "%",
        ...(bounded ? { bound: 2 } : {}),
      },
      {
        what: `${what}: late, p99`,
        values: [late[Math.floor(0.99 * late.length)]],
        ...(bounded ? { bound: 1_000 } : {}),
      },
      {
        what: `${what}: memory`,
        values: resident,
        unit: "MB",
        ...(bounded ? { bound: 300 } : {}),
      },
      { what: `${what}: \`atoms monitor list\`, a process of its own`, values: listed },
      { what: `${what}: processor`, values: [100 * share], unit: "% of a core" },
      {
        what: `${what}: processor per look`,
        values: [(share * 1_000 * (measuredMs / 1_000)) / looks],
        unit: "ms",
      },
    ];
  });
}

/** Five services that fall at five moments of their monitors' ten seconds. */
function faultToNotice(world) {
  const names = Array.from({ length: 5 }, (_, i) => `fault${i}`);
  return withShop(async ({ folder, atoms }) => {
    await atoms("down");
    await addTo(
      folder,
      `monitors:
${names.map((name) => monitor(name, world)).join("\n")}
notification_channels:
  webhook: { url: "${world.url}/notices" }
alerting: { group_interval: 5s }
alerts:
${names.map((name) => `  - { name: ${name}_down, condition: 'health_check_failed{monitor="${name}"}', duration: 2m, severity: critical, actions: [webhook] }`).join("\n")}
`,
    );
    await atoms("up");
    await pause(30_000);
    const broken = new Map();
    for (const name of names) {
      world.broken.add(name);
      broken.set(name, Date.now());
      await pause(everyMs / names.length);
    }
    const values = [];
    const until = Date.now() + noticeMs;
    while (values.length < names.length && Date.now() < until) {
      await pause(100);
      for (const [name, at] of broken) {
        const notice = world.notices.find(({ text }) => text.includes(`${name}_down`));
        if (notice === undefined) continue;
        values.push((notice.at - at) / 1_000);
        broken.delete(name);
      }
    }
    if (broken.size > 0) throw new Error(`no notice came of ${[...broken.keys()].join(", ")}`);
    return [{ what: "fault to first notice, rule of 2 m, look every 10 s", values, bound: 135, unit: "s" }];
  });
}

const monitor = (name, world) =>
  `  - { kind: health, name: ${name}, address: "${world.url}", path: /${name}, interval: 10s, timeout: 5s }`;

const addTo = async (folder, text) => {
  const path = join(folder, "playbook.yaml");
  await writeFile(path, `${await readFile(path, "utf8")}${text}`);
};

/** Processor time of all threads of a process, in seconds (proc(5), utime and stime). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const residentMegabytes = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1_024;

async function startEndpoints() {
  const asked = [];
  const notices = [];
  const broken = new Set();
  const server = createServer((request, response) => {
    const name = request.url.slice(1);
    if (name !== "notices") {
      asked.push({ name, at: Date.now() });
      response.writeHead(broken.has(name) ? 500 : 200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ status: broken.has(name) ? "error" : "ok" }));
    }
    const at = Date.now();
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      notices.push({ at, text });
      response.end();
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    asked,
    notices,
    broken,
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}
