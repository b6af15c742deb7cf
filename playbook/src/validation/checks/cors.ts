import { inWords } from "../answer.js";
import { defineCheck } from "./check.js";

export const cors = defineCheck({
  name: "cors",
  title: "Browsers may call it",
  why: "Without an answered preflight every browser client is locked out, and no server log shows it.",
  setting: "cors",
  async run(visit, { path, headers }) {
    // Sent without an Origin, as the runbook does: whatever answers must be the service's rule, not an echo.
    const result = await visit.ask({ path, method: "OPTIONS" });
    const fix = "Answer OPTIONS on that path with 204 and the CORS headers, before authentication.";
    if (!result.answered) return { outcome: "fail", saw: `OPTIONS ${path}: ${inWords(result)}.`, fix };
    const missing = headers.filter((name) => (result.headers[name] ?? "") === "");
    const evidence = { path, status: result.status, missing: missing.join(", ") };
    if (result.status !== 200 && result.status !== 204) {
      return {
        outcome: "fail",
        saw: `OPTIONS ${path} ${inWords(result)}; 200 or 204 was expected.`,
        fix,
        evidence,
      };
    }
    if (missing.length > 0) {
      return {
        outcome: "fail",
        saw: `OPTIONS ${path} answers ${result.status} without ${missing.join(", ")}.`,
        fix,
        evidence,
      };
    }
    return {
      outcome: "pass",
      saw: `OPTIONS ${path} answers ${result.status} with all ${headers.length} headers.`,
      evidence,
    };
  },
});
