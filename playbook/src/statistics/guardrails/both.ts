import { longest } from "../health.js";
import type { BothGuardrail, Guardrail } from "../model.js";
import type { GuardrailTest, Kind, Opening } from "./guardrail.js";

type State = { maxLogE: number; parts: unknown[] };

/**
 * Broken only when all of its parts are. The smallest of several e-processes is one: it stays below that of whichever
 * part is kept.
 */
export const both: Kind<BothGuardrail> = {
  says: (g: BothGuardrail, sayOther: (other: Guardrail) => string) =>
    g.all.map((part) => sayOther(part)).join(", or else "),
  open: openBoth,
};

function openBoth(g: BothGuardrail, opening: Opening, state: unknown): GuardrailTest {
  const saved = state as State | undefined;
  const parts = g.all.map((part, i) => opening.open(part, saved?.parts[i]));
  let most = saved?.maxLogE ?? 0;
  const logE = () => Math.min(...parts.map((part) => part.logE));
  const weakest = () => parts.reduce((a, b) => (b.logE < a.logE ? b : a));
  return {
    get logE() {
      return logE();
    },
    get maxLogE() {
      return most;
    },
    get tooFew() {
      return parts.map((part) => part.tooFew).find((lack) => lack !== undefined);
    },
    bet(bucket, start, end) {
      for (const part of parts) part.bet(bucket, start, end);
      most = Math.max(most, logE());
    },
    learn: (bucket) => {
      for (const part of parts) part.learn(bucket);
    },
    beginStep: () => {
      for (const part of parts) part.beginStep();
    },
    get passLogE() {
      const asked = parts.map((part) => part.passLogE).filter((one) => one !== null);
      return asked.length === 0 ? null : Math.min(...asked);
    },
    requestsLeft: (threshold) =>
      longest(parts.filter((part) => part.passLogE !== null).map((part) => part.requestsLeft(threshold))),
    measures: (level) => parts.flatMap((part) => part.measures(level)),
    sample: () => weakest().sample(),
    effect: () => weakest().effect(),
    dispersion: () => parts.map((part) => part.dispersion()).find((one) => one !== null) ?? null,
    state: (): State => ({ maxLogE: most, parts: parts.map((part) => part.state()) }),
  };
}
