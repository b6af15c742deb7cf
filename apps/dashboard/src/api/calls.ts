import type {
  abort,
  ackIncident,
  acknowledgeAlert,
  ackPage,
  addOverride,
  addSilence,
  approve,
  assignIncident,
  checkAlerts,
  closeIncident,
  createBackup,
  deliveryFigures,
  expireSilence,
  followJob,
  InputOf,
  listAlerts,
  listBackups,
  listDeployments,
  listIncidents,
  listMonitors,
  listProven,
  listReleases,
  listSilences,
  lookNow,
  monitorHistory,
  noteIncident,
  OutputOf,
  openIncident,
  previewOnCall,
  readLedger,
  readLogs,
  removeOverride,
  reportRelease,
  resolveIncident,
  rollback,
  setIncidentSeverity,
  showIncident,
  showMonitor,
  showOnCall,
  showQuestion,
  showSettings,
  status,
  updateIncident,
  verifyBackups,
  verifyLedger,
} from "@atoms/control-plane";

/** How a verb of the control plane is asked; its types are the verb's own. */
export type Call<V> = {
  readonly method: "GET" | "POST";
  /** Below `/api/v1`. */
  readonly path: string;
  /** Never there: it ties question and answer to the verb. */
  readonly verb?: V;
};

/** What a verb may be asked with. The control plane puts in its own playbook, and what has a default may be left out. */
export type Asked<V> = Partial<Omit<InputOf<V>, "playbook" | "platform">>;
export type Answer<V> = OutputOf<V>;

const reads = <V>(path: string): Call<V> => ({ method: "GET", path });
const acts = <V>(path: string): Call<V> => ({ method: "POST", path });

/** Every verb that the dashboard asks. A test holds names of methods and paths to the verbs themselves. */
export const calls = {
  status: reads<typeof status>("/status"),
  figures: reads<typeof deliveryFigures>("/figures"),
  releases: reads<typeof listReleases>("/releases"),
  report: reads<typeof reportRelease>("/releases/report"),
  question: reads<typeof showQuestion>("/releases/question"),
  approve: acts<typeof approve>("/releases/approve"),
  abort: acts<typeof abort>("/releases/abort"),
  rollback: acts<typeof rollback>("/rollbacks"),
  proven: reads<typeof listProven>("/deployments/proven"),
  deployments: reads<typeof listDeployments>("/deployments"),
  logs: reads<typeof readLogs>("/logs"),
  monitors: reads<typeof listMonitors>("/monitors"),
  monitor: reads<typeof showMonitor>("/monitors/one"),
  monitorHistory: reads<typeof monitorHistory>("/monitors/history"),
  lookNow: acts<typeof lookNow>("/monitors/look"),
  alerts: reads<typeof listAlerts>("/alerts"),
  rules: reads<typeof checkAlerts>("/alerts/check"),
  acknowledgeAlert: acts<typeof acknowledgeAlert>("/alerts/acknowledge"),
  silences: reads<typeof listSilences>("/silences"),
  addSilence: acts<typeof addSilence>("/silences"),
  expireSilence: acts<typeof expireSilence>("/silences/expire"),
  incidents: reads<typeof listIncidents>("/incidents"),
  incident: reads<typeof showIncident>("/incidents/one"),
  openIncident: acts<typeof openIncident>("/incidents"),
  ackIncident: acts<typeof ackIncident>("/incidents/acknowledge"),
  assignIncident: acts<typeof assignIncident>("/incidents/assign"),
  noteIncident: acts<typeof noteIncident>("/incidents/note"),
  updateIncident: acts<typeof updateIncident>("/incidents/update"),
  setSeverity: acts<typeof setIncidentSeverity>("/incidents/severity"),
  resolveIncident: acts<typeof resolveIncident>("/incidents/resolve"),
  closeIncident: acts<typeof closeIncident>("/incidents/close"),
  onCall: reads<typeof showOnCall>("/on-call"),
  shifts: reads<typeof previewOnCall>("/on-call/preview"),
  addOverride: acts<typeof addOverride>("/on-call/overrides"),
  removeOverride: acts<typeof removeOverride>("/on-call/overrides/remove"),
  ackPage: acts<typeof ackPage>("/on-call/pages/acknowledge"),
  backups: reads<typeof listBackups>("/backups"),
  createBackup: acts<typeof createBackup>("/backups"),
  verifyBackups: acts<typeof verifyBackups>("/backups/verify"),
  followJob: reads<typeof followJob>("/jobs/follow"),
  ledger: reads<typeof readLedger>("/ledger"),
  verifyLedger: reads<typeof verifyLedger>("/ledger/verify"),
  settings: reads<typeof showSettings>("/settings"),
};
