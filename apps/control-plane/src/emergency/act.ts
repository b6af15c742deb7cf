import { type Actor, isDoorHeld, nothingFrozen, readStandingFreeze, timeText } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { endMaintenance, maintenanceIn, startMaintenance } from "../maintenance/index.js";
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
import { openDoor } from "./door.js";
import { startRestart } from "./restart.js";
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
          : "The rollback has begun.";
      return { ...done, says, release, how };
    }
    case "scale": {
      await ledger.append([actedEvent(events, order)]);
      const { event, says } = await scaled(plane, open, events, order);
      await ledger.append([event]);
      return { ...done, says };
    }
    case "maintenance": {
      const { forMs } = order;
      const because = order.reason.replace(/\p{Cc}+/gu, " ").slice(0, 300);
      const wish = { because, forMs, tasks: [], hold: true };
      await ledger.append([actedEvent(events, order)]);
      const maintenance = await startMaintenance(plane, open, ref, wish, actor);
      const until = timeText(maintenance.until);
      const says = `The door is being closed (${maintenance.id}); \`atoms maintenance end\` opens it, and it is lifted at ${until} at the latest.`;
      return { ...done, says, maintenance };
    }
    case "reopen": {
      const [newest] = await maintenanceIn(plane, open, 1);
      if (newest === undefined || !isDoorHeld(newest)) {
        const notes: string[] = [];
        const opened = await openDoor(plane, open, order, events, {
          write: async (...acts) => void (await ledger.append(acts)),
          note: (line) => notes.push(line),
        });
        return { ...opened, ...done, says: [opened.says, ...notes].join(" ") };
      }
      await ledger.append([actedEvent(events, order)]);
      const maintenance = await endMaintenance(plane, open, ref, undefined, actor);
      const says = `${maintenance.id} is asked to end: the door opens when the service is well.`;
      return { ...done, says, maintenance };
    }
    case "restart": {
      await ledger.append([actedEvent(events, order)]);
      const release = await startRestart(plane, open, ref, order.reason, actor);
      return { ...done, says: "The artefact that production serves is being run anew.", release };
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
