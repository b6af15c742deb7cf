// The edge where nothing else is slow: load by wrk, and a service that is an nginx, so that the proxy fills its core. Beside it, in
// turns, nginx with a split alone and doing the same, and a proxy of node:http and undici that decides nothing; then the edge with a
// drain of logs and one of traces. Two minutes, loopback only; it needs wrk, nginx and taskset (Debian: wrk, nginx, util-linux).
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { quickService, splitShop, startCloud } from "./edge/cloud.mjs";
import { cores, cpuSeconds, has, onCore, pin, startBareProxy } from "./edge/machine.mjs";
import { startNginx } from "./edge/nginx.mjs";
import { withTwoDrains } from "./edge/receiver.mjs";

const run = promisify(execFile);
const CONNECTIONS = 32;
const SECONDS = 3;
const BOUND_TO = "nginx, doing the same";
const visitors = fileURLToPath(new URL("./edge/wrk.lua", import.meta.url));

/** @param {{ runs: number }} options */
export default async function edgeFullLoad({ runs }) {
  if (!has("wrk") || !has("nginx") || cores === null)
    throw new Error("This needs wrk, nginx and two cores with taskset: apt-get install wrk nginx");
  const folder = await mkdtemp(join(tmpdir(), "atoms-bench-edge-"));
  const closing = [];
  const interrupted = () => process.exit(130);
  process.once("SIGINT", interrupted);
  // Receives what drains deliver, and leaves the proxies' core alone.
  pin(process.pid, cores.rest);
  try {
    const cloud = await startCloud(folder);
    closing.push(cloud.close);
    const arms = await splitShop(cloud, quickService);
    for (const { pid } of Object.values(arms)) pin(pid, cores.rest);
    const ports = { base: arms.base.port, canary: arms.canary.port };
    const targets = [{ name: "edge", port: cloud.port, pid: cloud.pid }];
    for (const asTheEdge of [false, true]) {
      const nginx = await startNginx(folder, ports, { asTheEdge });
      closing.push(nginx.close);
      targets.push({ name: asTheEdge ? BOUND_TO : "nginx, split alone", ...nginx });
    }
    const bareProxy = await startBareProxy(ports.base);
    closing.push(bareProxy.close);
    targets.push({ name: "bare Node proxy", ...bareProxy });
    const rounds = Math.min(runs, 5);
    return [...(await fullLoad(targets, rounds)), ...(await drained(cloud, Math.min(runs, 3)))];
  } finally {
    process.off("SIGINT", interrupted);
    for (const close of closing.reverse()) await close();
    pin(process.pid, `${cores.rest},${cores.proxy}`);
    await rm(folder, { recursive: true, force: true });
  }
}

/** All in turn in every round. Programs of Node are warm after the first two. */
async function fullLoad(targets, rounds) {
  const seen = targets.map((target) => ({ ...target, perSecond: [], took: [] }));
  for (const { port, pid } of seen) for (let n = 0; n < 2; n++) await load(port, pid);
  for (let n = 0; n < rounds; n++) {
    for (const target of seen) {
      const { perSecond, took } = await load(target.port, target.pid);
      target.perSecond.push(perSecond);
      target.took.push(took);
    }
  }
  const [edge, ...others] = seen;
  return [
    ...seen.map(({ name, perSecond }) => ({
      what: `${name}: requests in a second, 1 kB`,
      values: perSecond,
      unit: "/s",
    })),
    ...seen.map(({ name, took }) => ({
      what: `${name}: processor time of a request`,
      values: took,
      unit: "µs",
    })),
    ...others.map(({ name, took }) => ({
      what: `${name}: throughput per core, as a multiple of the edge's`,
      values: took.map((value, n) => edge.took[n] / value),
      ...(name === BOUND_TO ? { bound: 2 } : {}),
      unit: "x",
    })),
  ];
}

/** As many requests as go through, each at a drain of logs and at one of traces. */
async function drained({ port, pid, call }, rounds) {
  const { result, rows } = await withTwoDrains(call, async () => {
    const forTenThousand = [];
    for (let n = 0; n < rounds; n++) forTenThousand.push(10_000_000 / (await load(port, pid)).perSecond);
    return forTenThousand;
  });
  return [{ what: "edge with two drains: 10,000 requests", values: result, bound: 1_000 }, ...rows];
}

/** @throws When a request failed: what is fast because it fails is not fast */
async function load(port, pid) {
  const words = [
    "-t1",
    "-c",
    String(CONNECTIONS),
    "-d",
    `${SECONDS}s`,
    "-s",
    visitors,
    `http://127.0.0.1:${port}/`,
  ];
  const [file, args] = onCore(cores.rest, "wrk", words);
  const before = cpuSeconds(pid);
  const { stdout } = await run(file, args, { timeout: 60_000 });
  const used = cpuSeconds(pid) - before;
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`requests to port ${port} failed:\n${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    took: (used / requests) * 1e6,
  };
}
