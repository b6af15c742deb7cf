export { firstStatusDay, publicStatus, statusDays } from "./decide.js";
export type * from "./model.js";
export { statusPageNothingPublic, statusPageOff } from "./problems.js";
export type { StatusPageSettings } from "./settings.js";
