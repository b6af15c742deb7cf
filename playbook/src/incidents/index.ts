/** What people and rules do to an incident: each gives the change with its event and its messages. */
export * as incidentChanges from "./change.js";
export { channelName, type Hand, type IncidentOrder, missedText, openedIncident } from "./change.js";
export { type ChecklistItem, checklistOf } from "./checklist.js";
export { dueAt as incidentDueAt, type IncidentMove, isWorse, nextIncidentMove } from "./decide.js";
export { incidentFlow, incidentSignal } from "./flow.js";
export {
  type FollowUp,
  type HealthFinding,
  type Incident,
  type IncidentRules,
  type IncidentSeverity,
  type IncidentSource,
  type IncidentState,
  incidentSeverities,
  isUnderWay,
  type WorkState,
  workStates,
} from "./model.js";
export { type Pin, pinsUnread, withPin } from "./pins.js";
export type * from "./ports.js";
export * from "./problems.js";
export { type IssueDraft, issuesOf, postMortem } from "./review.js";
export { type IncidentSettings, incidentRules } from "./settings.js";
export { storyEndsAt, type TimelineEntry, timelineOf } from "./timeline.js";
