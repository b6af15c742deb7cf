// The edge of the local cloud, side by side with the bare process, with nginx splitting 10/90 between the same two
// processes, alone and with what the edge does besides, and with a proxy of the same parts that decides nothing; and the
// calls of its API, cold starts, and requests through its drains. Some two minutes, loopback only.
// With `taskset`, cloud and nginx share one core, load and service another. Requests per core are by processor time.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { service, splitShop, startCloud, visit } from "./edge/cloud.mjs";
import { cores, cpuSeconds, has, pin, sendLoad, startBareProxy, startStillServer } from "./edge/machine.mjs";
import { startNginx } from "./edge/nginx.mjs";
import { withTwoDrains } from "./edge/receiver.mjs";

const CONNECTIONS = 32;
const SECONDS = 2;
const WARM_UP = 60_000;
const KEPT = 200;
const RUNNING = 50;
const DRAINED = 10_000;
const BOUND_TO = "nginx, doing the same";
const host = "shop.localhost";

/** @param {{ runs: number }} options */
export default async function edge({ runs }) {
  const folder = await mkdtemp(join(tmpdir(), "atoms-bench-edge-"));
  const closing = [];
  const interrupted = () => process.exit(130);
  process.once("SIGINT", interrupted);
  try {
    const cloud = await startCloud(folder);
    closing.push(cloud.close);
    const arms = await splitShop(cloud);
    for (const { pid } of Object.values(arms)) pin(pid, cores?.rest);
    const targets = [{ name: "bare process", port: arms.base.port, pid: arms.base.pid }];
    if (has("nginx")) {
      for (const asTheEdge of [false, true]) {
        const ports = { base: arms.base.port, canary: arms.canary.port };
        const nginx = await startNginx(folder, ports, { asTheEdge });
        closing.push(nginx.close);
        targets.push({ name: asTheEdge ? BOUND_TO : "nginx, split alone", ...nginx, isProxy: true });
      }
    } else {
      console.error("nginx is not installed, so there is nothing to compare with: apt-get install nginx");
    }
    const bareProxy = await startBareProxy(arms.base.port);
    closing.push(bareProxy.close);
    targets.push({ name: "bare Node proxy", ...bareProxy, isProxy: true, splits: false });
    targets.push({ name: "edge", port: cloud.port, pid: cloud.pid, isProxy: true });
    const rounds = Math.min(runs, 3);
    const shared = [...(await traffic(targets, rounds)), ...(await drained(cloud))];
    // From here on nothing is compared by core, and a cloud has the whole machine.
    if (cores) pin(cloud.pid, `${cores.rest},${cores.proxy}`);
    return [
      ...shared,
      ...(await coldStarts(cloud, folder, Math.min(runs, 5))),
      ...(await apiCalls(cloud, rounds)),
    ];
  } finally {
    process.off("SIGINT", interrupted);
    for (const close of closing.reverse()) await close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** All in turn in every round: at full load, then all at half of what the edge reached. */
async function traffic(targets, rounds) {
  const seen = targets.map((target) => ({ ...target, perSecond: [], perCore: [], added50: [], added99: [] }));
  // Programs of Node get quicker over their first tens of thousands of requests.
  for (const { port } of seen)
    await sendLoad({ port, host, connections: CONNECTIONS, requests: WARM_UP, seconds: 20 });
  for (let n = 0; n < rounds; n++) {
    for (const target of seen) {
      const before = cpuSeconds(target.pid);
      const result = await sendLoad({ port: target.port, host, connections: CONNECTIONS, seconds: SECONDS });
      const used = cpuSeconds(target.pid) - before;
      target.perSecond.push(result.requests / result.seconds);
      if (before !== null) target.perCore.push(result.requests / used);
      if (target.isProxy && target.splits !== false) isSplit(target.name, result);
    }
  }
  const reached = seen.at(-1).perSecond.toSorted((a, b) => a - b);
  const rate = Math.round(reached[reached.length >> 1] / 2);
  for (let n = 0; n < rounds; n++) {
    let bare;
    for (const target of seen) {
      const options = { port: target.port, host, connections: CONNECTIONS, seconds: SECONDS, rate };
      const { p50, p99 } = await sendLoad(options);
      bare ??= { p50, p99 };
      target.added50.push(p50 - bare.p50);
      target.added99.push(p99 - bare.p99);
    }
  }
  const rows = seen.map(({ name, perSecond }) => ({
    what: `${name}: requests in a second, 1 kB`,
    values: perSecond,
    unit: "/s",
  }));
  const proxies = seen.filter(({ isProxy }) => isProxy);
  for (const { name, perCore } of proxies)
    if (perCore.length > 0)
      rows.push({ what: `${name}: requests per second of processor time`, values: perCore, unit: "/s" });
  const edge = proxies.at(-1);
  // Beside the same round of the edge: what else the machine does changes between rounds.
  for (const other of proxies.slice(0, -1))
    if (edge.perCore.length > 0)
      rows.push({
        what: `${other.name}: throughput per core, as a multiple of the edge's`,
        values: other.perCore.map((value, n) => value / edge.perCore[n]),
        ...(other.name === BOUND_TO ? { bound: 2 } : {}),
        unit: "x",
      });
  for (const { name, added50, added99 } of proxies)
    rows.push(
      { what: `${name}: added p50 at ${rate}/s`, values: added50, ...(name === "edge" ? { bound: 1 } : {}) },
      { what: `${name}: added p99 at ${rate}/s`, values: added99 },
    );
  return rows;
}

/** A proxy that does not split would be quick for the wrong reason. */
function isSplit(name, { arms, requests }) {
  const share = (arms.canary ?? 0) / requests;
  if (share < 0.08 || share > 0.12) throw new Error(`${name} gave the canary ${(share * 100).toFixed(1)} %`);
}

/** Requests with a drain of logs and one of traces: each must arrive once at both. */
async function drained({ port, call }) {
  const { result: sent, rows } = await withTwoDrains(call, () =>
    sendLoad({ port, host, connections: CONNECTIONS, requests: DRAINED, seconds: 20 }),
  );
  if (sent.requests < DRAINED) throw new Error(`only ${sent.requests} requests were answered in 20 s`);
  const perSecond = sent.requests / sent.seconds;
  return [{ what: "edge with two drains: requests in a second", values: [perSecond], unit: "/s" }, ...rows];
}

/** The first request to a deployment, less what the same service needs to start and answer by itself. */
async function coldStarts({ port, deploy }, folder, rounds) {
  const file = join(folder, "own.mjs");
  await writeFile(file, service("own"));
  const own = [];
  const added = [];
  for (let n = 0; n < rounds; n++) {
    const { url } = await deploy("cold", `${service("cold")}// ${n}\n`);
    own.push(await ownStart(file));
    const began = performance.now();
    await visit(port, url);
    added.push(performance.now() - began - own[n]);
  }
  return [
    { what: "cold start: the service by itself", values: own },
    { what: "cold start: added by the cloud", values: added, bound: 400 },
  ];
}

/** From the start of the process to its first answer. */
async function ownStart(file) {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const began = performance.now();
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    for (;;) {
      if (child.exitCode !== null || performance.now() - began > 20_000)
        throw new Error("the service did not start by itself");
      const answered = await visit(port, "own").then(
        () => true,
        () => false,
      );
      if (answered) return performance.now() - began;
      await wait(5);
    }
  } finally {
    child.kill();
    await ended;
  }
}

/** The 99th percentile of calls one after the other, while the cloud keeps 200 deployments and 50 of them run. */
async function apiCalls({ port, call, deploy }, rounds) {
  const began = performance.now();
  const kept = [];
  for (let n = 0; n < KEPT; n += 4) {
    const four = [n, n + 1, n + 2, n + 3];
    kept.push(...(await Promise.all(four.map((m) => deploy(`kept-${m % 20}`, service(`kept${m}`))))));
  }
  for (let n = 0; n < RUNNING; n += 2)
    await Promise.all(kept.slice(n, n + 2).map(({ url }) => visit(port, url)));
  const [one] = kept;
  const made = Math.round((performance.now() - began) / 1_000);
  console.error(`${KEPT} deployments were made and ${RUNNING} of them started in ${made} s`);
  const values = [];
  const middle = [];
  const stillValues = [];
  const still = await startStillServer();
  for (let round = 0; round < rounds; round++) {
    const taken = [];
    const stillTaken = [];
    const timed = async (...words) => {
      const from = performance.now();
      await call(...words);
      taken.push(performance.now() - from);
      const fromStill = performance.now();
      await fetch(`http://127.0.0.1:${still.port}/`).then((answer) => answer.json());
      stillTaken.push(performance.now() - fromStill);
    };
    for (let n = 0; n < 60; n++) {
      await timed("GET", "/v9/projects");
      await timed("GET", "/v6/deployments?limit=20");
      await timed("GET", `/v13/deployments/${one.id}`);
      await timed("GET", `/v1/projects/shop/rolling-release`);
      await timed("POST", `/v10/projects/${one.projectId}/env?upsert=true`, {
        key: "BENCH",
        value: String(n),
        type: "encrypted",
        target: ["production"],
      });
      await timed("POST", `/v2/deployments/${one.id}/aliases`, { alias: `bench-${n % 5}.localhost` });
    }
    const nth = (share, all) => all.toSorted((a, b) => a - b)[Math.floor(all.length * share)];
    middle.push(nth(0.5, taken));
    values.push(nth(0.99, taken));
    stillValues.push(nth(0.99, stillTaken));
  }
  await still.close();
  const where = `${KEPT} deployments, ${RUNNING} running`;
  return [
    { what: `API calls, p50, ${where}`, values: middle },
    { what: `API calls, p99 of 360, ${where}`, values, bound: 10 },
    { what: "a still server in turns with them, p99 of 360", values: stillValues },
  ];
}
