import { at, inWords, isOneOf, objectOf, quoted } from "../answer.js";
import { callTool } from "../mcp/tools.js";
import { defineCheck } from "./check.js";
import { toolFor } from "./mcp-call.js";

export const database = defineCheck({
  name: "database",
  title: "The database answers",
  why: "A 401 comes before any query; only work done with the database proves that it is there.",
  setting: "database",
  patience: 5,
  async run(visit, { path, field, words }) {
    const result = await visit.ask({ path });
    if (!result.answered)
      return {
        outcome: "fail",
        saw: `${path}: ${inWords(result)}.`,
        fix: "See whether the service started: `atoms logs`.",
      };
    const state = at(objectOf(result), field);
    const said =
      state === undefined ? "nothing" : quoted(typeof state === "string" ? state : JSON.stringify(state), 60);
    const evidence = { path, field, said };
    if (!isOneOf(state, words)) {
      return {
        outcome: "fail",
        saw: `${path} ${inWords(result)} and says ${said === "nothing" ? said : `"${said}"`} at ${field}.`,
        fix:
          state === undefined
            ? "Let the health answer tell of the database, name the member in `validation.smoke.database.field`, or set `database: false`."
            : "Check the database and `DATABASE_URL` where the service runs; see `atoms logs`.",
        evidence,
      };
    }
    const { mcp } = visit.settings.smoke;
    if (mcp === false || mcp.call === false) {
      return {
        outcome: "pass",
        saw: `${path} says "${said}" at ${field}; no query was made to prove it.`,
        evidence,
      };
    }
    const ready = await toolFor(visit, mcp, mcp.call);
    if ("seen" in ready) return ready.seen;
    const call = await callTool(ready.conversation, ready.tool, mcp.call.arguments);
    await ready.conversation.end();
    if (call.ok)
      return { outcome: "pass", saw: `${path} says "${said}", and ${ready.tool} worked.`, evidence };
    return {
      outcome: call.limited ? "error" : "fail",
      saw: `${path} says "${said}", but ${ready.tool} ${call.saw}.`,
      fix: "Check the database and `DATABASE_URL` where the service runs; see `atoms logs`.",
      evidence,
    };
  },
});
