import { defineConfig } from "vitest/config";

// Workspace packages are loaded from their sources ("atoms:source" in their exports), so a test sees the code as
// it stands in the editor; worker threads and child processes are the built files, which scripts/test.mjs refreshes.
const conditions = ["atoms:source"];

// What takes minutes, because it kills real processes or watches real traffic, is in `*.long.test.ts`: the words "long"
// and "all" of ATOMS_TESTS stand for `npm run test:long` and `test:all`. A long file named on the command line is run too.
const kind =
  process.env["ATOMS_TESTS"] ?? (process.argv.some((word) => word.includes(".long.")) ? "all" : "");
const tests = kind === "long" ? "*.long.test.ts" : "*.test.ts";
const withoutLong = kind === "" ? ["**/*.long.test.ts"] : [];

// Loading the modules that a test stands on takes longer than most tests do. So the files of a worker share one process,
// and its modules are loaded once. A process of their own have those that replace modules for all who load them, that
// measure their process, that start and lose whole databases, or that take long anyway.
const alone = [
  "packages/local-cloud/src/disk-full.test.ts",
  "services/atoms-mcp/src/faults/faults.test.ts",
  `packages/{engine,store}/src/**/${tests}`,
  "**/*.long.test.ts",
];
const elsewhere = ["**/node_modules/**", "**/dist/**"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    // On two cores: everyday tests wait for a third of their time, for real processes and their timers.
    maxWorkers: kind === "" ? 3 : 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: [`{playbook,packages/*,apps/*,services/*}/src/**/${tests}`, `tests/**/${tests}`],
          exclude: [...elsewhere, ...withoutLong, ...alone],
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include:
            kind === "long" ? ["{playbook,packages/*,apps/*,services/*,tests}/**/*.long.test.ts"] : alone,
          exclude: [...elsewhere, ...withoutLong],
          sequence: { groupOrder: 0 },
        },
      },
    ],
  },
});
