import type { DrillMeasured } from "@atoms/playbook";
import type { Stage } from "./stage.js";

/** A scenario that can be drilled: how it is broken on a stage, brought back, and measured. */
export interface DrillScenario {
  /**
   * Breaks the stage, recovers it by the same flow as in earnest, and measures. What it makes, it makes on the stage.
   * @param tell Says what is being done.
   * @throws drillCouldNotBegin (ATM-679) before anything was broken, drillFailed (ATM-680) after it.
   */
  rehearse(stage: Stage, tell: (doing: string) => void): Promise<DrillMeasured>;
}
