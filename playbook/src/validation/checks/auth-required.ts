import { inWords } from "../answer.js";
import { wallFix, wallIn } from "../wall.js";
import { defineCheck } from "./check.js";

export const authRequired = defineCheck({
  name: "auth-required",
  title: "Nobody gets in without a token",
  why: "A build whose guard fell off works perfectly for everyone, strangers included.",
  setting: "auth_required",
  async run(visit, { path }) {
    const result = await visit.ask({ path, as: "anybody" });
    const challenge = result.answered ? (result.headers["www-authenticate"] ?? "") : "";
    const evidence = {
      path,
      status: result.answered ? result.status : null,
      www_authenticate: challenge === "" ? null : (challenge.split(/\s/, 1)[0] ?? null),
    };
    if (!result.answered) {
      return {
        outcome: "fail",
        saw: `${path}: ${inWords(result)}.`,
        fix: "See whether the service started: `atoms logs`.",
        evidence,
      };
    }
    const wall = wallIn(result);
    if (wall !== undefined) {
      return {
        outcome: "fail",
        saw: `The refusal of ${path} is not the service's: ${wall}.`,
        fix: wallFix,
        evidence,
      };
    }
    if (result.status !== 401) {
      const open = result.status >= 200 && result.status < 300;
      return {
        outcome: "fail",
        saw: `${path} ${inWords(result)} to a request without a token; 401 was expected.`,
        fix: open
          ? "Do not let this build get traffic: its guard is open. Look at what changed in its authentication."
          : "See `atoms logs`.",
        evidence,
      };
    }
    const told =
      challenge === "" ? "without saying how to sign in (no WWW-Authenticate)" : "and says how to sign in";
    return { outcome: "pass", saw: `${path} answers 401 without a token ${told}.`, evidence };
  },
});
