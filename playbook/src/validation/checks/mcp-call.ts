import type { Conversation } from "../mcp/conversation.js";
import { converse } from "../mcp/converse.js";
import { type Call, callTool, listTools } from "../mcp/tools.js";
import type { Seen } from "../model.js";
import type { Smoke } from "../settings.js";
import type { Visit } from "../visit.js";
import { defineCheck } from "./check.js";
import { refusalSeen } from "./mcp-refusal.js";

type Mcp = Exclude<Smoke["mcp"], false>;
export type McpCall = Exclude<Mcp["call"], false>;

/** Failed calls after which no more are made: the verdict is clear, and each may cost a time-out. */
const enoughFailures = 3;

export const mcpCall = defineCheck({
  name: "mcp-call",
  title: "A tool does its work",
  why: "A tool fails inside an HTTP 200; who counts statuses sees nothing.",
  setting: "mcp",
  patience: 6,
  wanted: (mcp) => mcp.call !== false,
  async run(visit, mcp) {
    if (mcp.call === false) throw new Error("mcp-call is switched off");
    const ready = await toolFor(visit, mcp, mcp.call);
    if ("seen" in ready) return ready.seen;
    const { conversation, tool } = ready;
    const calls: Call[] = [];
    const failed = () => calls.filter((call) => !call.ok);
    while (calls.length < mcp.call.calls && failed().length < enoughFailures) {
      calls.push(await callTool(conversation, tool, mcp.call.arguments));
    }
    await conversation.end();
    return judgeCalls(tool, calls, mcp.call.calls);
  },
});

/** Judges the calls that were made. */
function judgeCalls(tool: string, calls: readonly Call[], planned: number): Seen {
  const failures = calls.filter((call) => !call.ok);
  const slowest = Math.round(Math.max(0, ...calls.map((call) => call.ms)));
  const evidence = { tool, calls: calls.length, planned, failed: failures.length, slowest_ms: slowest };
  const real = failures.find((call) => !call.limited);
  const limited = failures.find((call) => call.limited);
  if (real !== undefined) {
    return {
      outcome: "fail",
      saw: `${tool}: ${failures.length} of ${calls.length} calls ${failures.length === 1 ? "was" : "were"} no good; one ${real.saw}.`,
      fix: "See `atoms logs`; if the arguments are at fault, set `validation.smoke.mcp.call`.",
      evidence,
    };
  }
  if (limited !== undefined) {
    return {
      outcome: "error",
      saw: `${tool}: ${failures.length} of ${calls.length} calls were refused for their rate.`,
      fix: "Lower `validation.smoke.mcp.call.calls`, call a tool with a higher limit, or set `validation.probe_header`.",
      evidence,
    };
  }
  return {
    outcome: "pass",
    saw: `${tool} answered ${calls.length} of ${planned} calls, the slowest in ${slowest} ms.`,
    evidence,
  };
}

/**
 * Opens a conversation and settles which tool is called: the one that is set, else the first that only reads and needs
 * no argument. Shared with the database check and the looks of the watch.
 */
export async function toolFor(
  visit: Visit,
  mcp: Mcp,
  call: McpCall,
): Promise<{ conversation: Conversation; tool: string } | { seen: Seen }> {
  const greeting = await converse(visit, mcp);
  if (!greeting.open) return { seen: await refusalSeen(visit, mcp.path, greeting.saw, greeting.status) };
  const { conversation } = greeting;
  if (call.tool !== undefined) return { conversation, tool: call.tool };
  const listed = await listTools(conversation);
  if ("saw" in listed) {
    const { http } = listed.reply;
    return { seen: await refusalSeen(visit, mcp.path, listed.saw, http.answered ? http.status : null) };
  }
  const given = Object.keys(call.arguments).length > 0;
  const found = listed.tools.find((tool) => tool.readOnly && (given || tool.needsNothing));
  if (found !== undefined) return { conversation, tool: found.name };
  await conversation.end();
  return {
    seen: {
      outcome: "warn",
      saw: "No tool was called: none is marked read-only and needs no argument.",
      fix: "Name one that only reads in `validation.smoke.mcp.call`, with its arguments; or set `call: false`.",
    },
  };
}
