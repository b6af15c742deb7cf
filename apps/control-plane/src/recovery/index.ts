export { chooseData, settingsOf } from "./data/choose.js";
export { compareData } from "./data/compare.js";
export { dataFlowOf } from "./data/flow.js";
export { recoveryFlowOf } from "./flow.js";
export { lookAtDatabase } from "./look.js";
