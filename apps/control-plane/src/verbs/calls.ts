import type { abort } from "./abort.js";
import type { acknowledgeAlert, listAlerts, showAlert } from "./alerts.js";
import type { approve, makeApprovalLink } from "./approve.js";
import type { listDeployments } from "./deployments.js";
import type { follow } from "./follow.js";
import type { listIncidents, showIncident } from "./incidents.js";
import type { readLedger, verifyLedger } from "./ledger.js";
import type { listNotices, retryNotices } from "./notices.js";
import type { listReleases, showReleaseNow } from "./releases.js";
import type { rollback } from "./rollback.js";
import type { Call, InputOf, OutputOf } from "./verb.js";

// How the verbs are called that people type while something is wrong, apart from what they do: a command that asks a
// running control plane then loads neither engine nor store nor schemas, and answers three times sooner (bench/cli.mjs).

type CallOf<V> = Call<InputOf<V>, OutputOf<V>>;

const get = (name: string, path: string) => ({ name, method: "GET", path }) as const;
const post = (name: string, path: string) => ({ name, method: "POST", path }) as const;

export const listReleasesCall: CallOf<typeof listReleases> = get("list releases", "/releases");
export const showReleaseNowCall: CallOf<typeof showReleaseNow> = get("show release now", "/releases/now");
export const followCall: CallOf<typeof follow> = get("follow", "/releases/follow");
export const abortCall: CallOf<typeof abort> = post("abort", "/releases/abort");
export const approveCall: CallOf<typeof approve> = post("approve", "/releases/approve");
export const makeApprovalLinkCall: CallOf<typeof makeApprovalLink> = post(
  "makeApprovalLink",
  "/releases/approve/link",
);
export const rollbackCall: CallOf<typeof rollback> = post("rollback", "/rollbacks");
export const listDeploymentsCall: CallOf<typeof listDeployments> = get("list deployments", "/deployments");
export const readLedgerCall: CallOf<typeof readLedger> = get("read ledger", "/ledger");
export const verifyLedgerCall: CallOf<typeof verifyLedger> = get("verify ledger", "/ledger/verify");
export const listAlertsCall: CallOf<typeof listAlerts> = get("list alerts", "/alerts");
export const showAlertCall: CallOf<typeof showAlert> = get("show alert", "/alerts/one");
export const acknowledgeAlertCall: CallOf<typeof acknowledgeAlert> = post(
  "acknowledge alert",
  "/alerts/acknowledge",
);
export const listIncidentsCall: CallOf<typeof listIncidents> = get("list incidents", "/incidents");
export const showIncidentCall: CallOf<typeof showIncident> = get("show incident", "/incidents/one");
export const listNoticesCall: CallOf<typeof listNotices> = get("list notices", "/notices");
export const retryNoticesCall: CallOf<typeof retryNotices> = post("retry notices", "/notices/retry");
