import { type Actor, nothingFrozen, readStandingFreeze } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { pageByHand } from "../verbs/on-call.js";
import { rollback } from "../verbs/rollback.js";
import {
  actedEvent,
  beginAct,
  type EmergencyActed,
  type EmergencyOrder,
  frozenText,
  newFreeze,
  scaled,
} from "./acting.js";
import { whomToCall } from "./whom-to-call.js";

/**
 * Does what was chosen, through the store: what takes time is a release of its own, which is durable and holds the
 * environment. The act is in the ledger before it is done.
 * @throws What the act throws; ATM-654 when no freeze stands that could be lifted.
 */
export async function actThroughStore(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
  order: EmergencyOrder,
  actor: Actor,
): Promise<EmergencyActed> {
  const { ledger } = await plane.store();
  const events = beginAct(plane, open, actor);
  const done = { act: order.act, by: "store" } as const;
  switch (order.act) {
    case "rollback": {
      await ledger.append([actedEvent(events, order)]);
      const { to } = order;
      const { release, how } = await rollback.run(
        plane,
        { ...ref, because: order.reason, ...(to === undefined ? {} : { to }) },
        actor,
      );
      const says =
        how === "abort"
          ? `The release ${release.version} is being ended; its traffic goes back.`
          : "Production is being pointed back.";
      return { ...done, says, release, how };
    }
    case "scale": {
      await ledger.append([actedEvent(events, order)]);
      const { event, says } = await scaled(plane, open, events, order);
      await ledger.append([event]);
      return { ...done, says };
    }
    case "escalate": {
      await ledger.append([actedEvent(events, order)]);
      const title = `Emergency of ${open.service} in ${open.environment}: ${order.reason}`.slice(0, 300);
      const page = await pageByHand.run(plane, { ...ref, title, severity: "P1", id: events.id }, actor);
      const told = page.told.flatMap(({ person, channels }) =>
        person === undefined || channels.length === 0 ? [] : [`${person} (${channels.join(", ")})`],
      );
      if (page.state === "unanswered" || told.length === 0)
        return {
          ...done,
          says: `Nobody was reached by the page ${page.id}. ${whomToCall(open, plane.clock.now())}`,
          page,
        };
      const says = `Paged ${told.join(", ")}; the next one is told if they do not answer (\`atoms oncall\`).`;
      return { ...done, says, page };
    }
    case "freeze": {
      const { freeze, event } = newFreeze(events, order);
      await ledger.append([actedEvent(events, order), event]);
      return { ...done, says: frozenText(freeze), freeze };
    }
    case "unfreeze": {
      const standing = await readStandingFreeze(ledger, open, plane.clock.now());
      if (standing === undefined) throw nothingFrozen();
      await ledger.append([
        actedEvent(events, order),
        events.event("freeze.lifted", { freeze: standing.id, because: order.reason }),
      ]);
      return { ...done, says: `Releases may go again; ${standing.by.name} had frozen them.` };
    }
  }
}
