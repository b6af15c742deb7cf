export {
  checkChoice,
  differingRows,
  standTables,
  type TableStanding,
  type TablesOf,
  tableMeant,
} from "./choose.js";
export type {
  DataChoice,
  DataComparison,
  DataWindow,
  RowChoice,
  RowDifference,
  Suspect,
  TableComparison,
  TableShape,
  TakenBack,
} from "./model.js";
export type { BesideAndLiving, DatabaseRows, DataOrder, DataWorld } from "./ports.js";
export * from "./problems.js";
export { choiceWords, comparedWords, newerWords, takenWords } from "./story.js";
export { backupBefore, findWindow, suspectKinds, suspectsIn, suspectsWithinMs } from "./window.js";
