import type { RecoveryTargets } from "./settings.js";

/** What a recovery or a drill is measured by: the name people read, and the names of the measurement and of its target. */
export const recoveryFigures = [
  { figure: "RTO", measured: "rtoMs", target: "rto" },
  { figure: "RPO", measured: "rpoMs", target: "rpo" },
  { figure: "shut out", measured: "shutOutMs", target: "shut_out" },
] as const satisfies readonly { figure: string; measured: string; target: keyof RecoveryTargets }[];

/** One figure beside its target, in milliseconds. */
export type RecoveryFigure = {
  figure: (typeof recoveryFigures)[number]["figure"];
  ms: number;
  target: number;
};

/** The figures that were measured and have a target. @param measured `rtoMs` and its kin, such as the data of a ledger entry. */
export const figuresIn = (
  measured: Readonly<Record<string, unknown>>,
  targets: Readonly<Record<string, unknown>>,
): RecoveryFigure[] =>
  recoveryFigures.flatMap(({ figure, measured: name, target: of }) => {
    const [ms, target] = [measured[name], targets[of]];
    return typeof ms === "number" && typeof target === "number" ? [{ figure, ms, target }] : [];
  });
