import type { Command } from "../command.js";
import { abort } from "./abort.js";
import { analyze } from "./analyze.js";
import { approve } from "./approve.js";
import { check } from "./check.js";
import { cloud } from "./cloud.js";
import { demo } from "./demo.js";
import { deploy } from "./deploy.js";
import { deployments } from "./deployments.js";
import { doctor } from "./doctor.js";
import { down } from "./down.js";
import { init } from "./init.js";
import { ledger } from "./ledger.js";
import { logs } from "./logs.js";
import { perf } from "./perf.js";
import { plan } from "./plan.js";
import { releases } from "./releases.js";
import { rollback } from "./rollback.js";
import { smoke } from "./smoke.js";
import { status } from "./status.js";
import { up } from "./up.js";

/** Every command, in the order of `atoms --help`: first steps, releasing, looking, looking after Atoms itself. */
export const commands: readonly Command[] = [
  demo,
  init,
  check,
  plan,
  deploy,
  approve,
  abort,
  rollback,
  status,
  releases,
  deployments,
  logs,
  smoke,
  perf,
  analyze,
  ledger,
  up,
  down,
  cloud,
  doctor,
];
