import { randomUUID } from "node:crypto";
import {
  type Actor,
  type OnCallPlan,
  type Override,
  onCallAt,
  onCallPlan,
  overrideWindow,
  type Page,
  type PageSeverity,
  pageToChoose,
  planSource,
  type Shift,
  shiftsFrom,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { acknowledgePage, page, resolveAPage } from "../on-call/index.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Whose turn it is at one step of the escalation. */
export type OnCallStep = {
  step: string;
  /** The zone of the schedule; undefined for a step that is a person. */
  timeZone?: string;
  now?: Shift;
  next?: Shift;
  /** Where whoever is on call is told; empty when no channel reaches them. */
  reachedBy: string[];
  phone?: string;
};

/** Who is on call. Times without an end are left out. */
export type OnCallNow = {
  at: number;
  steps: OnCallStep[];
  respondWithin: Readonly<Record<PageSeverity, number>>;
  rounds: number;
  overrides: Override[];
  /** Pages that nobody has yet. */
  open: Page[];
};

async function standing(plane: ControlPlane, ref: PlaybookRef, after: number) {
  const { service, environment, settings } = await plane.open(ref);
  const { onCall } = await plane.store();
  const overrides = await onCall.overrides({ service, environment, after });
  return { service, environment, onCall, overrides, plan: onCallPlan(planSource(settings)) };
}

/** Who is on call now and who is next, step by step. */
export const showOnCall = defineVerb({
  name: "show on call",
  method: "GET",
  role: "viewer",
  path: "/on-call",
  summary: "Say who is on call, and who is next",
  input: z.strictObject({
    ...playbookRef,
    at: z.number().optional().describe("In milliseconds since the epoch; now when left out."),
  }),
  async run(plane, input): Promise<OnCallNow> {
    const at = input.at ?? plane.clock.now();
    const { onCall, overrides, plan } = await standing(plane, input, at);
    return {
      at,
      steps: plan.steps.map((step) => stepAt(plan, step, at, overrides)),
      respondWithin: plan.respondWithin,
      rounds: plan.rounds,
      overrides,
      open: await openPages(onCall),
    };
  },
});

function stepAt(plan: OnCallPlan, step: string, at: number, overrides: readonly Override[]): OnCallStep {
  const now = onCallAt(plan, step, at, overrides);
  const next =
    now !== undefined && Number.isFinite(now.until) ? onCallAt(plan, step, now.until, overrides) : undefined;
  const person = now === undefined ? undefined : plan.people[now.person];
  const zone = plan.schedules[step]?.timeZone;
  return {
    step,
    ...(zone === undefined ? {} : { timeZone: zone }),
    ...(now === undefined ? {} : { now: told(now) }),
    ...(next === undefined ? {} : { next: told(next) }),
    reachedBy:
      person?.ways.map(({ kind, channel }) => (kind === channel ? kind : `${kind} ${channel}`)) ?? [],
    ...(person?.phone === undefined ? {} : { phone: person.phone }),
  };
}

/** JSON knows no infinity: a turn without a beginning or an end has the farthest moment that a date can have. */
const told = (shift: Shift): Shift => ({
  ...shift,
  from: Math.max(shift.from, -farthest),
  until: Math.min(shift.until, farthest),
});
const farthest = 8.64e15;

async function openPages(onCall: { pages(query: { state: Page["state"]; limit: number }): Promise<Page[]> }) {
  const [paging, unanswered] = await Promise.all([
    onCall.pages({ state: "paging", limit: 100 }),
    onCall.pages({ state: "unanswered", limit: 100 }),
  ]);
  return [...paging, ...unanswered].toSorted((a, b) => b.at - a.at);
}

/** The shifts to come. */
export const previewOnCall = defineVerb({
  name: "preview on call",
  method: "GET",
  role: "viewer",
  path: "/on-call/preview",
  summary: "List the shifts to come",
  input: z.strictObject({
    ...playbookRef,
    days: z.int().min(1).max(366).default(28),
  }),
  async run(plane, input): Promise<{ step: string; timeZone: string; shifts: Shift[] }[]> {
    const now = plane.clock.now();
    const { overrides, plan } = await standing(plane, input, now);
    const until = now + input.days * 86_400_000;
    return Object.values(plan.schedules).map(({ name, timeZone }) => ({
      step: name,
      timeZone,
      shifts: shiftsFrom(plan, name, now, until, overrides, 400).map(told),
    }));
  },
});

/** Lets somebody stand in for whoever is on call by the schedule. */
export const addOverride = defineVerb({
  name: "add override",
  method: "POST",
  role: "operator",
  path: "/on-call/overrides",
  summary: "Let somebody stand in for whoever is on call",
  input: z.strictObject({
    ...playbookRef,
    step: z.string().min(1).describe("A schedule or a step of the escalation."),
    person: z.string().min(1),
    from: z.string().optional().describe("2026-12-24T18:00, by the schedule's zone or with Z or an offset."),
    until: z.string().optional().describe("Likewise."),
    forMs: z.number().positive().optional().describe("Milliseconds, instead of `until`."),
  }),
  async run(plane, input, actor): Promise<Override> {
    const now = plane.clock.now();
    const { service, environment, onCall, plan } = await standing(plane, input, now);
    const { step, person } = input;
    const override: Override = {
      id: `ovr_${randomUUID().replaceAll("-", "").slice(0, 12)}`,
      service,
      environment,
      step,
      person,
      ...overrideWindow(plan, input, now),
      addedBy: actor,
      addedAt: now,
    };
    await onCall.addOverride(override, [eventOf(override, "override.added", now, actor)]);
    return override;
  },
});

/** Takes an override back. */
export const removeOverride = defineVerb({
  name: "remove override",
  method: "POST",
  role: "operator",
  path: "/on-call/overrides/remove",
  summary: "Take an override back",
  input: z.strictObject({ override: z.string().min(1) }),
  async run(plane, input, actor): Promise<Override> {
    const { onCall } = await plane.store();
    const now = plane.clock.now();
    return onCall.removeOverride(input.override, (removed) => [
      eventOf(removed, "override.removed", now, actor),
    ]);
  },
});

const eventOf = (override: Override, kind: string, at: number, actor: Override["addedBy"]) => {
  const { id, service, environment, step, person, from, until } = override;
  return {
    key: `${id}/${kind}`,
    kind,
    at,
    actor,
    service,
    environment,
    data: { override: id, step, person, from, until },
  };
};

/** Pages, newest first. */
export const listPages = defineVerb({
  name: "list pages",
  method: "GET",
  role: "viewer",
  path: "/on-call/pages",
  summary: "List pages and who was told",
  input: z.strictObject({
    state: z.enum(["paging", "acknowledged", "unanswered", "resolved"]).optional(),
    limit: z.int().min(1).max(1_000).default(20),
  }),
  async run(plane, { state, limit }): Promise<Page[]> {
    const { onCall } = await plane.store();
    return onCall.pages({ limit, ...(state === undefined ? {} : { state }) });
  },
});

/** How long the first one to be told is waited for, in milliseconds. */
const firstToldMs = 10_000;

/** Pages whoever is on call, because a person asks for it. Answers when the first one was told. */
export const pageByHand = defineVerb({
  name: "page on call",
  method: "POST",
  role: "operator",
  path: "/on-call/pages",
  summary: "Page whoever is on call",
  input: z.strictObject({
    ...playbookRef,
    title: z.string().trim().min(1).max(300).describe("One line: what is wrong."),
    details: z.string().max(2_000).optional(),
    severity: z.enum(["P1", "P2", "P3", "P4"]).default("P2"),
    id: z
      .string()
      .regex(/^[a-z0-9_:.-]{1,100}$/)
      .optional()
      .describe("Asked for again under it, it is one page."),
  }),
  async run(plane, input, actor): Promise<Page> {
    const { title, details, severity, platform } = input;
    const opened = await page(plane, {
      playbook: input.playbook,
      ...(platform === undefined ? {} : { platform }),
      id: input.id ?? `hand_${randomUUID().replaceAll("-", "").slice(0, 12)}`,
      severity,
      title,
      ...(details === undefined ? {} : { details }),
      about: { kind: "person", id: actor.name },
      actor,
    });
    const { onCall } = await plane.store();
    let seen = opened;
    for (let waited = 0; waited < firstToldMs; waited += 50) {
      seen = (await onCall.page(opened.id)) ?? opened;
      if (seen.state !== "paging" || seen.told.some(({ channels }) => channels.length > 0)) break;
      await plane.clock.sleep(50);
    }
    return seen;
  },
});

const answerInput = z.strictObject({
  ...playbookRef,
  page: z.string().min(1).optional().describe("The only open one when left out."),
});

/** Says that one has a page. */
export const ackPage = defineVerb({
  name: "acknowledge page",
  method: "POST",
  role: "operator",
  path: "/on-call/pages/acknowledge",
  summary: "Say that one has a page: nobody else is told of it any more",
  input: answerInput,
  async run(plane, input, actor): Promise<{ page: Page; first: boolean }> {
    return answered(plane, input, actor, acknowledgePage);
  },
});

/** Says that what a page is about is over. */
export const resolvePageVerb = defineVerb({
  name: "resolve page",
  method: "POST",
  role: "operator",
  path: "/on-call/pages/resolve",
  summary: "Say that what a page is about is over",
  input: answerInput,
  async run(plane, input, actor): Promise<{ page: Page; first: boolean }> {
    return answered(plane, input, actor, resolveAPage);
  },
});

/** Answers the page that is meant. */
async function answered(
  plane: ControlPlane,
  input: z.output<typeof answerInput>,
  by: Actor,
  answer: typeof acknowledgePage,
): Promise<{ page: Page; first: boolean }> {
  // The answer is told through the channels of the playbook.
  await plane.open(input);
  const id = input.page ?? (await onlyOpen(plane));
  return answer(plane, id, { by, via: by.via === "cli" ? "cli" : "api" });
}

async function onlyOpen(plane: ControlPlane): Promise<string> {
  const open = (await openPages((await plane.store()).onCall)).map(({ id }) => id);
  const [only] = open;
  if (only === undefined || open.length > 1) throw pageToChoose({ open });
  return only;
}
