import { formatDuration } from "../terms/index.js";
import type { DatabaseMove } from "./moves.js";
import type { RecoveryTargets } from "./settings.js";

/** What a recovery took, against what it may take. */
export type RecoveryFigures = {
  /** From the failure, or from the command, until proven well; in milliseconds. */
  rtoMs: number;
  /** The age of what is lost; 0 when nothing was restored. */
  rpoMs: number;
  targets: Pick<RecoveryTargets, "rto" | "rpo">;
  met: boolean;
};

/** Compares what was measured with the targets. */
export const figuresOfRecovery = (
  rtoMs: number,
  rpoMs: number,
  targets: Pick<RecoveryTargets, "rto" | "rpo">,
): RecoveryFigures => ({ rtoMs, rpoMs, targets, met: rtoMs <= targets.rto && rpoMs <= targets.rpo });

/** Seconds where they are few, else what people read more easily. */
export const spanWords = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(Math.round(ms / 1_000) * 1_000);

/** The figures in a sentence. */
export const figureWords = ({ rtoMs, rpoMs, targets }: RecoveryFigures): string =>
  `RTO ${spanOfTarget(rtoMs, targets.rto)}, RPO ${spanOfTarget(rpoMs, targets.rpo)}`;

/** A figure beside its target: "9.7 s (target 1m, kept)". */
export const spanOfTarget = (ms: number, target: number): string =>
  `${spanWords(ms)} (target ${formatDuration(target)}, ${ms <= target ? "kept" : "missed"})`;

/** What is still to be done for these moves, in their order, for whoever has to go on by hand. */
export function leftToDo(
  moves: readonly DatabaseMove[],
  done: { restored: readonly string[]; switched: boolean; shifted: boolean },
): string[] {
  const restores = moves.filter((move) => move.do === "restore");
  const elsewhere = restores.filter(({ place }) => place === "standby");
  return [
    ...restores
      .filter(({ database }) => !done.restored.includes(database))
      .map(({ database, where }) => `restoring ${database} to ${where}`),
    ...(done.switched ? [] : elsewhere.map(({ variable, where }) => `pointing ${variable} at ${where}`)),
    ...(elsewhere.length === 0 || done.shifted ? [] : ["deploying again, so that the service uses it"]),
    "proving on every production host that it is well",
  ];
}
