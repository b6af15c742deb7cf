import { randomBytes } from "node:crypto";
import { findServerPrograms } from "@atoms/databases";
import {
  type Actor,
  type Drill,
  type DrillFailure,
  type DrillOrder,
  type DrillOutcome,
  drillOnlyLocal,
  drillOnProduction,
  drillStarted,
  drillUnderWay,
  isProblem,
  type LedgerEntry,
  nextDrillNumber,
  noServerForDrill,
  openDrill,
} from "@atoms/playbook";
import { fullPorts } from "../../backups/index.js";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../../control-plane.js";
import { drillScenarios } from "./scenarios.js";
import { drillFlowOf } from "./world.js";

const resultMs = 120_000;
const tellEveryMs = 200;

/**
 * Starts a drill; one that was cut off is cleared away first. Answers when its flow runs.
 * @throws ATM-676, ATM-677, ATM-678 for a stage that cannot be built, ATM-682 when one is under way, and what the
 *   scenario lacks in this playbook, such as ATM-241 without any database.
 */
export async function startDrill(
  plane: ControlPlane,
  ref: PlaybookRef,
  scenario: Drill,
  actor: Actor,
): Promise<DrillOrder> {
  if (ref.platform === "vercel") throw drillOnlyLocal();
  const open = await plane.open({ playbook: ref.playbook, platform: "local" });
  const { service, environment, settings } = open;
  const { drill, targets } = settings.recovery;
  const databases = Object.keys(settings.backup.databases);
  const kind = drillScenarios[scenario];
  kind.check(open);
  const failure = kind.failure?.(open);
  await refuseServers(plane, open, failure);
  await clearAway(plane, open);
  const before = await drillEntries(plane, open);
  const startedAt = plane.clock.now();
  const order: DrillOrder = {
    drill: `drill_${startedAt.toString(36)}${randomBytes(2).toString("hex")}`,
    number: nextDrillNumber(before),
    scenario,
    service,
    environment,
    actor,
    startedAt,
    ...(failure === undefined ? {} : { failure }),
    databases,
    targets,
    deadlineMs: drill.deadline,
    playbook: { path: ref.playbook, text: open.file.text },
  };
  const { ledger } = await plane.store();
  const [entry] = await ledger.append([drillStarted(order)]);
  if (entry !== undefined && entry.data["drill"] !== order.drill) throw underWay(entry);
  const engine = await plane.engine();
  await engine.start(drillFlowOf(plane), order.drill, order);
  return order;
}

/** Waits for the end of a drill. @param tell Told what it does. @param stop Ends it safely when it fires. */
export async function drillEnded(
  plane: ControlPlane,
  order: DrillOrder,
  tell: (doing: string) => void,
  stop: AbortSignal,
): Promise<DrillOutcome> {
  const onStop = () => plane.interrupt(order.drill);
  stop.addEventListener("abort", onStop, { once: true });
  if (stop.aborted) onStop();
  const { ledger } = await plane.store();
  const engine = await plane.engine();
  let ended = false;
  const result = engine.result<DrillOutcome>(order.drill, order.deadlineMs + resultMs).finally(() => {
    ended = true;
  });
  result.catch(() => undefined);
  let after = 0;
  try {
    for (;;) {
      const last = ended;
      const steps = await ledger.read({ kind: "drill.step", after, limit: 500 });
      for (const { seq, data } of steps) {
        after = seq;
        if (data["drill"] === order.drill) tell(String(data["doing"]));
      }
      if (last) return await result;
      await Promise.race([result.catch(() => undefined), plane.clock.sleep(tellEveryMs)]);
    }
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

async function refuseServers(
  plane: ControlPlane,
  open: OpenPlaybook,
  failure: DrillFailure | undefined,
): Promise<void> {
  const { drill, databases: recovered } = open.settings.recovery;
  const url = drill.server_url;
  if (url === undefined) {
    if ((await findServerPrograms(plane.env["PATH"])) === undefined)
      throw noServerForDrill({
        because: "No PostgreSQL of version 15 or newer was found in PATH or in Debian's folders.",
      });
    return;
  }
  if (failure === "server")
    throw noServerForDrill({
      because:
        "recovery.drill.failure is server, and the server of recovery.drill.server_url is not the drill's to stop.",
    });
  const { databases } = fullPorts(plane, open, [], () => undefined);
  const server = (one: string) => databases.shown(one).split("/")[0];
  const inUse = Object.entries(open.settings.backup.databases).flatMap(([name, { url: main }]) => [
    { setting: `backup.databases.${name}.url`, address: main },
    { setting: `recovery.databases.${name}.standby_url`, address: recovered[name]?.standby_url },
  ]);
  for (const { setting, address } of inUse)
    if (address !== undefined && server(address) === server(url))
      throw drillOnProduction({ where: databases.shown(url), setting });
  await databases.facts(url, plane.leaving);
}

/** Whether a drill of this service is at work; one that was cut off is cleared away first. */
export async function isDrilling(plane: ControlPlane, open: OpenPlaybook): Promise<boolean> {
  try {
    await clearAway(plane, open);
    return false;
  } catch (error) {
    if (isProblem(error) && error.code === "ATM-682") return true;
    throw error;
  }
}

/** Goes on with a drill that has no end: when its process died, what it made is removed, and it ends. @throws ATM-682. */
async function clearAway(plane: ControlPlane, open: OpenPlaybook): Promise<void> {
  const standing = openDrill(await drillEntries(plane, open));
  if (standing === undefined) return;
  const engine = await plane.engine();
  await engine.resume(standing.drill);
  const flow = await engine.state(standing.drill);
  // It died before its first step: there is nothing of it, but for the entry that begins it.
  if (flow.state === "unknown") return;
  const over = await engine.result(standing.drill, cleaningMs).then(
    () => true,
    () => false,
  );
  if (!over && (await engine.state(standing.drill)).state === "running") throw underWayOf(standing);
}

/** A drill that was cut off is gone after this long; one that is at work is not waited for. */
const cleaningMs = 3_000;

/** The beginnings and ends of the drills of a service, oldest first. */
async function drillEntries(
  plane: ControlPlane,
  { service, environment }: OpenPlaybook,
): Promise<LedgerEntry[]> {
  const { ledger } = await plane.store();
  const read = (kind: string) => ledger.read({ kind, environment, last: true, limit: 500 });
  const found = [...(await read("drill.started")), ...(await read("drill.finished"))];
  return found.filter((entry) => entry.service === service).sort((a, b) => a.seq - b.seq);
}

const underWay = (entry: LedgerEntry) =>
  drillUnderWay({ drill: String(entry.data["drill"]), by: entry.actor.name, since: entry.at });

const underWayOf = ({ drill, by, startedAt }: { drill: string; by: string; startedAt: number }) =>
  drillUnderWay({ drill, by, since: startedAt });
