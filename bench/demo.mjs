// What the demo promises, measured:
//   node bench/demo.mjs [--real <n>] [--simulated <n>] [--keep <file>]
// Real runs are releases by the built command on the local cloud, in real time: 3 of each by default, about a minute each.
// Simulated ones are streams of numbers judged by the product at the same settings: 200 of each by default, seconds.
// `--keep` adds the real runs to a file, so that many short sittings add up. Ends with code 1 when a promise is not kept;
// a run that came to no verdict or could not be made is a promise broken, and none at all is none kept.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readSettings } from "@atoms/control-plane";
import { analysisSettings } from "@atoms/playbook";
import { clopperPearson, table } from "./canary/summary.mjs";
import { cases } from "./demo/cases.mjs";
import { openKept } from "./demo/kept.mjs";
import { runReal } from "./demo/real.mjs";
import { simulate } from "./demo/simulated.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const usage = "usage: node bench/demo.mjs [--real 3] [--simulated 200] [--keep runs.json]";
const options = optionsOf();

/** The demo's own settings of a canary, as it writes them, with the path that fails, and another rate where a case has one. */
const { demoPlaybook } = await import(`${root}apps/cli/dist/demo/demo-playbook.js`);
const written = /^canary:\n(?: {2}.*\n)+/m.exec(demoPlaybook({ databaseUrl: "", probeToken: "" }))?.[0];
const rated = /probe: \{ rate: (\d+) \}/;
const own = written?.match(rated)?.[1];
if (written === undefined || own === undefined)
  throw new Error("the demo's playbook has no rate of its canary");
const canaryOf = ({ rate = Number(own), bake }) => {
  const text = written.replace(rated, `probe: { rate: ${rate}, paths: [/products] }`);
  return bake === undefined ? text : text.replace(/^ {2}bake: .*$/m, `  bake: ${bake}`);
};

const kept = openKept(options.keep, { cases, canary: written, code: await digestOfTheCode() });
const wanted = cases
  .filter(({ simulatedOnly }) => simulatedOnly !== true)
  .flatMap((one) => Array.from({ length: options.real }, () => ({ case: one, canary: canaryOf(one) })));
if (wanted.length > 0) console.error(`${wanted.length} real releases, one after the other …`);
await runReal(wanted, (run) => {
  kept.add(run);
  const after = run.backAfter === null ? "" : `, ${run.backAfter.toFixed(1)} s`;
  console.error(
    `  ${run.name}: ${run.state}${after}${run.state === "could not be run" ? ` (${run.why})` : ""}`,
  );
});

const simulated = [];
for (const one of cases) {
  const settings = await settingsOf(canaryOf(one));
  const analysis = analysisSettings(settings, "http");
  for (let run = 0; run < options.simulated; run++)
    simulated.push({ name: one.name, ...simulate(one, settings, analysis, run, one.name) });
}

const rows = [];
let broken = 0;
for (const one of cases)
  for (const [how, all] of [
    ["real", kept.runs],
    ["simulated", simulated],
  ]) {
    if (how === "real" && one.simulatedOnly === true) continue;
    const runs = all.filter(({ name }) => name === one.name);
    const { cells, ok } = one.limit === undefined ? healthy(runs, how) : taken(runs, one.limit);
    if (!ok) broken++;
    rows.push([one.name, how, String(runs.length), ...cells, ok ? "kept" : "BROKEN"]);
  }
console.log(table(["promise", "how", "runs", "median", "worst", "bound", ""], rows));
console.log(
  `\nReal: by the built command, from the first second in which the canary had answered that many requests to the proof on every host that production serves the version before. Simulated: to the verdict. Own requests at ${own} a second to each version, the demo's own rate, where the promise names no other.`,
);
console.log(broken === 0 ? "Every promise was kept." : `${broken} of ${rows.length} were not kept.`);
process.exitCode = broken === 0 ? 0 : 1;

/** Bad releases: all have to be back in time. One that was not taken back counts as if it took for ever. */
function taken(runs, limit) {
  const seconds = runs.map(({ backAfter }) => backAfter ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const shown = (value) =>
    value === undefined ? "" : Number.isFinite(value) ? `${value.toFixed(1)} s` : "not back";
  const ok = seconds.length > 0 && seconds.every((value) => value <= limit);
  return { cells: [shown(seconds[seconds.length >> 1]), shown(seconds.at(-1)), `${limit} s`], ok };
}

/** Healthy releases: none may be taken back, and all have to come to their end. */
function healthy(runs, how) {
  const well = (run) => run.backAfter === null && (how === "simulated" || run.state === "released");
  const not = runs.filter((run) => !well(run)).length;
  const high =
    runs.length === 0 ? "" : ` (under ${(clopperPearson(not, runs.length).high * 100).toFixed(1)} %)`;
  return { cells: ["", `${not} of ${runs.length}${high}`, "0"], ok: runs.length > 0 && not === 0 };
}

async function settingsOf(canary) {
  const folder = await mkdtemp(join(tmpdir(), "atoms-bench-"));
  try {
    const path = join(folder, "playbook.yaml");
    await writeFile(
      path,
      `version: 1\nservice: { name: shop, source: ., kind: http, health: /health }\n${canary}`,
    );
    return (await readSettings(path, {}, "local")).settings.canary;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs by other code are other runs. What judges and moves traffic is the book, and how it is measured is this folder. */
async function digestOfTheCode() {
  const hash = createHash("sha256");
  for (const folder of [
    "playbook/dist/statistics",
    "playbook/dist/strategies",
    "playbook/dist/measurement",
    "bench/demo",
  ])
    for (const file of (await readdir(join(root, folder), { recursive: true })).sort())
      if (/\.m?js$/.test(file)) hash.update(file).update(await readFile(join(root, folder, file)));
  return hash.digest("hex").slice(0, 16);
}

function optionsOf() {
  try {
    const { values } = parseArgs({
      options: {
        real: { type: "string", default: "3" },
        simulated: { type: "string", default: "200" },
        keep: { type: "string" },
      },
    });
    for (const name of ["real", "simulated"])
      if (!/^\d{1,5}$/.test(values[name])) throw new Error(`--${name} wants a whole number`);
    return { real: Number(values.real), simulated: Number(values.simulated), keep: values.keep };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}
