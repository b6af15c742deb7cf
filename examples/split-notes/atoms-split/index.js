export { bucketOf } from "./bucket.js";
export { answeredBy, askHeader, connectionVariable, cookieName, forceParameter, } from "./names.js";
export { splitTraffic } from "./node.js";
export { readWeights, shareAt } from "./weights.js";
