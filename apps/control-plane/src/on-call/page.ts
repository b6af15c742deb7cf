import {
  type Actor,
  type Answer,
  acknowledge,
  isProblem,
  newPage,
  type OnCallPlan,
  onCallPlan,
  type Page,
  type PageOrder,
  type PageSeverity,
  type PageSubject,
  pageFlow,
  pageSeverities,
  pageSignal,
  planSource,
  resolvePage,
} from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";

/** What somebody is to be paged for. */
export type PageRequest = PlaybookRef & {
  /**
   * Stable id of what it is about, e.g. "alert_service_down_1m84". Asked for again under the same id, it is the same
   * page, whatever became of it. The page itself is called `page_` and this.
   */
  id: string;
  /** Left out: those of the playbook. */
  service?: string;
  environment?: string;
  /** A severity of incidents or of alerts. */
  severity: PageSeverity | keyof typeof pageSeverities;
  /** One line: what is wrong. */
  title: string;
  /** A few sentences: what was seen, and where to look. */
  details?: string;
  about: PageSubject;
  actor: Actor;
};

/** The id of the page for a request's id. */
export const pageIdOf = (id: string) => (id.startsWith("page_") ? id : `page_${id}`);

/**
 * Pages whoever is on call: a durable flow, started once under the page's id, that tells one after the other until
 * somebody acknowledges. Safe to call again. Answers when the page is written down.
 * @throws ATM-101 and its kin when the playbook cannot be read.
 */
export async function page(plane: ControlPlane, request: PageRequest): Promise<Page> {
  const open = await plane.open(request);
  const { onCall } = await plane.store();
  const { severity } = request;
  const order: PageOrder = {
    id: pageIdOf(request.id),
    service: request.service ?? open.service,
    environment: request.environment ?? open.environment,
    severity:
      severity in pageSeverities
        ? pageSeverities[severity as keyof typeof pageSeverities]
        : (severity as PageSeverity),
    title: oneLine(request.title),
    ...(request.details === undefined ? {} : { details: request.details }),
    about: request.about,
    actor: request.actor,
    at: plane.clock.now(),
    playbook: { path: request.playbook, text: open.file.text, platform: open.platformName },
  };
  const opened = await onCall.open(newPage(order), [
    {
      key: `${order.id}/page.opened`,
      kind: "page.opened",
      at: order.at,
      actor: order.actor,
      service: order.service,
      environment: order.environment,
      ...(order.about.kind === "release" ? { release: order.about.id } : {}),
      data: { page: order.id, severity: order.severity, title: order.title, about: order.about },
    },
  ]);
  if (opened.state === "paging") await startFlow(plane, opened);
  return opened;
}

const oneLine = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 300);

/** Starts the flow of a page; nothing when it was ever started. */
async function startFlow(plane: ControlPlane, opened: Page): Promise<void> {
  const { id, service, environment, severity, title, details, about, actor, at, playbook } = opened;
  const order: PageOrder = {
    id,
    service,
    environment,
    severity,
    title,
    ...(details === undefined ? {} : { details }),
    about,
    actor,
    at,
    playbook,
  };
  const engine = await plane.engine();
  await engine.start(pageFlowOf(plane), id, order);
}

/** Starts what a process opened and died before it could start. */
export async function startLostPages(plane: ControlPlane): Promise<void> {
  const { onCall } = await plane.store();
  for (const one of await onCall.pages({ state: "paging", limit: 1_000 })) await startFlow(plane, one);
}

/**
 * Writes down that somebody has a page, and lets its flow end.
 * @param id The page's id, or the id it was asked for with.
 * @throws ATM-890, ATM-891.
 */
export async function acknowledgePage(
  plane: ControlPlane,
  id: string,
  answer: Omit<Answer, "at">,
): Promise<{ page: Page; first: boolean }> {
  return answered(plane, acknowledge, id, answer);
}

/** Writes down that what a page is about is over, and lets its flow end. @throws ATM-890. */
export async function resolveAPage(
  plane: ControlPlane,
  id: string,
  answer: Omit<Answer, "at">,
): Promise<{ page: Page; first: boolean }> {
  return answered(plane, resolvePage, id, answer);
}

async function answered(
  plane: ControlPlane,
  how: typeof acknowledge,
  id: string,
  answer: Omit<Answer, "at">,
): Promise<{ page: Page; first: boolean }> {
  const { onCall } = await plane.store();
  const done = await how(onCall, pageIdOf(id), { ...answer, at: plane.clock.now() });
  // Only a wake-up: the flow looks at the store before it tells the next one.
  if (done.first) {
    await (await plane.engine()).signal(done.page.id, pageSignal, done.page.state);
    await plane.pageAnswered(done.page);
  }
  return done;
}

const flows = new WeakMap<ControlPlane, ReturnType<typeof makeFlow>>();

/** The flow of pages of a control plane; the same one whenever it is asked for. */
export function pageFlowOf(plane: ControlPlane): ReturnType<typeof makeFlow> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

function makeFlow(plane: ControlPlane) {
  return pageFlow({
    clock: plane.clock,
    plan: (order) => planNow(plane, order),
    store: async () => (await plane.store()).onCall,
  });
}

/** The plan of the file as it is now; of the text as it was when the file can't be read or has mistakes. */
async function planNow(plane: ControlPlane, order: PageOrder): Promise<OnCallPlan> {
  const ref = { playbook: order.playbook.path, platform: order.playbook.platform };
  try {
    return onCallPlan(planSource((await plane.open(ref)).settings));
  } catch (error) {
    if (!isProblem(error)) throw error;
    return onCallPlan(planSource((await plane.open(ref, order.playbook.text)).settings));
  }
}
