// `npm run bench`: runs the benchmarks of this folder and prints one table against their bounds.
// `npm run bench -- cli rollback --runs 5` picks some. See README.md for what a benchmark is.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(here)
  .filter((file) => file.endsWith(".mjs") && file !== basename(import.meta.url))
  .map((file) => basename(file, ".mjs"))
  .sort();

let asked;
try {
  asked = parseArgs({ allowPositionals: true, options: { runs: { type: "string", default: "15" } } });
  const unknown = asked.positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(", ")}`);
  if (!/^[1-9]\d{0,2}$/.test(asked.values.runs)) throw new Error("--runs wants a whole number from 1 to 999");
} catch (error) {
  console.error(`${error.message}\nusage: npm run bench -- [--runs 15] [${names.join("] [")}]`);
  process.exit(2);
}
const chosen = asked.positionals.length > 0 ? asked.positionals : names;
const runs = Number(asked.values.runs);

const rows = [];
let failed = false;
for (const name of chosen) {
  const path = join(here, `${name}.mjs`);
  console.error(`${name} …`);
  try {
    // One that exports nothing is a program and prints for itself.
    if (/^export default /m.test(readFileSync(path, "utf8"))) {
      const { default: measure } = await import(pathToFileURL(path).href);
      rows.push(...(await measure({ runs })));
    } else if ((await program(path)) !== 0) failed = true;
  } catch (error) {
    failed = true;
    console.error(`${name} failed: ${error.message}`);
  }
}

const over = rows.filter(({ bound, values }) => bound !== undefined && median(values) >= bound);
if (rows.length > 0) print(rows);
console.log(
  `\nNode ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} in the last minute. A bound holds for the median.`,
);
if (over.length > 0) console.log(`Over the bound: ${over.map(({ what }) => what).join("; ")}.`);
process.exitCode = failed || over.length > 0 ? 1 : 0;

function print(all) {
  const table = [
    ["", "median", "max", "runs", "bound", ""],
    ...all.map(({ what, values, bound, unit = "ms" }) => [
      what,
      `${shown(median(values))} ${unit}`,
      `${shown(Math.max(...values))} ${unit}`,
      String(values.length),
      bound === undefined ? "" : `${bound} ${unit}`,
      bound === undefined ? "" : median(values) < bound ? "ok" : "OVER",
    ]),
  ];
  const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
  for (const row of table)
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "),
    );
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function shown(value) {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

function program(path) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path], { stdio: "inherit" });
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
