import type { LedgerEvent } from "../../terms/index.js";
import { timeText } from "../../terms/zoned-time.js";
import type { RecoveryBackup } from "../model.js";
import type { DataWindow, Suspect } from "./model.js";

/** How far back the ledger is read for what may have done it, in milliseconds. */
export const suspectsWithinMs = 7 * 86_400_000;
/** Rows go wrong before anybody sees it: an alert is put down to the last change of so long before. */
const soonMs = 86_400_000;
const most = 12;

/** Kinds of ledger entries that may have changed rows, and those that speak of trouble. */
const telling: Readonly<Record<string, Suspect["kind"]>> = {
  "traffic.step": "change",
  "traffic.shifted": "change",
  "rollback.verified": "change",
  "maintenance.started": "change",
  "backup.restored": "change",
  "alert.firing": "trouble",
  "monitor.down": "trouble",
  "incident.opened": "trouble",
};

/** All of those kinds. */
export const suspectKinds: readonly string[] = Object.keys(telling);

/**
 * What the ledger says of a place that may be why rows are wrong, oldest first.
 * @param inWords What an entry says.
 */
export const suspectsIn = (
  entries: readonly LedgerEvent[],
  of: { service: string; environment: string; since: number },
  inWords: (entry: LedgerEvent) => string,
): Suspect[] =>
  entries
    .filter((one) => one.service === of.service && one.environment === of.environment && one.at >= of.since)
    .flatMap((entry): Suspect[] => {
      const kind = telling[entry.kind];
      return kind === undefined ? [] : [{ at: entry.at, kind, says: inWords(entry) }];
    })
    .toSorted((a, b) => a.at - b.at);

/**
 * Finds when rows went wrong. What a person says is taken; else the last change before the first trouble is blamed, the
 * trouble itself when nothing changed before it, and the last change when nothing speaks of trouble.
 * @param suspects Oldest first. @param given Moments in milliseconds since the epoch.
 * @returns undefined when nothing says when.
 */
export function findWindow(
  suspects: readonly Suspect[],
  given: { since?: number | undefined; until?: number | undefined },
  now: number,
): DataWindow | undefined {
  const until = given.until ?? now;
  const seen = suspects.filter(({ at }) => at <= until);
  const began = given.since === undefined ? beginning(seen) : { since: given.since, because: "it was said" };
  if (began === undefined) return undefined;
  return {
    since: began.since,
    until,
    by: given.since === undefined ? "the ledger" : "you",
    because: began.because,
    suspects: seen.filter(({ at }) => at >= began.since).slice(-most),
  };
}

function beginning(seen: readonly Suspect[]): { since: number; because: string } | undefined {
  const trouble = seen.find(({ kind }) => kind === "trouble");
  const change = seen.findLast(
    ({ kind, at }) =>
      kind === "change" && (trouble === undefined || (at <= trouble.at && trouble.at - at <= soonMs)),
  );
  if (trouble === undefined)
    return change && { since: change.at, because: `the last change was then: ${change.says}` };
  return change === undefined
    ? { since: trouble.at, because: `the first trouble was then: ${trouble.says}` }
    : {
        since: change.at,
        because: `the last change before the first trouble (${trouble.says}, ${timeText(trouble.at)}) was then: ${change.says}`,
      };
}

/** The newest backup from before a moment that did not fail its last trial. @param backups Newest first. */
export const backupBefore = (backups: readonly RecoveryBackup[], since: number): RecoveryBackup | undefined =>
  backups.find(({ takenAt, sound }) => takenAt < since && sound !== false);
