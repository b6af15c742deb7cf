import { handOverBlue, keepBlueWarm, switchToGreen } from "./blue-green/shift.js";
import { shiftInSteps } from "./canary/shift.js";
import { longestStepWait } from "./gates.js";
import type { Candidate, ReleaseSettings } from "./ports.js";
import type { ReleaseRun } from "./run.js";
import type { WatchSettings } from "./settings.js";
import { shiftAll } from "./standard/shift.js";
import type { StrategyKind } from "./strategy-kind.js";

/** How traffic moves; everything else of a release is the same for all strategies. */
export interface Strategy {
  /**
   * Moves all traffic to the candidate and proves it on every production host.
   * @param onMoving Told just before traffic may move; from then on a failure means going back.
   * @returns The production hosts.
   */
  shift(
    run: ReleaseRun,
    candidate: Candidate,
    previous: Candidate | undefined,
    onMoving: () => void,
  ): Promise<string[]>;
  /** The watch once all traffic has moved. */
  watch(settings: ReleaseSettings): WatchSettings;
  /** Done beside each look of the watch. */
  besideLook?(
    run: ReleaseRun,
    previous: Candidate | undefined,
    look: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Done once the release is good: what goes on after it. */
  afterwards?(run: ReleaseRun, candidate: Candidate, previous: Candidate | undefined): Promise<void>;
  /** The longest the shift may take, in milliseconds. */
  shiftDeadline(settings: ReleaseSettings): number;
}

/** The strategies; the only list. */
export const strategies: Record<StrategyKind, Strategy> = {
  standard: {
    shift: shiftAll,
    watch: (settings) => settings.standard.watch,
    shiftDeadline: (settings) => settings.deadlines.shift,
  },
  "blue-green": {
    shift: switchToGreen,
    watch: (settings) => settings["blue-green"].watch,
    besideLook: keepBlueWarm,
    afterwards: handOverBlue,
    shiftDeadline: (settings) => settings.deadlines.shift,
  },
  canary: {
    shift: shiftInSteps,
    watch: (settings) => settings.canary.watch,
    shiftDeadline: (settings) => {
      const { canary, deadlines } = settings;
      const step = canary.bake + canary.hold + longestStepWait(settings) + 120_000;
      return deadlines.shift + canary.steps.length * step;
    },
  },
};
