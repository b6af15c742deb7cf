import {
  type Actor,
  actNotOffered,
  emergencyNotProven,
  noWayBack,
  type Platform,
  proveServing,
  targetNotReady,
  wayBackFrom,
  whatWasSeen,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import {
  type ActEvents,
  actedEvent,
  beginAct,
  type EmergencyActed,
  type EmergencyOrder,
  frozenText,
  newFreeze,
  scaled,
} from "./acting.js";
import { closeDoor, openDoor } from "./door.js";
import { appendToJournal } from "./journal.js";
import { sightWithoutStore } from "./look.js";
import { restartDirectly } from "./restart-directly.js";
import { whomToCall } from "./whom-to-call.js";

type World = Pick<ControlPlane, "clock" | "http" | "places">;

/** How long the platform is asked for what it is, in milliseconds. */
const askMs = 20_000;

/**
 * Does what was chosen while the store is away: on the platform itself, with the journal of this folder as the record. An act is
 * in the journal before it is done. When the journal can't be written either, the act is done all the same, and that is said.
 * @throws What the act throws; ATM-651 when it is not known where to go back to, ATM-602 when the named one can't serve, ATM-652 when it could not be
 * proven; the platform's own problems.
 */
export async function actDirectly(
  plane: World,
  open: OpenPlaybook,
  order: EmergencyOrder,
  actor: Actor,
  note: (line: string) => void,
): Promise<EmergencyActed> {
  const events = beginAct(plane, open, actor);
  const write = (...acts: Parameters<typeof appendToJournal>[1][number][]) => {
    try {
      appendToJournal(plane.places, acts);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      note(`The journal could not be written (${why}): nothing but this screen remembers what is done now.`);
    }
  };
  const done = { act: order.act, by: "journal" } as const;
  switch (order.act) {
    case "rollback":
      return rollBackDirectly(plane, open, order, events, write);
    case "scale": {
      write(actedEvent(events, order));
      const { event, says } = await scaled(plane, open, events, order);
      write(event);
      return { ...done, says };
    }
    case "maintenance":
      return closeDoor(plane, open, order, events, { write, note });
    case "reopen": {
      const opened = await openDoor(plane, open, order, events, { write, note });
      const also =
        "If the store knows of a maintenance, end it there as well when it is back: `atoms maintenance end`.";
      return { ...opened, says: `${opened.says} ${also}` };
    }
    case "restart":
      return restartDirectly(plane, open, order, events, { write, note });
    case "escalate":
      throw actNotOffered({
        act: "escalate",
        because: "nobody can be paged while the store is away",
        instead: whomToCall(open, plane.clock.now()),
      });
    case "freeze": {
      const { freeze, event } = newFreeze(events, order);
      write(actedEvent(events, order), event);
      return { ...done, says: frozenText(freeze), freeze };
    }
    case "unfreeze":
      write(actedEvent(events, order), events.event("freeze.lifted", { because: order.reason }));
      return { ...done, says: "Releases may go again, as far as they were frozen." };
  }
}

async function rollBackDirectly(
  plane: World,
  open: OpenPlaybook,
  order: EmergencyOrder,
  events: ActEvents,
  write: (...acts: ReturnType<ActEvents["event"]>[]) => void,
): Promise<EmergencyActed> {
  const platform = await open.platform();
  const production = await platform.production(AbortSignal.timeout(askMs));
  const from = production.deployment?.id ?? null;
  const target = await targetOf(plane, open, platform, order, from);
  const { id, address, version } = target;
  write(actedEvent(events, order), events.event("rollback.decided", { to: id, from, because: order.reason }));
  const began = plane.clock.monotonic();
  await platform.rollBack(id, order.reason, AbortSignal.timeout(open.settings.deadlines.rollback));
  const { proof: wanted, pin } = open.settings.rollback;
  const signal = AbortSignal.timeout(open.settings.deadlines.rollback);
  const { hosts } = await platform.production(signal);
  const proof = await proveServing(
    {
      hosts,
      deployment: id,
      path: wanted.path,
      answers: wanted.answers,
      headers: platform.passHeaders(),
      timeoutMs: open.settings.deadlines.rollback,
      settled: async () => {
        const now = await platform.production(signal);
        return now.moving === undefined && now.deployment?.id === id;
      },
    },
    plane,
    signal,
  );
  if (!proof.proven) throw emergencyNotProven({ act: "rollback", to: id, last: whatWasSeen(proof) });
  if (pin === "release") await platform.setAutoAssign(true, AbortSignal.timeout(askMs));
  const ms = Math.round(plane.clock.monotonic() - began);
  write(
    events.event("rollback.verified", {
      to: id,
      ...(from === null || from === id ? {} : { from }),
      address,
      version: version ?? "unknown",
      ms,
      hosts: proof.hosts.map(({ host, saw, named }) => ({ host, saw, named })),
    }),
  );
  const many = hosts.length === 1 ? "1 host" : `${hosts.length} hosts`;
  return {
    act: "rollback",
    by: "journal",
    says: `Production serves ${id}${version === undefined ? "" : ` (${version})`}, proven on ${many}.`,
    to: id,
  };
}

/** Where it leads: what was named, if it can serve; else the way back that the platform and the records tell. */
async function targetOf(
  plane: World,
  open: OpenPlaybook,
  platform: Platform,
  { to }: EmergencyOrder,
  from: string | null,
) {
  const serves = from ?? "nothing that the platform names";
  if (to === undefined) {
    const way = wayBackFrom(await sightWithoutStore(plane, open, platform, AbortSignal.timeout(askMs)));
    if ("none" in way) throw noWayBack({ because: way.none, ready: way.ready, serves });
    to = way.to;
  }
  const found = await platform.deployment(to, AbortSignal.timeout(askMs));
  if (found?.state === "ready") return found;
  throw targetNotReady({ deployment: to, state: found?.state ?? "not known to the platform", serves });
}
