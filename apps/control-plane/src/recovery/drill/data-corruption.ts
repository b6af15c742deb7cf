import {
  readElsewhere,
  spoilTrail,
  type Trail,
  trailRows,
  trailTable,
  writeElsewhere,
} from "@atoms/databases";
import { type DataComparison, type DrillMeasured, drillCouldNotBegin, drillFailed } from "@atoms/playbook";
import { startRestart } from "../../emergency/restart.js";
import { recoverData } from "../../verbs/recovery-data.js";
import { compareData } from "../index.js";
import { databasesMeant } from "../known.js";
import type { DrillScenario, Stage } from "./scenario.js";
import {
  backUp,
  drillActor,
  mainUrls,
  proveRecovered,
  seconds,
  stopwatch,
  untilReleased,
  writeTrails,
} from "./steps.js";

/** So many rows are in the backup at least, of each database. */
const rowsBefore = 30;
const lookMs = 100;
const rightly = "changed rightly since the backup";

/** What a bad release has done to a database. */
type Spoiled = { gone: number; other: number; last: number; backedUp: number };

/**
 * Rows are written, a backup is taken, more rows are written, and a release goes out that spoils some of all of them.
 * `atoms recover data_corruption` has to find when that was from the ledger, and to take back what is in the backup, while
 * writing goes on.
 */
export const dataCorruptionDrill: DrillScenario = {
  check: (open) => void databasesMeant(open, []),
  async rehearse(stage, tell) {
    const { plane, order, of, signal } = stage;
    tell("writing rows to the databases");
    const trails = await writeTrails(stage);
    for (const { main } of of) await writeElsewhere(main, "as it was before the backup", signal);
    await untilWritten(stage, trails);
    tell("taking a backup");
    const backedUp = new Map([...trails].map(([name, trail]) => [name, trail.written()]));
    const backup = await backUp(stage);
    tell(`writing on for ${order.afterBackupMs / 1_000} s`);
    for (const { main } of of) await writeElsewhere(main, rightly, signal);
    await plane.clock.sleep(order.afterBackupMs, signal);

    tell("releasing again, with a change that spoils rows");
    await release(stage);
    const failedAt = plane.clock.now();
    const since = stopwatch(stage);
    const spoiled = new Map<string, Spoiled>();
    for (const { name, main } of of)
      spoiled.set(name, { ...(await spoilTrail(main, signal)), backedUp: backedUp.get(name) ?? 0 });

    const { gone, other } = sumOf(spoiled);
    tell(`${gone} rows are gone and ${other} are other; looking for when, and comparing with a backup`);
    for (const { name } of of) checkFound(name, backup, await compare(stage, name));
    const noticedMs = since();

    tell(`found after ${seconds(noticedMs)}; taking rows back as in earnest`);
    for (const { name: database } of of) {
      const asked = { database, backup, tables: [trailTable], confirm: order.scenario };
      const input = recoverData.input.parse({ playbook: order.playbook, ...asked });
      await untilReleased(stage, await recoverData.run(plane, input, drillActor));
    }
    const recoveryMs = since() - noticedMs;
    const { hosts } = await proveRecovered(stage, mainUrls(stage));
    const rtoMs = since();
    tell(`well again after ${seconds(rtoMs)}; looking for what was lost`);
    for (const trail of trails.values()) await trail.stop();
    return { rtoMs, noticedMs, recoveryMs, hosts, ...(await lossesOf(stage, trails, spoiled, failedAt)) };
  },
};

/** Waits until there is something to back up. */
async function untilWritten(stage: Stage, trails: ReadonlyMap<string, Trail>): Promise<void> {
  const { plane, order, signal } = stage;
  const since = stopwatch(stage);
  while ([...trails.values()].some((trail) => trail.written() < rowsBefore)) {
    if (since() > order.settleMs)
      throw drillCouldNotBegin({
        because: `the databases took fewer than ${rowsBefore} rows in ${seconds(order.settleMs)}.`,
      });
    await plane.clock.sleep(lookMs, signal);
  }
}

