// Every page but the first one, as one program: it is fetched when one of them is wanted, or when the first one has been shown.
export { Alerts } from "./alerts.js";
export { Backups } from "./backups.js";
export { Deployment } from "./deployment.js";
export { Deployments } from "./deployments.js";
export { Emergency } from "./emergency.js";
export { IncidentRoom } from "./incident.js";
export { Incidents } from "./incidents.js";
export { Ledger } from "./ledger.js";
export { MaintenancePage } from "./maintenance.js";
export { Monitor } from "./monitor.js";
export { Monitors } from "./monitors.js";
export { OnCall } from "./on-call.js";
export { ReleasePage } from "./release/release-page.js";
export { Releases } from "./releases.js";
export { Settings } from "./settings.js";
