import type { PreflightCheck } from "../check.js";
import { alerts } from "./alerts.js";
import { branch } from "./branch.js";
import { dependencies } from "./dependencies.js";
import { disk } from "./disk.js";
import { gitClean } from "./git-clean.js";
import { numbers } from "./numbers.js";
import { platform } from "./platform.js";
import { source } from "./source.js";
import { split } from "./split.js";
import { tests } from "./tests.js";
import { variables } from "./variables.js";
import { wayBack } from "./way-back.js";

/** Every check, in the order in which findings are told. */
export const preflightChecks: readonly PreflightCheck[] = [
  source,
  gitClean,
  branch,
  dependencies,
  tests,
  variables,
  platform,
  wayBack,
  numbers,
  split,
  alerts,
  disk,
];
