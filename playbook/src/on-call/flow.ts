import { atomsItself, type Flow, type FlowDefinition, type Json, type LedgerEvent } from "../terms/index.js";
import { nextMove } from "./decide.js";
import { pagingNotices, unansweredNotice } from "./messages.js";
import type { Page, PageOrder, PageState, Told } from "./model.js";
import type { PageWorld } from "./ports.js";

/** The signal that wakes a page's flow when somebody answered; what was answered is in the store. */
export const pageSignal = "page answered";

/** The store may be away for hours: a page is not lost for that. */
const patience = { attempts: 2_000, backoffMs: 500, timeoutMs: 60_000 };

/**
 * Tells one after the other until somebody has it, everybody was told as often as the plan says, or it is over. Started
 * once under the page's id. Every step looks at the store first, so that an answer that was written down counts even
 * if its signal was lost.
 */
export function pageFlow(world: PageWorld): FlowDefinition<PageOrder, { state: PageState }> {
  return {
    name: "page",
    version: 1,
    async run(flow, order) {
      for (let turn = 0; ; turn++) {
        const next = await tell(flow, world, order, turn);
        if (next.state !== "paging") return { state: next.state };
        if (next.waitMs > 0) await flow.waitFor(pageSignal, next.waitMs);
      }
    },
  };
}

async function tell(
  flow: Flow,
  world: PageWorld,
  order: PageOrder,
  turn: number,
): Promise<{ state: PageState; waitMs: number }> {
  const { clock } = world;
  return flow.step(
    `tell the next one, turn ${turn}`,
    async () => {
      const now = clock.now();
      const store = await world.store();
      const page = await store.open(newPage(order), []);
      if (page.state !== "paging") return { state: page.state, waitMs: 0 };
      const plan = await world.plan(order);
      const overrides = await store.overrides({
        service: page.service,
        environment: page.environment,
        after: now,
      });
      // A step that runs again after a crash starts from what was told before it.
      const before = page.told.filter((one) => one.turn < turn);
      const move = nextMove(plan, page.severity, turn, before, overrides, now);
      const event = (kind: string, data: { [key: string]: Json | undefined }): LedgerEvent => ({
        key: `${page.id}/${kind}/${turn}`,
        kind,
        at: now,
        actor: atomsItself,
        service: page.service,
        environment: page.environment,
        ...(page.about.kind === "release" ? { release: page.about.id } : {}),
        data: { page: page.id, ...data },
      });
      if (move.do === "give up") {
        const { page: after } = await store.change(
          page.id,
          ["paging"],
          { state: "unanswered" },
          [event("page.unanswered", { because: move.because, title: page.title })],
          () => [unansweredNotice(page, plan.lastResort, move.because, now)],
        );
        return { state: after.state, waitMs: 0 };
      }
      const told: Told =
        move.do === "tell"
          ? {
              turn,
              step: move.step,
              person: move.person.name,
              channels: move.person.ways.map(({ channel }) => channel),
              at: now,
            }
          : {
              turn,
              step: move.step,
              ...(move.person === undefined ? {} : { person: move.person }),
              channels: [],
              at: now,
              because: move.because,
            };
      const waitMs = move.do === "tell" ? move.waitMs : 0;
      const events =
        move.do === "tell"
          ? [
              event("page.told", {
                step: move.step,
                person: move.person.name,
                channels: told.channels,
                until: now + waitMs,
              }),
            ]
          : [event("page.passed", { step: move.step, person: move.person ?? null, because: move.because })];
      const nth = before.some(({ channels }) => channels.length > 0);
      const notices = move.do === "tell" ? pagingNotices(page, turn, { ...move, nth }, now) : [];
      const { page: after } = await store.change(
        page.id,
        ["paging"],
        { told: [...before, told], nextAt: now + waitMs },
        events,
        () => notices,
      );
      return { state: after.state, waitMs };
    },
    patience,
  );
}

/** A page as it is opened. */
export function newPage(order: PageOrder): Page {
  return { ...order, state: "paging", told: [] };
}
