// The figures of the canary statistics, against the bound, the targets and other tools' rules on the same streams:
//   node bench/canary.mjs [--full] [--only <part>] [--rows <regexp>] [--threads <n>]
// About three minutes on two free cores; --full runs as often as the figures in the README and takes hours,
// so --rows picks rows by what stands in their first two columns.
// Parts: false-alarms, errors, latency, rollout, clusters, health, speed. Ends with code 1 when a figure is missed.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";

const parts = ["false-alarms", "errors", "latency", "rollout", "clusters", "health"];
const { values: options } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    rows: { type: "string" },
    threads: { type: "string" },
  },
});
const unknown = (options.only ?? []).filter((part) => ![...parts, "speed"].includes(part));
if (unknown.length > 0) {
  console.error(`No such part: ${unknown.join(", ")}. Parts: ${parts.join(", ")}, speed.`);
  process.exit(2);
}
const full = options.full;
const rows = new RegExp(options.rows ?? "");
const threads = Math.max(1, Number(options.threads ?? availableParallelism()));
const wanted = (part) => options.only === undefined || options.only.includes(part);

// The benchmark measures what is built, so it builds first.
const root = fileURLToPath(new URL("..", import.meta.url));
const built = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-b", "playbook"], {
  cwd: root,
  stdio: "inherit",
});
if (built.status !== 0) process.exit(1);

const begun = performance.now();
const missed = [];
const workers = Array.from(
  { length: threads },
  () =>
    new Worker(new URL("./canary/work.mjs", import.meta.url), { workerData: { full, rows: rows.source } }),
);
try {
  for (const part of parts.filter(wanted)) await show(part);
} finally {
  await Promise.all(workers.map((worker) => worker.terminate()));
}
if (wanted("speed")) {
  const { speed } = await import("./canary/speed.mjs");
  console.log(`\n# Speed on this machine, one core\n\n${speed()}`);
}
console.log(
  `\n${missed.length === 0 ? "All figures were reached" : `Missed: ${missed.join(", ")}`}, in ${Math.round((performance.now() - begun) / 1_000)} s on ${threads} threads${full ? ", full" : ""}.`,
);
process.exitCode = missed.length === 0 ? 0 : 1;

async function show(part) {
  const suite = await import(`./canary/${part}.mjs`);
  console.log(`\n# ${suite.title}\n`);
  const from = performance.now();
  const cells = suite.cells({ full }).filter((cell) => rows.test(`${cell.group ?? ""} ${cell.name}`));
  const results = await simulate(part, cells);
  if (!suite.print(results, { full })) missed.push(part);
  console.log(`(${Math.round((performance.now() - from) / 1_000)} s)`);
}

/** Divides the runs of all cells over the threads; the values come back in the order of the runs. */
async function simulate(suite, cells) {
  const jobs = cells.flatMap((cell, index) => {
    const size = Math.max(1, Math.ceil(cell.runs / (threads * 4)));
    return Array.from({ length: Math.ceil(cell.runs / size) }, (_, k) => ({
      suite,
      cell: index,
      from: k * size,
      until: Math.min(cell.runs, (k + 1) * size),
    }));
  });
  const values = cells.map((cell) => new Array(cell.runs));
  let next = 0;
  await Promise.all(
    workers.map(async (worker) => {
      while (next < jobs.length) {
        const job = jobs[next++];
        const answer = await ask(worker, job);
        answer.forEach((value, i) => {
          values[job.cell][job.from + i] = value;
        });
      }
    }),
  );
  return cells.map((cell, i) => ({ cell, values: values[i] }));
}

function ask(worker, job) {
  return new Promise((resolve, reject) => {
    const done = (message) => {
      worker.off("error", reject);
      resolve(message.values);
    };
    worker.once("message", done);
    worker.once("error", reject);
    worker.postMessage(job);
  });
}
