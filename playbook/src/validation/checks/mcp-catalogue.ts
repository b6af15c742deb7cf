import { converse } from "../mcp/converse.js";
import { listTools } from "../mcp/tools.js";
import { defineCheck } from "./check.js";
import { refusalSeen } from "./mcp-refusal.js";

export const mcpCatalogue = defineCheck({
  name: "mcp-catalogue",
  title: "The tools are all there",
  why: "An agent that has learnt a tool goes on calling it; when it is gone, the agent fails and not the server.",
  setting: "mcp",
  patience: 4,
  async run(visit, mcp) {
    const greeting = await converse(visit, mcp);
    if (!greeting.open) return refusalSeen(visit, mcp.path, greeting.saw, greeting.status);
    const listed = await listTools(greeting.conversation);
    await greeting.conversation.end();
    if ("saw" in listed) {
      const { http } = listed.reply;
      return refusalSeen(visit, mcp.path, listed.saw, http.answered ? http.status : null);
    }
    const { tools } = listed;
    const names = tools.map((tool) => tool.name);
    const missing = mcp.expected_tools.filter((name) => !names.includes(name));
    const twice = names.filter((name, i) => names.indexOf(name) !== i);
    const evidence = {
      path: mcp.path,
      tools: tools.length,
      names: names.join(", "),
      missing: missing.join(", "),
    };
    const troubles = [
      ...(tools.length === 0 ? ["no tool is listed"] : []),
      ...missing.map((name) => `${name} is missing`),
      ...tools.filter((tool) => tool.problem !== undefined).map((tool) => `${tool.name} ${tool.problem}`),
      ...twice.map((name) => `${name} is listed twice`),
    ];
    if (troubles.length === 0) {
      return {
        outcome: "pass",
        saw: `${tools.length} tools, each with a schema${mcp.expected_tools.length > 0 ? "; none is missing" : ""}.`,
        evidence,
      };
    }
    return {
      outcome: "fail",
      saw: `${mcp.path}: ${troubles.slice(0, 5).join("; ")}${troubles.length > 5 ? `; and ${troubles.length - 5} more` : ""}.`,
      fix:
        missing.length > 0
          ? "Bring the tool back, or, when it was meant to go, take it out of `validation.smoke.mcp.expected_tools`."
          : "Give every tool a name of its own and an input schema of type object.",
      evidence,
    };
  },
});
