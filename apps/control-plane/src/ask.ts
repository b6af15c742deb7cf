// The way in for commands that only ask: it loads neither engine nor store nor platform, unless nobody else answers.
export type { Ask } from "./api/client.js";
export { openSession, type Session } from "./session.js";
export * from "./verbs/calls.js";
export { type Status, statusCall } from "./verbs/status-call.js";
