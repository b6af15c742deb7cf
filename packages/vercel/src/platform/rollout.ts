import type { Rollout } from "@atoms/playbook";
import type { RollingRelease, RollingReleaseConfig, RollingReleaseConfigBody } from "../wire/index.js";

/** Puts the platform's rolling release into our words. It counts in percent, we in shares. */
export function toRollout(run: RollingRelease): Rollout {
  const shares = run.stages.map((stage) => stage.targetPercentage / 100);
  const common = {
    candidate: run.canaryDeployment?.id ?? "unknown",
    stable: run.currentDeployment?.id,
    shares,
  };
  if (run.state === "COMPLETE") return { ...common, state: "complete", stage: shares.length - 1, share: 1 };
  // The platform forgets the stage of an aborted one.
  if (run.state === "ABORTED") return { ...common, state: "aborted", stage: 0, share: 0 };
  const stage = run.activeStage?.index ?? 0;
  const share = (run.currentCanaryPercentage ?? run.activeStage?.targetPercentage ?? 0) / 100;
  return { ...common, state: "active", stage, share };
}

/**
 * The configuration under which the platform moves on only when asked to.
 * @throws RangeError when the shares are not two or more, ascending from 0 or more, the last of them 1.
 */
export function configurationOf(shares: readonly number[]): RollingReleaseConfigBody {
  const ascending = shares.every((share, at) => share >= 0 && share > (shares[at - 1] ?? -1));
  if (shares.length < 2 || shares.at(-1) !== 1 || !ascending) {
    throw new RangeError(
      `The stages of a staged shift are two or more ascending shares that end at 1, not: ${shares.join(", ")}.`,
    );
  }
  return {
    enabled: true,
    advancementType: "manual-approval",
    // 0.07 times 100 is not quite 7, and the platform would show it.
    stages: shares.map((share) => ({ targetPercentage: Number((share * 100).toFixed(4)) })),
  };
}

/** Stages of a configuration or of a run. */
type Stages = readonly { targetPercentage: number }[];

/** Whether two lists of stages are the same, give or take that the platform may cut fractions of a percent. */
export function sameStages(one: Stages | null | undefined, other: Stages | null | undefined): boolean {
  if (!one || !other || one.length !== other.length) return false;
  return one.every((stage, at) => Math.abs(stage.targetPercentage - (other[at]?.targetPercentage ?? 0)) < 1);
}

/** Whether two lists of shares are the same. */
export function areSameShares(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((share, at) => share === other[at]);
}

/**
 * Whether a configuration is of the form that Atoms writes: every stage waits for an approval, nothing else is set. It
 * need not be Atoms that wrote it. Not every answer names `advancementType`; without durations it can be no other.
 */
export function isInOurForm(config: RollingReleaseConfig): boolean {
  const waiting = (config.stages ?? [])
    .slice(0, -1)
    .every((stage) => stage.requireApproval !== false && !stage.duration && !stage.linearShift);
  const plain = !config.canaryResponseHeader && !config.gate?.enabled;
  return waiting && plain && config.advancementType !== "automatic";
}

/** Whether a run is the staged shift to a deployment that was begun with these stages. */
export function isShiftTo(run: RollingRelease, candidate: string, stages: Stages): boolean {
  return (
    run.canaryDeployment?.id === candidate &&
    run.advancementType === "manual-approval" &&
    sameStages(run.stages, stages)
  );
}

/** Where a run is, for people: "stage 2 of 4, 25 %". */
export function stageInWords(run: RollingRelease): string {
  const { stage, shares, share } = toRollout(run);
  return `stage ${stage + 1} of ${shares.length}, ${Number((share * 100).toFixed(2))} %`;
}
