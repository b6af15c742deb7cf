export { compareData, dataFlowOf } from "./data.js";
export { chooseData } from "./data-look.js";
export { recoveryFlowOf } from "./flow.js";
export { lookAtDatabase } from "./look.js";
