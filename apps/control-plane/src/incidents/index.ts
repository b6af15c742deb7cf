export { incidentFlowOf, startLostIncidents } from "./flow.js";
export { lookAtHealth } from "./health.js";
export { acknowledgeByPage, answerPages, changeIncident, chosenIncident, openIncident } from "./incident.js";
export { openForAlert, openForRollback } from "./open-for.js";
export { storyOf } from "./story.js";
