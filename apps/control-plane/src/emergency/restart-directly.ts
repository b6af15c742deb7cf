import {
  buildFailed,
  emergencyNotProven,
  healthSeen,
  nothingToRestart,
  type Platform,
  restartNotWell,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { versionAt } from "../release-id.js";
import { type ActEvents, actedEvent, type EmergencyActed, type EmergencyOrder } from "./acting.js";
import { proveWell } from "./health.js";

const askMs = 20_000;
const buildPauseMs = 500;

/**
 * Has the artefact that production serves run anew, on the platform itself: built, proven well at its own address, promoted,
 * and proven on every host. What is done is in the journal before it is done.
 * @throws ATM-656 when nothing is served, 508 when it does not build, 657 when it is not well, 652 when it is not proven.
 */
export async function restartDirectly(
  plane: Pick<ControlPlane, "clock" | "http">,
  open: OpenPlaybook,
  order: EmergencyOrder,
  events: ActEvents,
  {
    write,
    note,
  }: { write: (...acts: ReturnType<ActEvents["event"]>[]) => void; note: (line: string) => void },
): Promise<EmergencyActed> {
  const { clock } = plane;
  const { deploy, shift } = open.settings.deadlines;
  const { settle } = open.settings.recovery;
  const platform = await open.platform();
  const { deployment: serving } = await platform.production(AbortSignal.timeout(askMs));
  if (serving === undefined) throw nothingToRestart(open);
  const began = clock.monotonic();
  const version = versionAt(clock.now());
  write(
    actedEvent(events, order),
    events.event("restart.decided", { of: serving.id, because: order.reason }),
  );
  const { id } = await platform.redeploy(
    { deployment: serving.id, release: events.id, version },
    AbortSignal.timeout(deploy),
  );
  note(`${id} is being built from the artefact of ${serving.id}.`);
  const { address } = await built(plane, platform, id, AbortSignal.timeout(deploy));
  const prove = (hosts: readonly string[]) =>
    proveWell(
      plane,
      open,
      platform,
      { hosts, deployment: id, timeoutMs: settle },
      AbortSignal.timeout(settle + askMs),
    );
  const alone = await prove([address]);
  if (!alone.proven) throw restartNotWell({ deployment: id, saw: healthSeen(alone.hosts), moved: false });
  note(`${id} is well at its own address; production is being pointed at it.`);
  await platform.promote(id, AbortSignal.timeout(shift));
  const { hosts } = await platform.production(AbortSignal.timeout(askMs));
  const proof = await prove(hosts);
  if (!proof.proven) throw emergencyNotProven({ act: "restart", to: id, last: healthSeen(proof.hosts) });
  const ms = Math.round(clock.monotonic() - began);
  write(events.event("restart.verified", { to: id, from: serving.id, address, version, ms }));
  const many = hosts.length === 1 ? "1 host" : `${hosts.length} hosts`;
  return {
    act: "restart",
    by: "journal",
    says: `Production serves ${id}, the artefact of ${serving.id} run anew, proven well on ${many}.`,
    to: id,
  };
}

/** Waits until it is built. @throws ATM-508 when it is not. */
async function built(
  { clock }: Pick<ControlPlane, "clock">,
  platform: Platform,
  id: string,
  signal: AbortSignal,
) {
  for (;;) {
    const found = await platform.deployment(id, signal);
    if (found?.state === "ready") return found;
    if (found?.state !== "building")
      throw buildFailed({ deployment: id, why: found?.failure ?? found?.state ?? "gone", lines: "" });
    await clock.sleep(buildPauseMs, signal);
  }
}
