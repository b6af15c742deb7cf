import type { Command } from "../command.js";
import { abort } from "./abort.js";
import { alerts } from "./alerts.js";
import { analyze } from "./analyze.js";
import { approve } from "./approve.js";
import { backup } from "./backup.js";
import { channels } from "./channels.js";
import { check } from "./check.js";
import { cloud } from "./cloud.js";
import { contract } from "./contract.js";
import { dashboard } from "./dashboard.js";
import { demo } from "./demo.js";
import { deploy } from "./deploy.js";
import { deployments } from "./deployments.js";
import { doctor } from "./doctor.js";
import { down } from "./down.js";
import { emergency } from "./emergency.js";
import { incident } from "./incident.js";
import { init } from "./init.js";
import { ledger } from "./ledger.js";
import { logs } from "./logs.js";
import { maintenance } from "./maintenance.js";
import { monitor } from "./monitor.js";
import { notices } from "./notices.js";
import { oncall } from "./oncall.js";
import { perf } from "./perf.js";
import { plan } from "./plan.js";
import { recover } from "./recover.js";
import { releases } from "./releases.js";
import { report } from "./report.js";
import { rollback } from "./rollback.js";
import { silence } from "./silence.js";
import { smoke } from "./smoke.js";
import { status } from "./status.js";
import { token } from "./token.js";
import { up } from "./up.js";
import { webhooks } from "./webhooks.js";

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
  dashboard,
  releases,
  deployments,
  logs,
  monitor,
  smoke,
  perf,
  contract,
  analyze,
  report,
  alerts,
  silence,
  ledger,
  backup,
  emergency,
  recover,
  incident,
  maintenance,
  oncall,
  notices,
  channels,
  up,
  down,
  cloud,
  token,
  webhooks,
  doctor,
];
