import { defineConfig } from "vitest/config";

// Workspace packages are loaded from their sources ("atoms:source" in their exports), so a test sees the code as
// it stands in the editor; worker threads and child processes are the built files, which scripts/test.mjs refreshes.
const conditions = ["atoms:source"];

// What takes minutes, because it kills real processes or watches real traffic, is in `*.long.test.ts`: the words "long"
// and "all" of ATOMS_TESTS stand for `npm run test:long` and `test:all`. A long file named on the command line is run too.
const kind =
  process.env["ATOMS_TESTS"] ?? (process.argv.some((word) => word.includes(".long.")) ? "all" : "");
const tests = kind === "long" ? "*.long.test.ts" : "*.test.ts";

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [`{playbook,packages/*,apps/*,services/*}/src/**/${tests}`, `tests/**/${tests}`],
    exclude: ["**/node_modules/**", ...(kind === "" ? ["**/*.long.test.ts"] : [])],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
