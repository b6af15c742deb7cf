import { inWords } from "../answer.js";
import { wallFix, wallIn } from "../wall.js";
import { defineCheck } from "./check.js";

export const authLogin = defineCheck({
  name: "auth-login",
  title: "A login can begin",
  why: "When the login route is broken nobody new gets in, while everybody who is in sees nothing wrong.",
  setting: "login",
  async run(visit, { path }) {
    const result = await visit.ask({ path });
    const location = result.answered ? result.headers["location"] : undefined;
    const evidence = { path, status: result.answered ? result.status : null };
    const fix = "See `atoms logs`; the login's settings may be missing where the service runs.";
    if (!result.answered) return { outcome: "fail", saw: `${path}: ${inWords(result)}.`, fix, evidence };
    // A login page is what is wanted here, so only the platform's own marks count, not a password field.
    if (
      (result.status === 302 || result.headers["x-vercel-mitigated"] !== undefined) &&
      wallIn(result) !== undefined
    ) {
      return { outcome: "fail", saw: `${path}: ${wallIn(result)}.`, fix: wallFix, evidence };
    }
    if (result.status === 302 && location === undefined) {
      return {
        outcome: "fail",
        saw: `${path} answers 302 but leads nowhere: it has no Location.`,
        fix,
        evidence,
      };
    }
    if (result.status === 302 || result.status === 200) {
      return {
        outcome: "pass",
        saw: `${path} ${result.status === 302 ? `leads to ${hostOf(location)}` : "answers 200"}.`,
        evidence,
      };
    }
    return { outcome: "fail", saw: `${path} ${inWords(result)}; 302 or 200 was expected.`, fix, evidence };
  },
});

// The address of a login carries state that belongs in no log; its host is enough.
function hostOf(location: string | undefined): string {
  try {
    return new URL(location ?? "").host;
  } catch {
    return "a path of its own";
  }
}
