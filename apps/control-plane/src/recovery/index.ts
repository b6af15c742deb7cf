export { recoveryFlowOf } from "./flow.js";
export { lookAtDatabase } from "./look.js";
