import type { Finding } from "../../terms/index.js";
import { judgeMigration } from "./migration.js";
import {
  type Cron,
  type SafetyFacts,
  type SafetyLevel,
  type SafetyReason,
  type SafetyReport,
  safetyLevels,
} from "./model.js";
import type { SafetySettings } from "./settings.js";

/** Names beyond this many are counted. */
const mostNames = 12;
/** Migrations beyond this many are counted; the gravest are told. */
const mostMigrations = 20;

/** Judges whether going back from a release would be safe. Pure; what is not known is not taken for harmless. */
export function assessSafety(facts: SafetyFacts): SafetyReport {
  const { stable } = facts;
  if (stable === undefined) return { level: "safe", reasons: [], to: null };
  const reasons = [...aboutMigrations(facts), ...aboutVariables(facts), ...aboutCrons(facts)];
  const rank = ({ level }: SafetyReason) => -safetyLevels.indexOf(level);
  reasons.sort((a, b) => rank(a) - rank(b));
  return { level: worst(reasons.map(({ level }) => level)), reasons, to: stable.id };
}

/** The gravest of some levels; safe when there is none. */
export function worst(levels: readonly SafetyLevel[]): SafetyLevel {
  return safetyLevels.findLast((level) => levels.includes(level)) ?? "safe";
}

function aboutVariables({ variables, stable }: SafetyFacts): SafetyReason[] {
  const reason = (level: SafetyLevel, saw: string): SafetyReason => ({ about: "variables", level, saw });
  if ("unknown" in variables)
    return [reason("caution", `the variables could not be compared: ${variables.unknown}`)];
  const { changed, willChange } = variables.known;
  const names = (all: readonly string[]) =>
    `${all.slice(0, mostNames).join(", ")}${all.length > mostNames ? ` and ${all.length - mostNames} more` : ""}`;
  const keeps = `going back brings the old values with it, as ${stable?.id} was made`;
  return [
    ...(changed.length > 0 ? [reason("caution", `changed since then: ${names(changed)}; ${keeps}`)] : []),
    ...(willChange.length > 0
      ? [reason("caution", `this release changes ${names(willChange)}; ${keeps}`)]
      : []),
    ...(changed.length + willChange.length === 0 ? [reason("safe", "no variable was changed")] : []),
  ];
}

function aboutCrons({ crons }: SafetyFacts): SafetyReason[] {
  const reason = (level: SafetyLevel, saw: string): SafetyReason => ({ about: "crons", level, saw });
  if ("unknown" in crons) return [reason("caution", `the crons could not be compared: ${crons.unknown}`)];
  const { before, after } = crons.known;
  const without = (all: readonly Cron[], others: readonly Cron[]) =>
    all
      .filter((cron) => !others.some((other) => other.path === cron.path && other.schedule === cron.schedule))
      .map((cron) => `${cron.path} (${cron.schedule})`);
  const [gone, come] = [without(before, after), without(after, before)];
  if (gone.length + come.length === 0) return [reason("safe", "the crons are the same")];
  const parts = [
    ...(come.length > 0 ? [`stops ${come.join(", ")}`] : []),
    ...(gone.length > 0 ? [`starts ${gone.join(", ")} again`] : []),
  ];
  return [reason("caution", `going back ${parts.join(" and ")}`)];
}

function aboutMigrations({ migrations }: SafetyFacts): SafetyReason[] {
  if (migrations === null) return [];
  const reason = (level: SafetyLevel, saw: string): SafetyReason => ({ about: "migrations", level, saw });
  if ("unknown" in migrations)
    return [reason("caution", `the migrations could not be compared: ${migrations.unknown}`)];
  if (migrations.known.length === 0) return [reason("safe", "there is no new migration")];
  const judged = migrations.known.map(judgeMigration);
  judged.sort((a, b) => safetyLevels.indexOf(b.level) - safetyLevels.indexOf(a.level));
  const rest = judged.slice(mostMigrations);
  const more =
    rest.length === 0
      ? []
      : [reason(worst(rest.map(({ level }) => level)), `and ${rest.length} more migrations`)];
  return [...judged.slice(0, mostMigrations), ...more];
}

/** What a report comes to under a playbook's policy. */
export type SafetyJudgement = {
  finding: Omit<Finding, "ms">;
  /** What a person has to approve; empty when nothing. */
  asks: string[];
  /** Why the release is refused; empty when it is not. */
  refuses: string[];
};

/** Judges a report. Pure. */
export function judgeSafety(report: SafetyReport, settings: SafetySettings): SafetyJudgement {
  const { level, to } = report;
  const told = report.reasons.filter((reason) => reason.level !== "safe");
  const title = "Going back is safe";
  if (level === "safe") {
    const saw =
      to === null
        ? "There is nothing to go back to yet."
        : `Going back to ${to} would find everything as it was.`;
    return { finding: { check: "rollback-safety", title, outcome: "pass", saw }, asks: [], refuses: [] };
  }
  const policy = settings[level];
  const sentences = told.map(reasonText);
  const saw = `${level === "unsafe" ? "Unsafe" : "With caution"}: ${sentences.join("; ")}.`;
  const setting = `\`rollback.safety.${level}\` is ${policy}`;
  const fix =
    level === "unsafe"
      ? `Split it: add first (atoms: expand), take away in a later release (atoms: contract). ${setting}.`
      : `Know it before you go back. ${setting}.`;
  return {
    finding: {
      check: "rollback-safety",
      title,
      outcome: policy === "refuse" ? "fail" : "warn",
      saw,
      fix,
      evidence: { level, to, reasons: told.length },
    },
    asks: policy === "approve" ? sentences : [],
    refuses: policy === "refuse" ? sentences : [],
  };
}

/** A reason as one sentence without its full stop. */
export const reasonText = ({ about, saw }: SafetyReason): string => `${about}: ${saw}`;
