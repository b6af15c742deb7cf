import type { RollingRun } from "../model.js";

const MINUTE_MS = 60_000;

/**
 * The share of visitors in percent that the canary gets now. In a stage with a linear shift it moves from the share of
 * the stage before to the stage's own over the stage's duration.
 */
export function canaryPercentage(run: RollingRun, now: number): number {
  if (run.state === "COMPLETE") return 100;
  if (run.state === "ABORTED") return 0;
  const stage = run.config.stages[run.activeIndex];
  if (!stage) return 0;
  if (!stage.linearShift || !stage.duration) return stage.targetPercentage;
  const before = run.config.stages[run.activeIndex - 1]?.targetPercentage ?? 0;
  const passed = Math.min(1, Math.max(0, (now - run.stageStartedAt) / (stage.duration * MINUTE_MS)));
  return before + (stage.targetPercentage - before) * passed;
}

/** When the active stage ends by itself, in ms since 1970; null when it waits for approval or is the last. */
export function stageEndsAt(run: RollingRun): number | null {
  const stage = run.config.stages[run.activeIndex];
  const isLast = run.activeIndex >= run.config.stages.length - 1;
  if (run.state !== "ACTIVE" || !stage || isLast || stage.requireApproval || !stage.duration) return null;
  return run.stageStartedAt + stage.duration * MINUTE_MS;
}

/** A stage as the API's document shows it; `duration` in seconds. */
export function stageJson(run: RollingRun, index: number) {
  const stage = run.config.stages[index];
  if (!stage) return null;
  return {
    index,
    isFinalStage: index === run.config.stages.length - 1,
    targetPercentage: stage.targetPercentage,
    requireApproval: stage.requireApproval,
    duration: stage.duration === null ? null : stage.duration * 60,
    ...(stage.linearShift ? { linearShift: true } : {}),
  };
}
