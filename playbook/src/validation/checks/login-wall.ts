import { inWords } from "../answer.js";
import { wallFix, wallIn } from "../wall.js";
import { defineCheck } from "./check.js";

export const loginWall = defineCheck({
  name: "login-wall",
  title: "No login wall in front",
  why: "A platform's sign-in page answers 200 or 401 too: without this, every other check may be asking the page.",
  setting: "login_wall",
  async run(visit) {
    const { health } = visit.settings.smoke;
    const path = health === false ? "/" : health.path;
    const result = await visit.ask({ path });
    if (!result.answered) {
      return {
        outcome: "fail",
        saw: `${path}: ${inWords(result)}.`,
        fix: "See whether the service started: `atoms logs`.",
      };
    }
    const sign = wallIn(result);
    if (sign === undefined)
      return { outcome: "pass", saw: `${path} ${inWords(result)}; it is no sign-in page.` };
    return {
      outcome: "fail",
      saw: `${path} is not the service: ${sign}.`,
      fix: wallFix,
      evidence: { path, status: result.status },
    };
  },
});
