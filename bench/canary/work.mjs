// A thread of the benchmark: runs some runs of one cell.
import { parentPort, workerData } from "node:worker_threads";
import { normalOf, randomOf, seedOf } from "./random.mjs";

const suites = new Map();
async function cellsOf(suite) {
  if (!suites.has(suite)) {
    const rows = new RegExp(workerData.rows);
    const all = (await import(`./${suite}.mjs`)).cells(workerData);
    suites.set(
      suite,
      all.filter((cell) => rows.test(`${cell.group ?? ""} ${cell.name}`)),
    );
  }
  return suites.get(suite);
}

parentPort.on("message", async ({ suite, cell: index, from, until }) => {
  const cell = (await cellsOf(suite))[index];
  const values = [];
  for (let i = from; i < until; i++) {
    const random = randomOf(seedOf(suite), seedOf(`${cell.group ?? ""} ${cell.name}`), i);
    values.push(cell.run(random, normalOf(random), i));
  }
  parentPort.postMessage({ values });
});
