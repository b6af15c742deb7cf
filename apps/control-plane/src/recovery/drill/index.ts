export { keepDrilling, lacksForDrill, scenariosToDrill } from "./schedule.js";
export { drillEnded, startDrill } from "./start.js";
export { drillFlowOf } from "./world.js";
