// `npm test`: builds what changed, starts a real PostgreSQL, and runs every test against it and the embedded store.
// With `--long` first (`npm run test:long`) the tests that take minutes, and only those; with `--all` both kinds.
// What follows on the command line goes to vitest, e.g. `npm test -- packages/store`.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "./postgres.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "atoms-test-"));
const report = join(folder, "report.json");
const kind = ["--long", "--all"].find((word) => word === process.argv[2]);
const words = process.argv.slice(kind === undefined ? 2 : 3);
let child;
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    interrupted = true;
    child?.kill(signal);
  });

process.exitCode = await main().finally(() => rmSync(folder, { recursive: true, force: true }));

async function main() {
  // Worker threads and child processes run from dist/, so it must be what the sources say.
  if ((await run("node_modules/typescript/bin/tsc", ["-b"])) !== 0) return 1;
  if ((await run("packages/store/initialise.mjs", [])) !== 0) return 1;
  if ((await run("apps/dashboard/bundle.mjs", [])) !== 0) return 1;
  if (interrupted) return 130;

  let postgres;
  try {
    postgres = await start();
  } catch (error) {
    console.error(error.message);
    return 1;
  }
  console.log(`PostgreSQL ${postgres.version} is up for the tests.`);
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await run("node_modules/vitest/vitest.mjs", ["run", ...reporters, ...words], {
      ATOMS_TEST_DB: postgres.url,
      ...(kind === undefined ? {} : { ATOMS_TESTS: kind.slice(2) }),
    });
    const reported = summary();
    return interrupted ? 130 : reported ? code : code || 1;
  } finally {
    await postgres.stop();
  }
}

/** Prints the closing line, for people and for CI. @returns Whether there was a report to read. */
function summary() {
  let result;
  try {
    result = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    console.error("The tests did not get far enough to report.");
    return false;
  }
  const skipped = result.numPendingTests + result.numTodoTests;
  const failedFiles = result.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = result.numFailedTests + failedFiles.length;
  console.log(
    `${result.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
  );
  return true;
}

/** Runs a program and resolves to its exit code. */
function run(program, args, env = {}) {
  return new Promise((resolve) => {
    child = spawn(process.execPath, [join(root, program), ...args], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, ...env },
    });
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
