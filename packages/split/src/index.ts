export { bucketOf } from "./bucket.js";
export {
  type Answer,
  answeredBy,
  askHeader,
  connectionVariable,
  cookieName,
  forceParameter,
} from "./names.js";
export { splitTraffic } from "./node.js";
export type { SplitOptions } from "./split.js";
export { readWeights, shareAt, type Weights } from "./weights.js";
