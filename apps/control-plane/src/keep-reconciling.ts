import type { Release } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "./control-plane.js";
import { type Lost, rescue, whyLost } from "./lost-release.js";

/** How often the running releases are looked at, in milliseconds. */
const everyMs = 5_000;

/**
 * How long a release must look lost before it is taken for lost, in milliseconds. Its flow may be about to be started; on a
 * server another worker may know a flow that this one does not, and takes it over within 15 s when its worker has died.
 */
function patienceMs(how: Lost["how"], shared: boolean): number {
  if (how === "never began") return 10_000;
  return how === "not known here" && shared ? 25_000 : 0;
}

/**
 * Sees to it, for as long as the control plane runs, that no release stays half done: what nobody runs is picked up, and
 * what nobody can go on with is brought to safety.
 * @param atHand The playbook to use where a release's own cannot be read any more.
 */
export async function keepReconciling(
  plane: ControlPlane,
  atHand: () => PlaybookRef | undefined,
  signal: AbortSignal,
): Promise<void> {
  const lostSince = new Map<string, number>();
  let lastTrouble: string | undefined;
  while (!signal.aborted) {
    try {
      await lookOnce(plane, lostSince, atHand());
      lastTrouble = undefined;
    } catch (error) {
      // A store that is away for an hour is told of once.
      const trouble = error instanceof Error ? error.message : String(error);
      if (!signal.aborted && trouble !== lastTrouble) plane.reportBug("looking for lost releases", error);
      lastTrouble = trouble;
    }
    await plane.clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

async function lookOnce(
  plane: ControlPlane,
  lostSince: Map<string, number>,
  ref: PlaybookRef | undefined,
): Promise<void> {
  const { releases, kind } = await plane.store();
  const running = await releases.list({ state: "running", limit: 1_000 });
  for (const id of [...lostSince.keys()]) if (!running.some((one) => one.id === id)) lostSince.delete(id);
  if (running.length === 0) return;
  await (await plane.engine()).resume();
  for (const release of running) {
    const lost = await whyLost(plane, release);
    if (lost === undefined) {
      lostSince.delete(release.id);
      continue;
    }
    const since = lostSince.get(release.id) ?? plane.clock.monotonic();
    lostSince.set(release.id, since);
    const wait = patienceMs(lost.how, kind === "server");
    if (plane.clock.monotonic() - since >= wait) await rescue(plane, release, lost, ref);
    else await sayWhatIsWaitedFor(plane, release, lost, wait);
  }
}

/** Whoever follows the release sees why nothing happens. */
async function sayWhatIsWaitedFor(
  plane: ControlPlane,
  release: Release,
  { how }: Lost,
  waitMs: number,
): Promise<void> {
  if (how !== "not known here") return;
  const { releases } = await plane.store();
  const since = plane.clock.now();
  await releases.doing(release.id, {
    phase: release.phase,
    doing: `waiting ${waitMs / 1_000} s for a worker that knows its version of Atoms`,
    since,
    until: since + waitMs,
  });
}
