import { failures } from "../counts.js";
import { type ErrorsGuardrail, guardrailDefaults } from "../model.js";
import { type Kind, nameOf, percent } from "./guardrail.js";
import { openRate } from "./rate.js";

const standard = guardrailDefaults.errors;

/** At most a share of requests, or of tool calls, may fail. */
export const errors: Kind<ErrorsGuardrail> = {
  says: (g) => `at most ${percent(g.limit ?? standard.limit)} of ${nameOf[g.of ?? standard.of]} fail`,
  open: (g, opening, saved) =>
    openRate(
      {
        limit: g.limit ?? standard.limit,
        pass: g.pass ?? standard.pass,
        dispersion: g.dispersion ?? 1,
        profile: g.profile,
        count: (arm) => failures(arm, g.of ?? standard.of),
        what: `${nameOf[g.of ?? standard.of]} that failed`,
      },
      opening,
      saved,
    ),
};
