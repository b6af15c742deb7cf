import { isProblem } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import type { JobPort } from "../jobs.js";
import { claimTurn, keepLooking, troubleWords } from "../keep-looking.js";
import { page } from "../on-call/index.js";
import { pruneFull, takeFull, tryFull } from "./full.js";

const lookMs = 20_000;
const what = "taking a backup on schedule";
const actor = { kind: "atoms", name: "atoms", via: "schedule" } as const;

/**
 * Takes full backups at the times of the playbook, tries each, and removes what need not be kept, until the signal fires.
 * One control plane of those that share a store takes each. A backup that fails, or does not restore, pages whoever is on
 * call: it is found out now, not on the day it is needed.
 */
export async function keepBackingUp(
  plane: ControlPlane,
  ref: PlaybookRef,
  signal: AbortSignal,
): Promise<void> {
  await keepLooking(plane, { what, everyMs: lookMs }, () => takeWhenDue(plane, ref, signal), signal);
}

async function takeWhenDue(plane: ControlPlane, ref: PlaybookRef, signal: AbortSignal): Promise<void> {
  const open = await plane.open(ref);
  const { service, environment } = open;
  const { schedule } = open.settings.backup;
  const due = await claimTurn(plane, `backup/${service}/${environment}`, schedule);
  if (schedule === undefined || due === undefined) return;
  const job: JobPort = { say: () => undefined, progress: () => undefined, signal };
  let id = "";
  try {
    const { backup } = await takeFull(plane, open, { actor }, job);
    id = backup.id;
    if (schedule.verify && backup.manifest.databases.length > 0) {
      const check = await tryFull(plane, open, { id, keys: [], actor }, job);
      if (!check.sound) {
        const wrong = [...check.faults, ...check.databases.flatMap(({ differences }) => differences)];
        await raise(plane, ref, due, `The backup ${id} does not restore`, wrong.join("; "));
        return;
      }
    }
    await pruneFull(plane, open, { actor, pretend: false });
  } catch (error) {
    if (signal.aborted) return;
    if (!isProblem(error)) plane.reportBug(what, error);
    const title = id === "" ? "The scheduled backup failed" : `The backup ${id} could not be tried`;
    await raise(plane, ref, due, title, troubleWords(error));
  }
}

async function raise(
  plane: ControlPlane,
  ref: PlaybookRef,
  due: number,
  title: string,
  details: string,
): Promise<void> {
  await page(plane, {
    ...ref,
    id: `backup_${due.toString(36)}`,
    severity: "P3",
    title,
    details,
    about: { kind: "alert", id: `backup_${due.toString(36)}` },
    actor,
  });
}
