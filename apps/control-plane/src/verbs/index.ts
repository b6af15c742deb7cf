import { abort } from "./abort.js";
import { approve } from "./approve.js";
import { deploy } from "./deploy.js";
import { listDeployments } from "./deployments.js";
import { follow } from "./follow.js";
import { readLedger, verifyLedger } from "./ledger.js";
import { readLogs } from "./logs.js";
import { listNotices } from "./notices.js";
import { plan } from "./plan.js";
import { listProven } from "./proven.js";
import { listReleases, showRelease } from "./releases.js";
import { resume } from "./resume.js";
import { rollback } from "./rollback.js";
import { status } from "./status.js";
import type { Call, Verb } from "./verb.js";

/** Everything that Atoms can be asked; the only list. */
export const verbs = [
  status,
  plan,
  deploy,
  resume,
  abort,
  approve,
  rollback,
  follow,
  listReleases,
  showRelease,
  listDeployments,
  listProven,
  readLogs,
  readLedger,
  verifyLedger,
  listNotices,
] as const;

/** The verb that a call is for. Names are unique, so that its types are the call's. */
export function verbNamed<I, O>(call: Call<I, O>): Verb<I, O> {
  return verbs.find(({ name }) => name === call.name) as unknown as Verb<I, O>;
}

export {
  abort,
  approve,
  deploy,
  follow,
  listDeployments,
  listNotices,
  listProven,
  listReleases,
  plan,
  readLedger,
  readLogs,
  resume,
  rollback,
  showRelease,
  status,
  verifyLedger,
};
