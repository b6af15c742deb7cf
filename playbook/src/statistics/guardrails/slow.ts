import { slowOnes } from "../counts.js";
import { guardrailDefaults, type SlowGuardrail } from "../model.js";
import { type Kind, percent } from "./guardrail.js";
import { openRate } from "./rate.js";

const standard = guardrailDefaults.slow;

/** At most a share of requests may be slower than a limit. Counted where they arrive, never read off a histogram. */
export const slow: Kind<SlowGuardrail> = {
  says: (g) => `at most ${percent(g.limit ?? standard.limit)} of requests take longer than ${g.over} ms`,
  open: (g, opening, saved) =>
    openRate(
      {
        limit: g.limit ?? standard.limit,
        pass: g.pass ?? standard.pass,
        dispersion: g.dispersion ?? 1,
        profile: g.profile,
        count: (arm) => slowOnes(arm, g.over),
        what: `requests over ${g.over} ms`,
      },
      opening,
      saved,
    ),
};
