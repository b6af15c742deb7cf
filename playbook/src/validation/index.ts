export { readAddress } from "./address.js";
export type { Check as SmokeCheck } from "./checks/check.js";
export { judgeHealth } from "./checks/health.js";
export { checks as smokeChecks } from "./checks/index.js";
export { strangerIn } from "./checks/serves-itself.js";
export * from "./contract/index.js";
export { OutOfTime, within } from "./deadline.js";
export { nearestRank } from "./decide.js";
export type { Conversation } from "./mcp/conversation.js";
export { greet } from "./mcp/converse.js";
export { callTool, listTools } from "./mcp/tools.js";
export { measure } from "./measure.js";
export type { PerformanceProgress, Sample, SamplePart, Shot, Target, Validation } from "./model.js";
export { problemOf } from "./outcome.js";
export type { ValidationPorts } from "./ports.js";
export * from "./problems.js";
export { watchSample } from "./sample.js";
export {
  type McpGeneration,
  mcpGenerations,
  type ValidationPlan,
  ValidationSettings,
  validationPlan,
} from "./settings.js";
export { perf, smoke, validate } from "./validate.js";
export { type Visit, visit } from "./visit.js";
