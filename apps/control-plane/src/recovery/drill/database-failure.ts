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
import { recoverDatabases } from "../../verbs/recovery.js";
import type { DrillScenario } from "./scenario.js";
import type { Stage } from "./stage.js";

const actor: Actor = { kind: "atoms", name: "drill", via: "schedule" };
const writeEveryMs = 50;
const lookMs = 100;

/** Rows are written, a backup is taken, more rows are written, the databases are lost, and `atoms recover` brings them back. */
export const databaseFailureDrill: DrillScenario = {
  async rehearse(stage, tell) {
    const { plane, order, signal } = stage;
    tell("writing rows to the databases");
    const trails = await trailsOf(stage);
    try {
      tell("taking a backup");
      await backUp(stage);
      tell(`writing on for ${order.afterBackupMs / 1_000} s`);
      await plane.clock.sleep(order.afterBackupMs, signal);

      tell(order.failure === "server" ? "stopping the server of the databases" : "dropping the databases");
      const failedAt = plane.clock.now();
      const began = plane.clock.monotonic();
      const since = () => Math.round(plane.clock.monotonic() - began);
      await breakDatabases(stage);
      await Promise.all([...trails.values()].map((trail) => trail.stop()));
      await noticed(stage);
      const noticedMs = since();

      tell(`the service noticed after ${seconds(noticedMs)}; recovering as in earnest`);
      await recover(stage);
      const recoveredMs = since();
      const now = Object.fromEntries(stage.of.map(({ name, main, standby }) => [name, standby ?? main]));
      const proof = await stage.well(now, order.settleMs);
      signal.throwIfAborted();
      if (!proof.proven)
        throw drillFailed({
          because: `The recovery said that it was done, and the service is not well: ${healthSeen(proof.hosts)}`,
        });
      const rtoMs = since();
      tell(`well again after ${seconds(rtoMs)}; looking for what was lost`);
      return {
        rtoMs,
        noticedMs,
        recoveryMs: recoveredMs - noticedMs,
        ...(await lossesOf(trails, now, failedAt, signal)),
        hosts: proof.hosts.length,
      };
    } finally {
      for (const trail of trails.values()) await trail.stop().catch(() => undefined);
    }
  },
};

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

async function trailsOf({ of, plane }: Stage): Promise<Map<string, Trail>> {
  const trails = new Map<string, Trail>();
  for (const { name, main } of of)
    trails.set(name, await writeTrail(main, { everyMs: writeEveryMs, clock: plane.clock }));
  return trails;
}

async function backUp({ plane, order, signal }: Stage): Promise<void> {
  const open = await plane.open({ playbook: order.playbook });
  try {
    await takeFull(plane, open, { actor }, { say: () => undefined, progress: () => undefined, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!isProblem(error)) throw error;
    throw drillCouldNotBegin({ because: `the backup failed: ${error.happened} ${error.fix}` });
  }
}

async function breakDatabases({ of, server, order, databases, signal }: Stage): Promise<void> {
  if (order.failure === "server" && server !== undefined) await server.crash();
  else for (const { main } of of) await databases.drop(main, signal);
}

/** Waits until the service says by itself that something is wrong: one that does not would not be noticed in earnest. */
async function noticed(stage: Stage): Promise<void> {
  const { plane, order, of, signal } = stage;
  const until = plane.clock.monotonic() + order.settleMs;
  const was = Object.fromEntries(of.map(({ name, main }) => [name, main]));
  for (;;) {
    const { hosts } = await stage.well(was, 0);
    signal.throwIfAborted();
    if (hosts.some(({ right }) => !right)) return;
    if (plane.clock.monotonic() > until)
      throw drillFailed({
        because: `The service's health went on to say that the database is well, ${seconds(order.settleMs)} after it was lost: ${healthSeen(hosts)} Nobody would notice.`,
      });
    await plane.clock.sleep(lookMs, signal);
  }
}

/** The command itself, with the word that confirms it. */
async function recover({ plane, order, signal }: Stage): Promise<void> {
  const asked = recoverDatabases.input.parse({ playbook: order.playbook, confirm: order.scenario });
  const { id } = await recoverDatabases.run(plane, asked, actor);
  const { releases } = await plane.store();
  let release: Release | undefined;
  while (release === undefined || release.state === "running") {
    await plane.clock.sleep(lookMs, signal);
    release = await releases.get(id);
  }
  const { state, because, problem } = release;
  if (state === "released") return;
  throw drillFailed({
    because: `${problem?.code ?? ""} ${problem?.happened ?? because ?? state}`.trim(),
  });
}

/** What is there of all that was acknowledged. */
async function lossesOf(
  trails: ReadonlyMap<string, Trail>,
  now: Readonly<Record<string, string>>,
  failedAt: number,
  signal: AbortSignal,
): Promise<Pick<DrillMeasured, "rpoMs" | "written" | "kept" | "lost">> {
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
