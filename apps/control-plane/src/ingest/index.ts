export { type DrainIngest, type DrainIngestOptions, drainIngest, type IngestReport } from "./drain-ingest.js";
export type { DeploymentExposure, RecordCounts } from "./exposure.js";
export { defaultIngestLimits, type IngestLimits } from "./limits.js";
