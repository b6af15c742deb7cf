import { type LedgerEvent, timeText } from "../terms/index.js";
import { type Change, type EmergencySight, seenOf } from "./model.js";

/** How far back a change is looked for, in milliseconds. */
export const lookBackMs = 3_600_000;

/** Kinds of entries that changed something for users, or were meant to. */
const telling: Readonly<Record<string, Change["what"]>> = {
  "release.started": "release",
  "release.ended": "release",
  "traffic.step": "traffic",
  "traffic.shifted": "traffic",
  "rollback.decided": "rollback",
  "rollback.verified": "rollback",
  "abort.asked": "act",
  "freeze.began": "act",
  "freeze.lifted": "act",
  "scale.changed": "act",
  "restart.verified": "act",
  "door.closing": "act",
  "door.opening": "act",
  "backup.restored": "act",
};

/** All of those kinds. */
export const changeKinds: readonly string[] = Object.keys(telling);

/**
 * What the ledger says was changed in a place since a moment, oldest first.
 * @param inWords What an entry says.
 */
export function changesIn(
  entries: readonly LedgerEvent[],
  of: { service: string; environment: string; since: number },
  inWords: (entry: LedgerEvent) => string,
): Change[] {
  return entries
    .filter((one) => one.service === of.service && one.environment === of.environment && one.at >= of.since)
    .flatMap((entry): Change[] => {
      const what = telling[entry.kind];
      if (what === undefined) return [];
      const to = entry.data["to"];
      return [
        {
          at: entry.at,
          what,
          says: inWords(entry),
          by: entry.actor.name,
          ...(entry.release === undefined ? {} : { release: entry.release }),
          ...(typeof to === "string" && to.startsWith("dpl_") ? { deployment: to } : {}),
        },
      ];
    })
    .toSorted((a, b) => a.at - b.at);
}

/** All that changed in the last hour, by whatever could be seen of it, oldest first. */
export function changesOf(sight: EmergencySight): Change[] {
  const since = sight.at - lookBackMs;
  const made = (seenOf(sight.deployments) ?? [])
    .filter((one) => one.production && one.createdAt >= since)
    .map(
      (one): Change => ({
        at: one.createdAt,
        what: "deployment",
        says: `${one.id} was made${one.release === undefined ? ", not by Atoms" : ""}${one.state === "ready" ? "" : ` and is ${one.state}`}`,
        deployment: one.id,
        ...(one.release === undefined ? { outside: true } : { release: one.release }),
      }),
    );
  const written = (seenOf(sight.variables) ?? [])
    .filter(({ changedAt }) => changedAt >= since)
    .map(
      ({ key, changedAt }): Change => ({
        at: changedAt,
        what: "variable",
        says: `the variable ${key} was written; it reaches deployments made after ${timeText(changedAt)}`,
      }),
    );
  const { pin } = seenOf(sight.production) ?? {};
  const told = [...(seenOf(sight.changed) ?? []), ...(seenOf(sight.journal)?.waiting ?? [])];
  const ours = told.some(({ what, deployment }) => what === "rollback" && deployment === pin?.to);
  const pinned: Change[] =
    pin === undefined || pin.at < since || ours
      ? []
      : [
          {
            at: pin.at,
            what: "rollback",
            says: `production was rolled back to ${pin.to} through the platform`,
            deployment: pin.to,
            outside: true,
          },
        ];
  return [...told, ...made, ...written, ...pinned].toSorted((a, b) => a.at - b.at);
}
