import type { StrategyName } from "../terms/index.js";

/** The ways in which a release can move traffic; the others are no releases of a new version. */
export type StrategyKind = Exclude<StrategyName, "rollback" | "restart" | "group" | "recovery">;

/** All of them, the default first. */
export const strategyKinds = ["standard", "blue-green", "canary"] as const satisfies readonly StrategyKind[];
