import { abort } from "./abort.js";
import { createToken, listTokens, makeSignInLink, revokeToken } from "./access.js";
import { acknowledgeAlert, checkAlerts, listAlerts, showAlert } from "./alerts.js";
import { approve, makeApprovalLink, showQuestion } from "./approve.js";
import {
  createBackup,
  listBackups,
  planBackupRestore,
  pruneBackups,
  restoreBackup,
  verifyBackups,
} from "./backups.js";
import { listChannels, testChannels } from "./channels.js";
import { deploy } from "./deploy.js";
import { deployGroup } from "./deploy-group.js";
import { listDeployments } from "./deployments.js";
import { drillRecovery, recoveryScenarios } from "./drills.js";
import { actInEmergency, assessEmergency, readEmergencyRecord } from "./emergency.js";
import { deliveryFigures } from "./figures.js";
import { follow } from "./follow.js";
import { reviewIncident } from "./incident-review.js";
import {
  ackIncident,
  assignIncident,
  closeIncident,
  listIncidents,
  noteIncident,
  openIncident,
  resolveIncident,
  setIncidentSeverity,
  showIncident,
  unpublishIncident,
  updateIncident,
} from "./incidents.js";
import { followJob, stopJob } from "./jobs.js";
import { readLedger, verifyLedger } from "./ledger.js";
import { readLogs } from "./logs.js";
import {
  endMaintenance,
  followMaintenance,
  listMaintenance,
  listMaintenanceTasks,
  previewMaintenance,
  startMaintenance,
} from "./maintenance.js";
import { monitorHistory } from "./monitor-history.js";
import { beatMonitor, heartbeatAddress, listMonitors, lookNow, showMonitor } from "./monitors.js";
import { listNotices, retryNotices } from "./notices.js";
import {
  ackPage,
  addOverride,
  listPages,
  pageByHand,
  previewOnCall,
  removeOverride,
  resolvePageVerb,
  showOnCall,
} from "./on-call.js";
import { plan } from "./plan.js";
import { listProven } from "./proven.js";
import { planRecovery, recoverDatabases, recoveryHistory } from "./recovery.js";
import { planBreach, recoverBreach } from "./recovery-breach.js";
import { compareWithBackup, recoverData } from "./recovery-data.js";
import { planOutage, recoverOutage } from "./recovery-outage.js";
import { listReleases, reportRelease, showRelease, showReleaseNow } from "./releases.js";
import { resume } from "./resume.js";
import { resumeGroup } from "./resume-group.js";
import { rollback } from "./rollback.js";
import { showSettings } from "./settings.js";
import { addSilence, expireSilence, extendSilence, listSilences } from "./silences.js";
import { status } from "./status.js";
import type { Call, Verb } from "./verb.js";
import { addWebhook, listWebhooks, removeWebhook } from "./webhooks.js";

/** Everything that Atoms can be asked; the only list. */
export const verbs = [
  status,
  plan,
  deploy,
  deployGroup,
  resume,
  resumeGroup,
  abort,
  approve,
  showQuestion,
  makeApprovalLink,
  rollback,
  follow,
  listReleases,
  showRelease,
  showReleaseNow,
  reportRelease,
  deliveryFigures,
  showSettings,
  listDeployments,
  listProven,
  readLogs,
  readLedger,
  verifyLedger,
  listNotices,
  retryNotices,
  showOnCall,
  previewOnCall,
  addOverride,
  removeOverride,
  removeWebhook,
  listPages,
  pageByHand,
  ackPage,
  resolvePageVerb,
  listChannels,
  testChannels,
  listMonitors,
  showMonitor,
  heartbeatAddress,
  monitorHistory,
  lookNow,
  beatMonitor,
  listAlerts,
  showAlert,
  acknowledgeAlert,
  checkAlerts,
  listSilences,
  listWebhooks,
  addSilence,
  addWebhook,
  expireSilence,
  extendSilence,
  openIncident,
  ackIncident,
  assignIncident,
  noteIncident,
  updateIncident,
  unpublishIncident,
  setIncidentSeverity,
  resolveIncident,
  closeIncident,
  reviewIncident,
  listIncidents,
  showIncident,
  startMaintenance,
  endMaintenance,
  followMaintenance,
  listMaintenance,
  listMaintenanceTasks,
  previewMaintenance,
  assessEmergency,
  readEmergencyRecord,
  actInEmergency,
  createBackup,
  listBackups,
  verifyBackups,
  planBackupRestore,
  restoreBackup,
  pruneBackups,
  planRecovery,
  recoverDatabases,
  compareWithBackup,
  recoverData,
  planBreach,
  recoverBreach,
  planOutage,
  recoverOutage,
  recoveryHistory,
  recoveryScenarios,
  drillRecovery,
  followJob,
  stopJob,
  createToken,
  listTokens,
  revokeToken,
  makeSignInLink,
] as const;

/** The verb that a call is for. Names are unique, so that its types are the call's. */
export function verbNamed<I, O>(call: Call<I, O>): Verb<I, O> {
  return verbs.find(({ name }) => name === call.name) as unknown as Verb<I, O>;
}

export type { AlertList, CheckedRule } from "./alerts.js";
export type { IncidentReview } from "./incident-review.js";
export type { IncidentStanding } from "./incidents.js";
export type { MaintenanceNews, TaskToRun } from "./maintenance.js";
export type { HandLook, MonitorDetails, MonitorStatus } from "./monitors.js";
export type { ReleaseStanding } from "./releases.js";
export {
  abort,
  ackIncident,
  acknowledgeAlert,
  ackPage,
  actInEmergency,
  addOverride,
  addSilence,
  addWebhook,
  approve,
  assessEmergency,
  assignIncident,
  beatMonitor,
  checkAlerts,
  closeIncident,
  compareWithBackup,
  createBackup,
  createToken,
  deliveryFigures,
  deploy,
  deployGroup,
  drillRecovery,
  endMaintenance,
  expireSilence,
  extendSilence,
  follow,
  followJob,
  followMaintenance,
  heartbeatAddress,
  listAlerts,
  listBackups,
  listChannels,
  listDeployments,
  listIncidents,
  listMaintenance,
  listMaintenanceTasks,
  listMonitors,
  listNotices,
  listPages,
  listProven,
  listReleases,
  listSilences,
  listTokens,
  listWebhooks,
  lookNow,
  makeApprovalLink,
  makeSignInLink,
  monitorHistory,
  noteIncident,
  openIncident,
  pageByHand,
  plan,
  planBackupRestore,
  planBreach,
  planOutage,
  planRecovery,
  previewMaintenance,
  previewOnCall,
  pruneBackups,
  readEmergencyRecord,
  readLedger,
  readLogs,
  recoverBreach,
  recoverData,
  recoverDatabases,
  recoverOutage,
  recoveryHistory,
  recoveryScenarios,
  removeOverride,
  removeWebhook,
  reportRelease,
  resolveIncident,
  resolvePageVerb,
  restoreBackup,
  resume,
  resumeGroup,
  retryNotices,
  reviewIncident,
  revokeToken,
  rollback,
  setIncidentSeverity,
  showAlert,
  showIncident,
  showMonitor,
  showOnCall,
  showQuestion,
  showRelease,
  showReleaseNow,
  showSettings,
  startMaintenance,
  status,
  stopJob,
  testChannels,
  unpublishIncident,
  updateIncident,
  verifyBackups,
  verifyLedger,
};
