import { randomBytes } from "node:crypto";
import {
  type Actor,
  clearedBy,
  clearingNotConfirmed,
  doorOf,
  type EndSignal,
  endSignal,
  formatDuration,
  isDoorHeld,
  isMaintenanceOpen,
  type Maintenance,
  type MaintenanceOrder,
  maintenanceEvent,
  maintenanceStarted,
  maintenanceUnderWay,
  noDoor,
  noMaintenance,
  taskUnknown,
  tooLong,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { flagOf } from "./flag.js";
import { maintenanceFlowOf } from "./flow.js";
import { goOnWithLost } from "./lost.js";
import { maintenanceIn, maintenanceNow } from "./read.js";

/** What a maintenance is asked for with. */
export type MaintenanceWish = {
  because: string;
  /** Milliseconds; the playbook's `maintenance.lasts` when left out. */
  forMs?: number | undefined;
  /** Names; all of the playbook when left out. */
  tasks?: readonly string[] | undefined;
  hold: boolean;
  /** Names of the caches that may be cleared. */
  confirmed?: readonly string[] | undefined;
};

const lookMs = 10_000;

/**
 * Begins a maintenance: written in the ledger first, where an environment has one at a time. Answers when its flow runs.
 * @throws ATM-631 when one is under way; where the door is to be closed, 632 without a flag, 634 when nothing is served, 640, 641, 646 when a cache would be
 *   cleared that was not confirmed; what the database or the platform say: then nothing was begun.
 */
export async function startMaintenance(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
  wish: MaintenanceWish,
  actor: Actor,
): Promise<Maintenance> {
  const { service, environment, settings } = open;
  const known = settings.maintenance.tasks.map(({ name }) => name);
  const strange = wish.tasks?.find((task) => !known.includes(task));
  if (strange !== undefined) throw taskUnknown({ given: strange, known });
  const forMs = wish.forMs ?? settings.maintenance.lasts;
  const most = settings.maintenance.at_most;
  if (forMs > most) throw tooLong({ given: formatDuration(forMs), most: formatDuration(most) });
  const given = wish.confirmed ?? [];
  const chosen = settings.maintenance.tasks.filter(({ name }) => wish.tasks?.includes(name) ?? true);
  const caches = clearedBy(chosen).filter((cache) => !given.includes(cache));
  if (caches.length > 0) throw clearingNotConfirmed({ caches, given });

  const door = doorOf(chosen, wish.hold);
  const flag = door === "closed" ? flagOf(open) : undefined;

  await goOnWithLost(plane, open, ref);
  const [before] = await maintenanceIn(plane, open, 1);
  // A door can be closed while tasks that need none are at work.
  if (before !== undefined && (door === "closed" ? isDoorHeld(before) : isMaintenanceOpen(before)))
    throw underWay(before);
  if (flag !== undefined) {
    await flag.get(AbortSignal.timeout(lookMs));
    const production = await (await open.platform()).production(AbortSignal.timeout(lookMs));
    if (production.deployment === undefined || production.hosts.length === 0)
      throw noDoor({ service, environment });
  }

  const startedAt = plane.clock.now();
  const order: MaintenanceOrder = {
    maintenance: `mnt_${startedAt.toString(36)}${randomBytes(2).toString("hex")}`,
    service,
    environment,
    actor,
    because: wish.because,
    startedAt,
    until: startedAt + forMs,
    // In the order of the playbook, whichever order they were named in.
    tasks: chosen.map(({ name }) => name),
    hold: wish.hold,
    ...(door === "open" ? { door } : {}),
    playbook: { path: ref.playbook, text: open.file.text, platform: open.platformName },
  };
  const { ledger } = await plane.store();
  const [entry] = await ledger.append([maintenanceStarted(order, (before?.number ?? 0) + 1)]);
  const [begun] = await maintenanceIn(plane, open, 1);
  if (begun === undefined || entry?.data["maintenance"] !== order.maintenance)
    throw underWay(begun ?? { ...order, id: "another", startedBy: actor });
  const engine = await plane.engine();
  await engine.start(maintenanceFlowOf(plane), order.maintenance, order);
  return begun;
}

const underWay = (
  one: Pick<Maintenance, "id" | "startedBy" | "startedAt" | "until" | "service" | "environment">,
) =>
  maintenanceUnderWay({
    maintenance: one.id,
    by: one.startedBy.name,
    since: one.startedAt,
    until: one.until,
    service: one.service,
    environment: one.environment,
  });

/**
 * Asks the maintenance under way to end: no further task is begun, and the door is opened when the service is well.
 * @param anyway Why it is to be opened even if it is not. @throws ATM-630 when none is under way.
 */
export async function endMaintenance(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
  anyway: string | undefined,
  actor: Actor,
): Promise<Maintenance> {
  const { service, environment } = open;
  const worked = await goOnWithLost(plane, open, ref);
  if (worked === undefined) throw noMaintenance({ service, environment });
  const { standing, flow } = worked;
  const { ledger } = await plane.store();
  const at = plane.clock.now();
  const of = { maintenance: standing.id, service, environment };
  const said = anyway === undefined ? {} : { anyway };
  await ledger.append([maintenanceEvent(of, "maintenance.end-asked", at, actor, said, at)]);
  const engine = await plane.engine();
  await engine.signal(flow, endSignal, { by: actor.name, ...said } satisfies EndSignal);
  return (await maintenanceNow(plane, open)) ?? standing;
}
