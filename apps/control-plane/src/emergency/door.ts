import {
  type DoorSight,
  doorNotProven,
  formatDuration,
  type HostDoor,
  hostsSaying,
  isProblem,
  maintenanceRulesOf,
  noDoor,
  nothingClosed,
  proveDoor,
  timeText,
  tooLong,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { lookAtDoors } from "../maintenance/door.js";
import { flagOf } from "../maintenance/flag.js";
import { type ActEvents, actedEvent, type EmergencyActed, type EmergencyOrder } from "./acting.js";

type World = Pick<ControlPlane, "clock" | "http">;
/** Where what is done is written down, and who is told what people should know beside the answer. */
type Told = {
  write: (...acts: ReturnType<ActEvents["event"]>[]) => Promise<void> | void;
  note: (line: string) => void;
};

const askMs = 10_000;
const isClosed = ({ door }: HostDoor) => door === "closed";
const isOpen = ({ door }: HostDoor) => door === "open";

/** What the service's own flag says, read where the service reads it. */
export async function lookAtDoor(open: OpenPlaybook, signal: AbortSignal): Promise<DoorSight> {
  if (open.settings.maintenance.flag === undefined)
    return { is: "no flag", because: "the playbook names no flag that closes the door (`maintenance.flag`)" };
  return doorIn(await flagOf(open).get(signal));
}

function doorIn(value: unknown): DoorSight {
  if (value === true) return { is: "closed" };
  if (typeof value !== "object" || value === null) return { is: "open" };
  const { on, enabled, because, until } = value as Record<string, unknown>;
  if (on !== true && enabled !== true) return { is: "open" };
  return {
    is: "closed",
    ...(typeof because === "string" ? { because } : {}),
    ...(typeof until === "string" ? { until } : {}),
  };
}

/**
 * Closes the door past the store: by the flag at once, by the variable for later deployments, proven on every host. It is
 * written down before it is done, so that the store can take it over as a maintenance when it is back.
 * @throws ATM-632 without a flag, 634 when nothing is served, 641, 658; what the database and the platform say.
 */
export async function closeDoor(
  plane: World,
  open: OpenPlaybook,
  order: EmergencyOrder,
  events: ActEvents,
  { write, note }: Told,
): Promise<EmergencyActed> {
  const flag = flagOf(open);
  const { lasts, at_most: most } = open.settings.maintenance;
  const forMs = order.forMs ?? lasts;
  if (forMs > most) throw tooLong({ given: formatDuration(forMs), most: formatDuration(most) });
  await flag.get(AbortSignal.timeout(askMs));
  const platform = await open.platform();
  const { deployment, hosts } = await platform.production(AbortSignal.timeout(askMs));
  if (deployment === undefined || hosts.length === 0) throw noDoor(open);
  const maintenance = events.id.replace("emg_", "mnt_");
  const until = plane.clock.now() + forMs;
  const because = order.reason.replace(/\p{Cc}+/gu, " ").slice(0, 300);
  await write(
    actedEvent(events, order),
    events.event("door.closing", {
      maintenance,
      because,
      until,
      playbook: open.file.path,
      platform: open.platformName,
    }),
  );
  const { closesWithin } = maintenanceRulesOf(open.settings);
  const value = { on: true, maintenance, because, until: new Date(until).toISOString() };
  await flag.set(value, AbortSignal.timeout(askMs));
  const proof = await proven(plane, open, hosts, isClosed, closesWithin);
  await tellLaterDeployments(open, true, note);
  if (!proof.proven) throw doorNotProven({ wanted: "closed", saw: hostsSaying(proof.hosts, isClosed) });
  await write(events.event("door.closed", { maintenance, ms: proof.ms, hosts }));
  const many = hosts.length === 1 ? "1 host" : `${hosts.length} hosts`;
  return {
    act: "maintenance",
    by: "journal",
    says: `The door is closed, proven on ${many}. Nobody opens it by itself while the store is away: \`atoms emergency --do reopen\` does. When the store is back it is a maintenance like any other, lifted at ${timeText(until)} at the latest.`,
  };
}

/**
 * Opens the door past the store, and past a maintenance that the store may know of.
 * @throws ATM-632 without a flag, 659 when it is not closed, 658.
 */
export async function openDoor(
  plane: World,
  open: OpenPlaybook,
  order: EmergencyOrder,
  events: ActEvents,
  { write, note }: Told,
): Promise<EmergencyActed> {
  const flag = flagOf(open);
  const said = await lookAtDoor(open, AbortSignal.timeout(askMs));
  if (said.is !== "closed") throw nothingClosed();
  const { hosts } = await (await open.platform()).production(AbortSignal.timeout(askMs));
  await write(actedEvent(events, order), events.event("door.opening", { because: order.reason }));
  await flag.set({ on: false }, AbortSignal.timeout(askMs));
  await tellLaterDeployments(open, false, note);
  const { opensWithin } = maintenanceRulesOf(open.settings);
  const proof = await proven(plane, open, hosts, isOpen, opensWithin);
  if (!proof.proven) throw doorNotProven({ wanted: "open", saw: hostsSaying(proof.hosts, isOpen) });
  const sick = proof.hosts.filter(({ well }) => !well);
  await write(events.event("door.opened", { ms: proof.ms, hosts, sick: sick.map(({ host }) => host) }));
  return {
    act: "reopen",
    by: "journal",
    says:
      sick.length === 0
        ? "The door is open, and every host is well."
        : `The door is open, but not every host is well: ${sick.map(({ host, saw }) => `${host} ${saw}`).join("; ")}.`,
  };
}

async function proven(
  plane: World,
  open: OpenPlaybook,
  hosts: readonly string[],
  right: (host: HostDoor) => boolean,
  withinMs: number,
) {
  const platform = await open.platform();
  const signal = AbortSignal.timeout(withinMs + askMs);
  return proveDoor(
    () => lookAtDoors(plane, open, platform, hosts, signal),
    right,
    withinMs,
    plane.clock,
    signal,
  );
}

/** Running processes go by the flag: a platform that refuses keeps nobody waiting. */
async function tellLaterDeployments(
  open: OpenPlaybook,
  on: boolean,
  note: (line: string) => void,
): Promise<void> {
  const { variable } = maintenanceRulesOf(open.settings);
  try {
    const platform = await open.platform();
    await platform.setVariable(variable, String(on), { secret: false }, AbortSignal.timeout(askMs));
  } catch (error) {
    if (!isProblem(error)) throw error;
    note(`Later deployments are not told (${variable} is to be ${on}): ${error.happened}`);
  }
}
