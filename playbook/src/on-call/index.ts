export { type Answer, acknowledge, resolvePage } from "./answer.js";
export {
  alertSeverities,
  handoverAt,
  nextMove,
  onCallAt,
  pageSeverities,
  shiftsFrom,
  turnAt,
} from "./decide.js";
export { newPage, pageFlow, pageSignal } from "./flow.js";
export type * from "./model.js";
export { type OverrideRequest, overrideWindow } from "./override.js";
export { onCallPlan, type PlanSource } from "./plan.js";
export type * from "./ports.js";
export * from "./problems.js";
export { OnCallSettings } from "./settings.js";
