export { incidentFlowOf, startLostIncidents } from "./flow.js";
export { lookAtHealth } from "./health.js";
export { acknowledgeByPage, answerPages, changeIncident, chosenIncident, openIncident } from "./incident.js";
export { openForAlert, openForRollback } from "./open-for.js";
export { keepReadingPins, takeUpPins } from "./pins.js";
export { storyOf } from "./story.js";
