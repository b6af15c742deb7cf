export { type DrainIngest, drainIngest, type IngestReport } from "./drain-ingest.js";
