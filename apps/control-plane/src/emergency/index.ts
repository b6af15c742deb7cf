export { actThroughStore } from "./act.js";
export { type EmergencyActed, orderShape } from "./acting.js";
export { lookAtEmergency, usualLookMs } from "./look.js";
export { lookAtRecord, type RecordSight } from "./look-at-record.js";
