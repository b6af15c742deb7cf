import { mergeConfig } from "vitest/config";
import everyday from "./vitest.config.js";

/** A store is recorded only by whoever names it: `npm run chaos -- tests/upgrade/store.record.ts`. */
const recording = process.argv.some((word) => word.includes(".record."));
const { projects: _, ...test } = everyday.test ?? {};

/** `npm run chaos`: the kills and the lies, which take minutes to hours. */
export default mergeConfig(
  { ...everyday, test },
  { test: { include: recording ? ["tests/upgrade/*.record.ts"] : ["tests/chaos/*.chaos.ts"] } },
);
