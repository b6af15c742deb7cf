// The way in for a look at an emergency: it loads neither engine nor store, unless nobody else answers.
export type { EmergencyActed, EmergencyOrder } from "./emergency/acting.js";
export { type Emergency, openEmergency } from "./emergency/open.js";
