export * from "./decide.js";
export type { LookWorld } from "./kinds/kind.js";
export { type LookPorts, longestLookMs, lookOnce } from "./look.js";
export * from "./model.js";
export { type Monitor, monitorsOf, seriesOf } from "./plan.js";
export type * from "./ports.js";
export { gridMs, phaseOf, slotAt } from "./schedule.js";
export { kindOf, type MonitorSettings } from "./settings.js";
export { type MetricSlice, slicesOf } from "./slices.js";
