// `npm test`: builds what changed, starts a real PostgreSQL, and runs every test against it and the embedded store.
// With `--long` first (`npm run test:long`) the tests that take minutes, and only those; with `--all` both kinds.
// What follows on the command line goes to vitest, e.g. `npm test -- packages/store`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "./postgres.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "atoms-test-"));
const kind = ["--long", "--all"].find((word) => word === process.argv[2]);
const words = process.argv.slice(kind === undefined ? 2 : 3);
/** More files than this do not fail because a machine stood still. */
const againAtMost = 8;
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
  if ((await run("scripts/initialise.mjs", [])) !== 0) return 1;
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
    return await test(postgres);
  } finally {
    await postgres.stop();
  }
}

/** Runs the tests, and with `--all` once more what failed. Ends with a line that counts. @returns The exit code. */
async function test(postgres) {
  const first = await vitest(postgres, words);
  if (interrupted) return 130;
  if (first.outcome === undefined) {
    console.error("The tests did not get far enough to report.");
    return first.code || 1;
  }
  let { code, outcome } = first;
  const failed = failedFiles(outcome);
  // CI runs all tests beside each other on a machine that may stand still for seconds, with real processes and their
  // leases. What fails there is run again by itself, in the open; everywhere else it has failed.
  if (code !== 0 && kind === "--all" && failed.length > 0 && failed.length <= againAtMost) {
    tell(outcome);
    console.log(`\nOnce more, each alone: ${failed.join(", ")}`);
    const again = await vitest(postgres, ["--no-file-parallelism", ...failed]);
    if (interrupted) return 130;
    if (again.outcome !== undefined) {
      code = again.code;
      outcome = merged(outcome, again.outcome);
      if (code === 0) console.log(`Failed beside the others and passed alone: ${failed.join(", ")}`);
    }
  }
  tell(outcome);
  const sum = (part) => outcome.files.reduce((all, file) => all + part(file), 0);
  const lost = outcome.files.filter((file) => file.failures.length === 0 && file.errors.length > 0).length;
  const skipped = sum((file) => file.skipped);
  console.log(
    `${sum((file) => file.passed)} passed, ${sum((file) => file.failures.length) + lost} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
  );
  return code;
}

async function vitest(postgres, args) {
  const file = join(folder, "outcome.json");
  rmSync(file, { force: true });
  const reporters = ["--reporter=default", "--reporter=./scripts/outcome-reporter.mjs"];
  const code = await run("node_modules/vitest/vitest.mjs", ["run", ...reporters, ...args], {
    ATOMS_TEST_DB: postgres.url,
    ATOMS_TEST_PG_BIN: postgres.bin,
    ATOMS_OUTCOME: file,
    ...(kind === undefined ? {} : { ATOMS_TESTS: kind.slice(2) }),
  });
  return { code, outcome: existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined };
}

/** Files in which something failed, or an error came that no test waited for; from the root of the repository. */
function failedFiles({ files, stray }) {
  const paths = [
    ...files.filter((file) => file.failures.length + file.errors.length > 0).map((file) => file.path),
    ...stray.map((error) => error.path).filter((path) => path !== null),
  ];
  return [...new Set(paths)].map((path) => relative(root, path)).sort();
}

/** What the second run says of a file stands instead of what the first one said. */
function merged(first, second) {
  const again = new Map(second.files.map((file) => [file.path, file]));
  return { files: first.files.map((file) => again.get(file.path) ?? file), stray: second.stray };
}

/** What failed, a line each, where a reader of the last lines sees it. */
function tell({ files, stray }) {
  for (const { path, failures, errors } of files) {
    const place = relative(root, path);
    for (const { name, message } of failures) console.log(`failed: ${place} > ${name}: ${message}`);
    for (const message of errors) console.log(`failed: ${place}: ${message}`);
  }
  for (const { path, name, message } of stray)
    console.log(
      `failed: an error that no test waited for: ${path === null ? "" : `${relative(root, path)}${name === null ? "" : ` > ${name}`}: `}${message}`,
    );
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
