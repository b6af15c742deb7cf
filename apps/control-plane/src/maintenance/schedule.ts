import {
  clearedBy,
  dueWindows,
  isProblem,
  maintenanceRulesOf,
  type PlannedWindow,
  windowNotices,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { keepLooking, troubleWords } from "../keep-looking.js";
import { page } from "../on-call/index.js";
import { goOnWithLost } from "./lost.js";
import { maintenanceNow } from "./read.js";
import { startMaintenance } from "./start.js";

const lookMs = 15_000;
const actor = { kind: "atoms", name: "atoms", via: "schedule" } as const;

/**
 * Announces the windows of the playbook and begins them, until the signal fires. One control plane of those that share a
 * store begins each. One that cannot begin is told to whoever is on call: nobody sits there and sees it.
 */
export async function keepMaintaining(
  plane: ControlPlane,
  ref: PlaybookRef,
  signal: AbortSignal,
): Promise<void> {
  const of = { what: "looking for maintenance windows", everyMs: lookMs };
  await keepLooking(plane, of, () => lookOnce(plane, ref), signal);
}

async function lookOnce(plane: ControlPlane, ref: PlaybookRef): Promise<void> {
  const open = await plane.open(ref);
  await takeUp(plane, open, ref);
  const { windows, tasks } = open.settings.maintenance;
  if (windows.length === 0) return;
  const { service, environment } = open;
  const { slots, outbox } = await plane.store();
  const { channels } = maintenanceRulesOf(open.settings);
  const now = plane.clock.now();
  const notices = windowNotices(windows, { service, environment, channels }, now);
  if (notices.length > 0) {
    await outbox.put(notices, []);
    plane.bells.notices.ring();
  }
  const names = tasks.map(({ name }) => name);
  for (const due of dueWindows(windows, names, now)) {
    const slot = `maintenance/${service}/${environment}/${due.name}`;
    const [mine] = await slots.claim([slot], due.startsAt, String(process.pid));
    if (mine !== undefined) await begin(plane, open, ref, due);
  }
}

/** A door that was closed while the store was away is a maintenance by now that nobody has begun to work on. */
async function takeUp(plane: ControlPlane, open: OpenPlaybook, ref: PlaybookRef): Promise<void> {
  const standing = await maintenanceNow(plane, open);
  if (standing === undefined) return;
  const engine = await plane.engine();
  if ((await engine.state(standing.id)).state === "unknown") await goOnWithLost(plane, open, ref);
}

async function begin(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
  due: PlannedWindow,
): Promise<void> {
  const window = open.settings.maintenance.windows.find(({ name }) => name === due.name);
  const wish = {
    because: due.because,
    // Its end is where it was planned, however late it begins.
    forMs: Math.max(1_000, due.endsAt - plane.clock.now()),
    tasks: due.tasks,
    hold: window?.hold ?? false,
    // The window names them, in the playbook.
    confirmed: clearedBy(open.settings.maintenance.tasks.filter(({ name }) => due.tasks.includes(name))),
  };
  try {
    await startMaintenance(plane, open, ref, wish, actor);
  } catch (error) {
    if (!isProblem(error)) plane.reportBug(`beginning the window ${due.name}`, error);
    const id = `maintenance_${due.name}_${due.startsAt.toString(36)}`;
    await page(plane, {
      ...ref,
      id,
      severity: "P3",
      title: `The maintenance window ${due.name} did not begin`,
      details: troubleWords(error),
      about: { kind: "maintenance", id },
      actor,
    });
  }
}
