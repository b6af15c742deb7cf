// A canary in each of 1 to 500 environments at once, on one worker with PostgreSQL: what one costs, how that grows, and how
// punctual the looks are; and whether a worker's memory stays flat over a day of looks.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { start as startPostgres } from "../scripts/postgres.mjs";
import { ownDatabase } from "./lib/own-database.mjs";

const program = fileURLToPath(new URL("environments/worker.mjs", import.meta.url));
/** Until the last of them watches its first step. */
const patienceMs = 180_000;
const measuredMs = 40_000;
/** As `canary.interval` is by default. */
const intervalMs = 5_000;
/** How much faster the clock goes for a day of looks, and how long that may take. */
const faster = 200;
const dayMs = 1_800_000;
/** What a day of looks may add to a worker's heap until its release ends. */
const dayMegabytes = 10;

export default async function environments() {
  const postgres = await startPostgres();
  try {
    const rows = [];
    for (const count of [1, 50, 200, 500]) rows.push(...(await canaries(count, postgres.url)));
    rows.push(...(await day(postgres.url)));
    return rows;
  } finally {
    await postgres.stop();
  }
}

function canaries(count, server) {
  return withWorker(server, count, 1, async (ask) => {
    const until = performance.now() + patienceMs;
    for (;;) {
      await ask("measure");
      await pause(4 * intervalMs);
      if ((await ask("tell")).watched === count) break;
      if (performance.now() > until) throw new Error(`not all of ${count} canaries came to be watched`);
    }
    const before = await ask("measure");
    const began = performance.now();
    await pause(measuredMs);
    const after = await ask("tell");
    const seconds = (performance.now() - began) / 1_000;
    if (after.watched !== count) throw new Error(`${after.watched} of ${count} canaries were watched`);
    const cpu = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1e6;
    const late = after.gaps.map((gap) => gap - intervalMs).sort((a, b) => a - b);
    const what = `${count} canaries`;
    return [
      { what: `${what}: processor`, values: [(100 * cpu) / seconds], unit: "% of a core" },
      { what: `${what}: processor per look`, values: [(1_000 * cpu) / after.gaps.length] },
      { what: `${what}: between two looks, beyond 5 s, p50`, values: [late[Math.floor(late.length / 2)]] },
      { what: `${what}: the same, p99`, values: [late[Math.floor(0.99 * late.length)]] },
      { what: `${what}: memory`, values: [after.memory], unit: "MB" },
    ];
  });
}

/** As many looks as a canary takes in a day, by four of them and a clock that is faster. */
function day(server) {
  const inADay = 86_400_000 / intervalMs;
  return withWorker(server, 4, faster, async (ask) => {
    const heaps = new Map();
    const until = performance.now() + dayMs;
    for (const hours of [1, 6, 12, 18, 24]) {
      for (;;) {
        const { looked, heap } = await ask("heap");
        if (looked >= (inADay * hours) / 24) {
          heaps.set(hours, heap);
          break;
        }
        if (performance.now() > until) throw new Error(`${looked} of ${inADay} looks were made`);
        await pause(500);
      }
    }
    return [...heaps].map(([hours, heap]) => ({
      what: `a worker's heap after the looks of ${hours} h`,
      values: [heap],
      unit: "MB",
      ...(hours === 24 ? { bound: heaps.get(1) + dayMegabytes } : {}),
    }));
  });
}

/** @param work Is given a function that asks the worker and resolves to its answer. */
async function withWorker(server, count, times, work) {
  const url = await ownDatabase(server, `environments_${count}_${times}`);
  const worker = fork(program, [String(count), url, String(times)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: ["--expose-gc"],
  });
  const ended = once(worker, "exit");
  const answer = async () => {
    const [message] = await Promise.race([
      once(worker, "message"),
      ended.then(() => Promise.reject(new Error("the worker ended before it was measured"))),
    ]);
    return message;
  };
  try {
    await answer();
    return await work((word) => {
      worker.send(word);
      return answer();
    });
  } finally {
    worker.kill("SIGKILL");
    await ended;
  }
}
