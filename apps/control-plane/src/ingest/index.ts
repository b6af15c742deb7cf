export { type DrainIngest, drainIngest } from "./drain-ingest.js";
