import { readTrail, type Trail, writeTrail } from "@atoms/databases";
import {
  type Actor,
  type DrillMeasured,
  drillCouldNotBegin,
  drillFailed,
  healthSeen,
  isProblem,
  type Release,
} from "@atoms/playbook";
import { takeFull } from "../../backups/index.js";
import type { Stage } from "./scenario.js";

/** Who acts in a drill. */
export const drillActor: Actor = { kind: "atoms", name: "drill", via: "schedule" };

const writeEveryMs = 50;
const lookMs = 100;

/** A span for the steps of a drill. */
export const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** Measures from now on. @returns milliseconds since then, whole. */
export function stopwatch({ plane: { clock } }: Stage): () => number {
  const began = clock.monotonic();
  return () => Math.round(clock.monotonic() - began);
}

/** Begins to write rows to every database of the stage; it ends when the drill does. */
export async function writeTrails({ of, plane, atTheEnd }: Stage): Promise<Map<string, Trail>> {
  const trails = new Map<string, Trail>();
  for (const { name, main } of of) {
    const trail = await writeTrail(main, { everyMs: writeEveryMs, clock: plane.clock });
    atTheEnd(() => trail.stop());
    trails.set(name, trail);
  }
  return trails;
}

/** Takes a backup of the stage. @returns its id. @throws ATM-679. */
export async function backUp({ plane, order, signal }: Stage): Promise<string> {
  const open = await plane.open({ playbook: order.playbook });
  const job = { say: () => undefined, progress: () => undefined, signal };
  try {
    return (await takeFull(plane, open, { actor: drillActor }, job)).backup.id;
  } catch (error) {
    signal.throwIfAborted();
    if (!isProblem(error)) throw error;
    throw drillCouldNotBegin({ because: `the backup failed: ${error.happened} ${error.fix}` });
  }
}

/** Waits until a release or a recovery of the stage is over, well. @param problem What it is when it did not end well. */
export async function untilReleased(
  { plane, signal }: Stage,
  { id }: Pick<Release, "id">,
  problem: (of: { because: string }) => Error = drillFailed,
): Promise<Release> {
  const { releases } = await plane.store();
  let release: Release | undefined;
  while (release === undefined || release.state === "running") {
    await plane.clock.sleep(lookMs, signal);
    release = await releases.get(id);
  }
  const { state, because, problem: why } = release;
  if (state === "released") return release;
  throw problem({ because: `${why?.code ?? ""} ${why?.happened ?? because ?? state}`.trim() });
}

/** Proves on every host that the service is well after its recovery. @param urls Which databases it has to use. @throws ATM-680. */
export async function proveRecovered(
  stage: Stage,
  urls: Readonly<Record<string, string>>,
): Promise<{ hosts: number }> {
  const proof = await stage.well(urls, stage.order.settleMs);
  stage.signal.throwIfAborted();
  if (!proof.proven)
    throw drillFailed({
      because: `The recovery said that it was done, and the service is not well: ${healthSeen(proof.hosts)}`,
    });
  return { hosts: proof.hosts.length };
}

/** The addresses that the databases of a stage began with. */
export const mainUrls = ({ of }: Stage) => Object.fromEntries(of.map(({ name, main }) => [name, main]));

/** Waits until the service says by itself that something is wrong: one that does not would not be noticed in earnest. */
export const untilNoticed = (stage: Stage, what: string): Promise<void> =>
  untilIll(
    stage,
    undefined,
    (hosts) =>
      `The service's health went on to say that ${what} is well, ${seconds(stage.order.settleMs)} after it was lost: ${healthSeen(hosts)} Nobody would notice.`,
  );

/**
 * Waits until not every host says that it is well.
 * @param through Other hosts than production's, and another way to them. @param because What it is when they all go on to say so.
 */
export async function untilIll(
  stage: Stage,
  through: Parameters<Stage["well"]>[2],
  because: (hosts: Awaited<ReturnType<Stage["well"]>>["hosts"]) => string,
): Promise<void> {
  const { plane, order, signal } = stage;
  const until = plane.clock.monotonic() + order.settleMs;
  for (;;) {
    const { hosts } = await stage.well(mainUrls(stage), 0, through);
    signal.throwIfAborted();
    if (hosts.some(({ right }) => !right)) return;
    if (plane.clock.monotonic() > until) throw drillFailed({ because: because(hosts) });
    await plane.clock.sleep(lookMs, signal);
  }
}

/** What is there of all writes that were acknowledged before a failure. */
export async function lossesOf(
  trails: ReadonlyMap<string, Trail>,
  now: Readonly<Record<string, string>>,
  failedAt: number,
  signal: AbortSignal,
): Promise<Required<Pick<DrillMeasured, "rpoMs" | "written" | "kept" | "lost">>> {
  let [rpoMs, written, kept] = [0, 0, 0];
  for (const [name, trail] of trails) {
    const found = await readTrail(now[name] ?? "", signal);
    if (!found.whole || found.lastAt === undefined)
      throw drillFailed({
        because: `${name} was restored, and holds ${found.rows} of the rows that were written before its last one: some in between are missing.`,
      });
    // The last write may be in the database without its acknowledgement.
    written += Math.max(trail.written(), found.rows);
    kept += found.rows;
    rpoMs = Math.max(rpoMs, failedAt - found.lastAt);
  }
  return { rpoMs, written, kept, lost: written - kept };
}
