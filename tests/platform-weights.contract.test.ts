import { helperHasRead, splitService, weightedOn } from "./split.world.js";
import { stagedShiftContract } from "./staged-shift.contract.js";

stagedShiftContract("weights in a Global Config", {
  platform: weightedOn,
  service: splitService,
  settled: helperHasRead,
});
