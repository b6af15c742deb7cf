import { defineConfig } from "vitest/config";

// Workspace packages are loaded from their sources ("atoms:source" in their exports), so a test sees the code as
// it stands in the editor; worker threads and child processes are the built files, which scripts/test.mjs refreshes.
const conditions = ["atoms:source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{playbook,packages/*,apps/*,services/*}/src/**/*.test.ts", "tests/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
