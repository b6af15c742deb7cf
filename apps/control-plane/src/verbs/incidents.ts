import { randomBytes } from "node:crypto";
import {
  type Actor,
  type ChecklistItem,
  checklistOf,
  type Hand,
  type HealthFinding,
  type Incident,
  type IncidentChange,
  incidentChanges,
  incidentDueAt,
  incidentRulesOf,
  incidentSeverities,
  isUnderWay,
  notHealthy,
  statusPageNothingPublic,
  statusPageOff,
  type TimelineEntry,
  workStates,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import {
  answerPages,
  changeIncident,
  chosenIncident,
  lookAtHealth,
  openIncident as openOne,
  storyOf,
} from "../incidents/index.js";
import { incidentRef, incidentText } from "./incident-ref.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** An incident with what is read off it. */
export type IncidentStanding = {
  incident: Incident;
  checklist: ChecklistItem[];
  /** When its promises have to be kept, in milliseconds since the epoch; left out where there is none to keep. */
  due: { response?: number; resolution?: number };
};

const severity = z.enum(incidentSeverities);
const forEverybody = {
  public: z.boolean().optional().describe("Show the text on the public status page, too."),
  publicTitle: incidentText(120)
    .regex(/^[^\p{Cc}]*$/u, { error: "expected one line of text" })
    .optional()
    .describe("What the incident is called there; its own title is never shown."),
};
const titleIsPublic = (given: { public?: boolean | undefined; publicTitle?: string | undefined }) =>
  given.public === true || given.publicTitle === undefined;

/** What a change is to show to everybody, if anything. @throws ATM-954 where there is no status page. */
async function everybodyOf(
  plane: ControlPlane,
  input: PlaybookRef & { public?: boolean | undefined; publicTitle?: string | undefined },
): Promise<{ everybody?: { title?: string } }> {
  if (input.public !== true) return {};
  if ((await plane.open(input)).settings.status_page === undefined) throw statusPageOff();
  return { everybody: input.publicTitle === undefined ? {} : { title: input.publicTitle } };
}

async function standingOf(
  plane: ControlPlane,
  ref: PlaybookRef,
  incident: Incident,
): Promise<IncidentStanding> {
  const rules = incidentRulesOf((await plane.open(ref)).settings);
  const [response, resolution] = [
    incidentDueAt(incident, rules, "response"),
    incidentDueAt(incident, rules, "resolution"),
  ];
  return {
    incident,
    checklist: checklistOf(incident, rules.checklist),
    due: {
      ...(response === undefined ? {} : { response }),
      ...(resolution === undefined ? {} : { resolution }),
    },
  };
}

type Which = PlaybookRef & { incident?: string | undefined };

async function change(
  plane: ControlPlane,
  input: Which,
  actor: Actor,
  how: (standing: Incident, hand: Hand) => IncidentChange | undefined,
  fits: (incident: Incident) => boolean = isUnderWay,
): Promise<IncidentStanding> {
  const chosen = await chosenIncident(plane, await plane.open(input), input.incident, fits);
  const { incident } = await changeIncident(plane, chosen.id, actor, how);
  return standingOf(plane, input, incident);
}

/** Opens an incident by hand. */
export const openIncident = defineVerb({
  name: "open incident",
  method: "POST",
  role: "operator",
  path: "/incidents",
  summary: "Open an incident",
  input: z.strictObject({
    ...playbookRef,
    title: incidentText(200).describe("What is wrong, in one line."),
    severity: severity.describe("P1 to P4."),
    details: incidentText(2_000).optional().describe("What was seen, and where to look."),
    release: incidentText(100)
      .optional()
      .describe(
        "The release it may be the doing of; the last one that moved traffic in the hour before when left out.",
      ),
    alert: incidentText(300).optional().describe("The alert that told of it."),
  }),
  async run(plane, input, actor): Promise<IncidentStanding> {
    const open = await plane.open(input);
    const day = new Date(plane.clock.now()).toISOString().slice(0, 10).replaceAll("-", "");
    const { incident } = await openOne(
      plane,
      open,
      input,
      {
        id: `inc_${day}_${randomBytes(3).toString("hex")}`,
        severity: input.severity,
        title: input.title,
        source: { kind: "person", id: actor.name },
        ...(input.details === undefined ? {} : { details: input.details }),
        ...(input.release === undefined ? {} : { releases: [input.release] }),
      },
      actor,
    );
    const { alert } = input;
    if (alert === undefined) return standingOf(plane, input, incident);
    const linked = await changeIncident(plane, incident.id, actor, (one, hand) =>
      incidentChanges.linked(one, hand, { kind: "alert", id: alert }),
    );
    return standingOf(plane, input, linked.incident);
  },
});

/** Says that somebody has it; its pages are answered by that. */
export const ackIncident = defineVerb({
  name: "acknowledge incident",
  method: "POST",
  role: "operator",
  path: "/incidents/acknowledge",
  summary: "Say that you have an incident",
  input: z.strictObject({ ...incidentRef }),
  async run(plane, input, actor): Promise<IncidentStanding> {
    const done = await change(plane, input, actor, incidentChanges.acknowledged);
    await answerPages(plane, done.incident, actor);
    return done;
  },
});

/** Says who does what. */
export const assignIncident = defineVerb({
  name: "assign incident",
  method: "POST",
  role: "operator",
  path: "/incidents/assign",
  summary: "Say who has which role in an incident",
  input: z.strictObject({ ...incidentRef, role: incidentText(40), who: incidentText(80) }),
  run: (plane, input, actor) =>
    change(
      plane,
      input,
      actor,
      (standing, hand) => incidentChanges.assigned(standing, hand, input.role, input.who),
      () => true,
    ),
});

/** Puts something into the story of an incident. */
export const noteIncident = defineVerb({
  name: "note incident",
  method: "POST",
  role: "operator",
  path: "/incidents/note",
  summary: "Put something into an incident's timeline",
  input: z.strictObject({
    ...incidentRef,
    text: incidentText(2_000),
    evidence: incidentText(500).optional().describe("Where it can be seen, e.g. an address."),
  }),
  run: (plane, input, actor) =>
    change(
      plane,
      input,
      actor,
      (standing, hand) =>
        incidentChanges.noted(standing, hand, {
          text: input.text,
          ...(input.evidence === undefined ? {} : { evidence: input.evidence }),
        }),
      () => true,
    ),
});

/** Tells everybody who waits how it stands, and ticks an item of the checklist. */
export const updateIncident = defineVerb({
  name: "update incident",
  method: "POST",
  role: "operator",
  path: "/incidents/update",
  summary: "Tell stakeholders how an incident stands, or tick an item of its checklist",
  input: z
    .strictObject({
      ...incidentRef,
      text: incidentText(2_000).optional(),
      status: z.enum(workStates).optional(),
      done: z.int().min(1).max(50).optional().describe("Number of an item of the checklist."),
      ...forEverybody,
    })
    .refine((given) => given.text !== undefined || (given.done !== undefined && given.public !== true), {
      error: "expected text, or done; public is for a text",
    })
    .refine(titleIsPublic, { error: "expected public beside publicTitle" }),
  async run(plane, input, actor): Promise<IncidentStanding> {
    const open = await plane.open(input);
    const { id } = await chosenIncident(plane, open, input.incident, isUnderWay);
    const { done, status, text: said } = input;
    const everybody = await everybodyOf(plane, input);
    const named = { ...input, incident: id };
    let standing: IncidentStanding | undefined;
    if (done !== undefined)
      standing = await change(plane, named, actor, (one, hand) => incidentChanges.ticked(one, hand, done));
    if (said !== undefined)
      standing = await change(plane, named, actor, (one, hand) =>
        incidentChanges.updated(one, hand, {
          text: said,
          ...(status === undefined ? {} : { status }),
          ...everybody,
        }),
      );
    if (standing === undefined) throw new Error("an update without anything");
    return standing;
  },
});

/** Changes how bad it is. */
export const setIncidentSeverity = defineVerb({
  name: "set incident severity",
  method: "POST",
  role: "operator",
  path: "/incidents/severity",
  summary: "Say how bad an incident is; its targets count anew",
  input: z.strictObject({ ...incidentRef, severity, because: incidentText(500).optional() }),
  run: (plane, input, actor) =>
    change(plane, input, actor, (standing, hand) =>
      incidentChanges.withSeverity(standing, hand, input.severity, input.because),
    ),
});

/** Ends an incident, when the service is well. */
export const resolveIncident = defineVerb({
  name: "resolve incident",
  method: "POST",
  role: "operator",
  path: "/incidents/resolve",
  summary: "Look whether the service is well, and end an incident",
  input: z
    .strictObject({
      ...incidentRef,
      text: incidentText(2_000).describe("What ended it."),
      unverified: incidentText(500)
        .optional()
        .describe("Why it is over although not all that is looked at is well."),
      ...forEverybody,
    })
    .refine(titleIsPublic, { error: "expected public beside publicTitle" }),
  async run(plane, input, actor): Promise<IncidentStanding> {
    const everybody = await everybodyOf(plane, input);
    const open = await plane.open(input);
    const incident = await chosenIncident(plane, open, input.incident, isUnderWay);
    const findings: HealthFinding[] = isUnderWay(incident) ? await lookAtHealth(plane, input, incident) : [];
    const bad = findings.filter(({ ok }) => !ok);
    const unproven = bad.length > 0 || findings.length === 0;
    if (isUnderWay(incident) && unproven && input.unverified === undefined)
      throw notHealthy({
        incident: incident.id,
        saw:
          findings.length === 0
            ? ["there is nothing to look at"]
            : bad.map(({ what, saw }) => `${what}: ${saw}`),
      });
    return change(plane, { ...input, incident: incident.id }, actor, (standing, hand) =>
      incidentChanges.resolved(standing, hand, {
        text: input.text,
        findings,
        ...(unproven && input.unverified !== undefined ? { anyway: input.unverified } : {}),
        ...everybody,
      }),
    );
  },
});

/** Takes all that was public of an incident off the status page. */
export const unpublishIncident = defineVerb({
  name: "unpublish incident",
  method: "POST",
  role: "operator",
  path: "/incidents/unpublish",
  summary: "Take an incident off the public status page",
  input: z.strictObject({ ...incidentRef }),
  async run(plane, input, actor): Promise<IncidentStanding> {
    const open = await plane.open(input);
    const isPublic = (one: Incident) => one.published !== undefined;
    const { id } = await chosenIncident(plane, open, input.incident, isPublic);
    const { incident, changed } = await changeIncident(plane, id, actor, incidentChanges.unpublished);
    if (!changed) throw statusPageNothingPublic({ incident: id });
    return standingOf(plane, input, incident);
  },
});

/** Says that nothing is left to do. */
export const closeIncident = defineVerb({
  name: "close incident",
  method: "POST",
  role: "operator",
  path: "/incidents/close",
  summary: "Close an incident that is resolved",
  input: z.strictObject({ ...incidentRef }),
  run: (plane, input, actor) => change(plane, input, actor, incidentChanges.closed, () => true),
});

/** Incidents, newest first. */
export const listIncidents = defineVerb({
  name: "list incidents",
  method: "GET",
  role: "viewer",
  path: "/incidents",
  summary: "List incidents",
  input: z.strictObject({
    ...playbookRef,
    all: z.boolean().default(false).describe("Also those that are closed."),
    limit: z.int().min(1).max(1_000).default(50),
  }),
  async run(plane, input): Promise<Incident[]> {
    const { service, environment } = await plane.open(input);
    const { incidents } = await plane.store();
    const { limit } = input;
    return incidents.list({ service, environment, limit, ...(input.all ? {} : { only: "unclosed" }) });
  },
});

/** An incident with its story. */
export const showIncident = defineVerb({
  name: "show incident",
  method: "GET",
  role: "viewer",
  path: "/incidents/one",
  summary: "Show an incident, its checklist and its timeline",
  input: z.strictObject({ ...incidentRef }),
  async run(plane, input): Promise<IncidentStanding & { timeline: TimelineEntry[] }> {
    const incident = await chosenIncident(plane, await plane.open(input), input.incident, () => true);
    return { ...(await standingOf(plane, input, incident)), timeline: await storyOf(plane, incident) };
  },
});
