export { assessEmergency } from "./assess.js";
export { changeKinds, changesIn, lookBackMs } from "./changes.js";
export type { EmergencyMeans } from "./choices.js";
export { type JournalLine, type JournalReading, journalText, readJournal } from "./journal.js";
export type * from "./model.js";
export { emergencyActs, seenOf } from "./model.js";
export * from "./problems.js";
export { wayBackFrom } from "./way-back.js";
