import { mergeConfig } from "vitest/config";
import everyday from "./vitest.config.js";

/** `npm run chaos`: the kills, which take minutes to hours. */
export default mergeConfig(
  { ...everyday, test: { ...everyday.test, include: [] } },
  { test: { include: ["tests/chaos/*.chaos.ts"] } },
);