/** A release of the stage, by which the ledger has to find when rows went wrong: the artefact that serves, once more. */
async function release(stage: Stage): Promise<void> {
  const { plane, order } = stage;
  const ref = { playbook: order.playbook };
  const open = await plane.open(ref);
  const because = "a release that spoils rows, for a drill";
  await untilReleased(stage, await startRestart(plane, open, ref, because, drillActor), ({ because: why }) =>
    drillCouldNotBegin({ because: `the release before it did not end well: ${why}` }),
  );
}

/** What `atoms recover data_corruption --plan` finds. */
async function compare({ plane, order, signal }: Stage, database: string): Promise<DataComparison> {
  const open = await plane.open({ playbook: order.playbook });
  const job = { say: () => undefined, progress: () => undefined, signal };
  return compareData(plane, open, { database, keys: [] }, job);
}

function checkFound(database: string, backup: string, { backup: found, window, tables }: DataComparison) {
  if (window?.by !== "the ledger" || found.id !== backup)
    throw drillFailed({
      because: `Nobody was told when rows of ${database} went wrong, and the ledger led to ${found.id} instead of ${backup}, which is the newest from before it.`,
    });
  const spoiled = tables.find(({ table }) => table === `public.${trailTable}`);
  if (spoiled?.state !== "differs" || spoiled.difference.missing * spoiled.difference.changed === 0)
    throw drillFailed({
      because: `Rows of ${database} are gone and other, and the comparison with ${backup} did not find both.`,
    });
}

const sumOf = (spoiled: ReadonlyMap<string, Spoiled>) =>
  [...spoiled.values()].reduce((sum, one) => ({ gone: sum.gone + one.gone, other: sum.other + one.other }), {
    gone: 0,
    other: 0,
  });

/** Looks at every row that was acknowledged. Only what was written between the backup and the release may be lost. */
async function lossesOf(
  { of, signal }: Stage,
  trails: ReadonlyMap<string, Trail>,
  spoiled: ReadonlyMap<string, Spoiled>,
  failedAt: number,
): Promise<Pick<DrillMeasured, "rpoMs" | "written" | "kept" | "lost" | "found">> {
  let [rpoMs, written, kept, later] = [0, 0, 0, 0];
  for (const { name, main } of of) {
    const [trail, harm] = [trails.get(name), spoiled.get(name)];
    if (trail === undefined || harm === undefined) throw new Error(`the drill lost its database ${name}`);
    const rows = await trailRows(main, signal);
    const [before, after]: [number[], number[]] = [[], []];
    for (let id = 1; id <= trail.written(); id++) {
      const at = trail.at(id) ?? 0;
      if (rows.get(id) === at) kept += 1;
      else if (id <= harm.backedUp) before.push(id);
      else if (id > harm.last) after.push(id);
      else rpoMs = Math.max(rpoMs, failedAt - at);
    }
    written += trail.written();
    later += trail.written() - harm.last;
    refuseLoss(name, before, "is in the backup, and was not taken back");
    refuseLoss(name, after, "was written after rows had gone wrong, and was not kept");
    const notes = await readElsewhere(main, signal);
    if (notes.length !== 1 || notes[0] !== rightly)
      throw drillFailed({ because: `Rows of another table of ${name} are not as they were written last.` });
  }
  const { gone, other } = sumOf(spoiled);
  const found = [
    `${gone} rows had gone and ${other} were other`,
    `all that was in the backup was taken back, and ${later} rows written since are as they were written`,
  ];
  return { rpoMs, written, kept, lost: written - kept, found };
}

function refuseLoss(database: string, rows: readonly number[], why: string): void {
  if (rows.length > 0)
    throw drillFailed({
      because: `Row ${rows[0]} of ${database} ${why}${rows.length > 1 ? `, and so it is with ${rows.length - 1} more` : ""}.`,
    });
}
