import { atomsItself, type FlowDefinition } from "../terms/index.js";
import { missed, missedText, paged, reminded, withChannel } from "./change.js";
import { nextIncidentMove } from "./decide.js";
import type { Incident, IncidentRules, IncidentState } from "./model.js";
import type { IncidentWorld } from "./ports.js";

/** The signal that wakes an incident's flow when somebody changed it; what was changed is in the store. */
export const incidentSignal = "incident changed";

/** The store may be away for hours: an incident's timers are not lost for that. */
const patience = { attempts: 2_000, backoffMs: 500, timeoutMs: 60_000 };
/** Times that a channel is tried, and from one to the next in milliseconds. */
const channelTries = 5;
const channelEveryMs = 30_000;

/**
 * Looks after an incident until it is closed and reviewed: has its channel made, pages, and pages again when a promise is not
 * kept. Started once under the incident's id. Every step looks at the store first, so that what people did counts
 * even if its signal was lost.
 */
export function incidentFlow(
  world: IncidentWorld,
): FlowDefinition<{ incident: string }, { state: IncidentState }> {
  return {
    name: "incident",
    version: 1,
    async run(flow, { incident }) {
      for (let turn = 0; ; turn++) {
        const next = await flow.step(
          `look after it, turn ${turn}`,
          (signal) => lookAfter(world, incident, signal),
          patience,
        );
        if (next.over) return { state: next.state };
        if (next.waitMs > 0) await flow.waitFor(incidentSignal, next.waitMs);
      }
    },
  };
}

type Next = { over: boolean; state: IncidentState; waitMs: number };

/** Makes the next move. Safe to run twice: what was done is in the incident, and pages and channels are known by name. */
async function lookAfter(world: IncidentWorld, id: string, signal: AbortSignal): Promise<Next> {
  const store = await world.store();
  const incident = await store.get(id);
  if (incident === undefined) return { over: true, state: "closed", waitMs: 0 };
  const rules = await world.rules(incident);
  const now = world.clock.now();
  const hand = { actor: atomsItself, at: now, rules };
  const move = nextIncidentMove(incident, rules, now);
  const next: Next = { over: false, state: incident.state, waitMs: 0 };
  switch (move.do) {
    case "end":
      return { ...next, over: true };
    case "wait":
      return { ...next, waitMs: move.ms };
    case "page": {
      const page = await world.page(incident, { id: "opened", title: incident.title });
      await store.change(id, (standing) => paged(standing, hand, page));
      return next;
    }
    case "make channel":
      await makeChannel(world, incident, rules, signal);
      return next;
    case "miss": {
      const { target, dueAt } = move;
      // Whoever is being told one after the other need not be told from the beginning.
      if (!(target === "response" && incident.page !== undefined && (await world.isPaging(incident.page))))
        await world.page(incident, {
          id: `${target}:${incident.severityAt}`,
          title: `${incident.title}: ${missedText(target)}`,
        });
      await store.change(id, (standing) =>
        standing.severityAt === incident.severityAt ? missed(standing, hand, target, dueAt) : undefined,
      );
      return next;
    }
    case "remind of review":
      await store.change(id, (standing) => reminded(standing, hand));
      return next;
  }
}

async function makeChannel(
  world: IncidentWorld,
  incident: Incident,
  rules: IncidentRules,
  signal: AbortSignal,
): Promise<void> {
  const made = await world.makeChannel(incident, signal);
  const at = world.clock.now();
  const store = await world.store();
  await store.change(incident.id, (standing) => {
    const { channel } = standing;
    if (channel === undefined) return undefined;
    const tries = channel.tries + 1;
    const hand = { actor: atomsItself, at, rules };
    if (made.is === "there")
      return withChannel(standing, hand, {
        ...channel,
        name: made.name,
        is: "there",
        tries,
        ...(made.id === undefined ? {} : { id: made.id }),
      });
    const { because } = made;
    const is = made.retry && tries < channelTries ? "wanted" : "failed";
    return withChannel(standing, hand, { ...channel, is, tries, nextAt: at + channelEveryMs, because });
  });
}
