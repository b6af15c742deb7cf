import {
  type Incident,
  type IssueDraft,
  incidentChanges,
  incidentRulesOf,
  issuesOf,
  postMortem,
} from "@atoms/playbook";
import { z } from "zod";
import { changeIncident, chosenIncident, storyOf, takeUpPins } from "../incidents/index.js";
import { incidentRef, incidentText } from "./incident-ref.js";
import { defineVerb } from "./verb.js";

/** How long a post-mortem waits for what Slack says of pinned messages, in milliseconds. */
const pinsMs = 15_000;

/** What is left of an incident for those who learn from it. */
export type IncidentReview = { incident: Incident; markdown: string; issues: IssueDraft[] };

/** Drafts the post-mortem, and notes what is to be done. */
export const reviewIncident = defineVerb({
  name: "review incident",
  method: "POST",
  role: "operator",
  path: "/incidents/review",
  summary: "Draft an incident's post-mortem, or add what is to be done",
  input: z.strictObject({
    ...incidentRef,
    action: incidentText(500).optional().describe("Something to be done, so that it does not happen again."),
    owner: incidentText(80).optional().describe("Who does that."),
  }),
  async run(plane, input, actor): Promise<IncidentReview> {
    const open = await plane.open(input);
    const chosen = await chosenIncident(plane, open, input.incident, () => true);
    const { id } = chosen;
    await takeUpPins(plane, chosen, AbortSignal.timeout(pinsMs));
    const { action, owner } = input;
    const { incident } = await changeIncident(plane, id, actor, (standing, hand) =>
      action === undefined
        ? incidentChanges.drafted(standing, hand)
        : incidentChanges.followedUp(standing, hand, action, owner),
    );
    const rules = incidentRulesOf(open.settings);
    const story = await storyOf(plane, incident);
    return {
      incident,
      markdown: postMortem(incident, story, rules, plane.clock.now()),
      issues: issuesOf(incident),
    };
  },
});
