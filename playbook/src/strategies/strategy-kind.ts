import type { StrategyName } from "../terms/index.js";

/** The ways in which a release can move traffic; a rollback by hand is no release of a new version. */
export type StrategyKind = Exclude<StrategyName, "rollback" | "group" | "recovery">;

/** All of them, the default first. */
export const strategyKinds = ["standard", "blue-green", "canary"] as const satisfies readonly StrategyKind[];
