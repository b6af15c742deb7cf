// A reporter of vitest for scripts/test.mjs: writes what each test file came to, as JSON to the path in ATOMS_OUTCOME.
import { writeFileSync } from "node:fs";

/** What a run came to, file by file; `stray` are errors that no test waited for, e.g. of a connection after its test. */
export default class OutcomeReporter {
  onTestRunEnd(modules, strayErrors) {
    const files = modules.map((module) => {
      const tests = [...module.children.allTests()];
      const count = (state) => tests.filter((test) => test.result().state === state).length;
      return {
        path: module.moduleId,
        passed: count("passed"),
        skipped: count("skipped"),
        failures: tests
          .filter((test) => test.result().state === "failed")
          .map((test) => ({ name: test.fullName, message: firstLine(test.result().errors?.[0]) })),
        // Of the file or a hook around its tests.
        errors: [...module.errors(), ...suites(module).flatMap((suite) => suite.errors())].map(firstLine),
      };
    });
    const stray = strayErrors.map((error) => ({
      path: error.VITEST_TEST_PATH ?? null,
      name: error.VITEST_TEST_NAME ?? null,
      message: firstLine(error),
    }));
    writeFileSync(process.env.ATOMS_OUTCOME, JSON.stringify({ files, stray }));
  }
}

function suites(module) {
  return [...module.children.allSuites()];
}

function firstLine(error) {
  const line = String(error?.message ?? "no message").split("\n")[0];
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
