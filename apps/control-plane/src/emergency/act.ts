import { type Actor, nothingFrozen, readStandingFreeze } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { rollback } from "../verbs/rollback.js";
import {
  actedEvent,
  beginAct,
  type EmergencyActed,
  type EmergencyOrder,
  frozenText,
  newFreeze,
} from "./acting.js";

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
