export { doingOf } from "./doing.js";
export { maintenanceFlowOf } from "./flow.js";
export { goOnWithAllLost, goOnWithLost } from "./lost.js";
export { eventsIn, maintenanceIn } from "./read.js";
export { keepMaintaining } from "./schedule.js";
export { endMaintenance, startMaintenance } from "./start.js";
export { taskText } from "./task-text.js";
