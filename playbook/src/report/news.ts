import type { GuardrailReport, Report } from "../statistics/index.js";
import type { LedgerEntry } from "../terms/index.js";
import { duration, inWords } from "./decisions.js";
import { numberIn, textIn } from "./fields.js";
import { type Judgement, judgementOf } from "./judgement.js";
import type { ReleaseNow } from "./release-now.js";
import { clockTime, inUnit, share } from "./words.js";

/** What is told at the moment it happens: steps, gates, verdicts, and what goes wrong. */
const toldAtOnce =
  /^(gate\.|traffic\.step$|analysis\.(verdict|silent|low-exposure)$|abort\.asked$|watch\.failed-look$|group\.member$)/;

/** Whether an entry is told at the moment it happens, and not when its phase is over. */
export const isNews = (entry: LedgerEntry): boolean =>
  toldAtOnce.test(entry.kind) || isWait(entry) || isTurn(entry);

/** An entry that is news, in words. */
export function newsOf(entry: LedgerEntry): string {
  const { data, at } = entry;
  const ms = numberIn(data, "waitsMs");
  const until = numberIn(data, "waitsUntil") ?? (ms === undefined ? undefined : at + ms);
  if (entry.kind !== "phase.started" || until === undefined) return inWords(entry);
  return `${textIn(data, "phase")} lasts ${duration(Math.max(0, until - at))}, until ${clockTime(until, at)}`;
}

const isWait = ({ kind, data }: LedgerEntry) =>
  kind === "phase.started" && (data["waitsMs"] !== undefined || data["waitsUntil"] !== undefined);
const isTurn = ({ kind, data }: LedgerEntry) => kind === "phase.started" && data["phase"] === "rollback";

/** Tells when a guardrail is judged otherwise than when it was told last. */
export interface JudgementNews {
  /** @returns A sentence for each that changed, mostly none. */
  look(now: ReleaseNow): string[];
}

/** Opens it. A step that begins takes proofs of health back; the step says so itself. */
export function followJudgements(): JudgementNews {
  const told = new Map<string, Judgement>();
  return {
    look({ canary }) {
      if (canary === undefined) return [];
      const { report } = canary;
      return report.guardrails.flatMap((guardrail) => {
        const before = told.get(guardrail.id) ?? "undecided";
        const judgement = judgementOf(guardrail, report, before);
        if (judgement === before) return [];
        told.set(guardrail.id, judgement);
        if (judgement === "undecided" && before === "healthy") return [];
        return [`${guardrail.id}: ${said[judgement](report)}${sawOf(guardrail)}`];
      });
    },
  };
}

/** What was measured first of it, on both arms. */
function sawOf({ measures }: GuardrailReport): string {
  const measure = measures.find(({ canary }) => canary !== null);
  if (measure?.canary == null) return "";
  const { what, unit, canary, stable } = measure;
  const other = stable === null ? "" : `, ${inUnit(unit, stable.value)} on stable`;
  return ` (${what}: ${inUnit(unit, canary.value)} of ${Math.round(canary.sample)}${other})`;
}

const said: Record<Judgement, (report: Report) => string> = {
  harmful: () => "proof of harm",
  suspect: ({ logE, threshold }) =>
    `suspect, the evidence of all guardrails is ${share(Math.max(0, Math.min(1, logE / threshold)))} of what takes it back`,
  undecided: () => "suspect no more",
  healthy: () => "proof of health",
};
