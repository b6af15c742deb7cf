export { outsideNews } from "./outside.js";
export { webhookPath, webhookRoutes } from "./routes.js";
export { forgetWebhook, keepWebhook, keptWebhook } from "./secret.js";
export { takenEvents } from "./take.js";
export { keepTellingChecks } from "./tell-check.js";
export { triggerFlowOf } from "./trigger.js";
