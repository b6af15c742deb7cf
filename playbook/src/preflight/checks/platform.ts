import { isProblem, type Problem } from "../../terms/index.js";
import { defineLook } from "../check.js";

type Facts = { account: string; team?: string } | { problem: Problem };

/** Finding out that the token has expired belongs before the release, not in the middle of it. */
export const platform = defineLook<Facts>({
  name: "platform",
  title: "The platform answers",
  wanted: (settings) => settings.platform,
  measure: async ({ ports, signal }) => {
    try {
      return await ports.platform.whoAmI(signal);
    } catch (error) {
      if (isProblem(error)) return { problem: error };
      throw error;
    }
  },
  judge: (facts) =>
    "problem" in facts
      ? {
          outcome: "fail",
          saw: facts.problem.happened,
          fix: facts.problem.fix,
          evidence: { code: facts.problem.code },
        }
      : {
          outcome: "pass",
          saw: `It knows us as ${facts.account}${facts.team === undefined ? "" : ` in ${facts.team}`}.`,
        },
});
