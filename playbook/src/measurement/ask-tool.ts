import {
  type Conversation,
  callTool,
  greet,
  listTools,
  type McpGeneration,
  mcpGenerations,
  type ValidationPlan,
  type Visit,
} from "../validation/index.js";
import { type Asker, answerOf, type ProbeAnswer, pathTo } from "./answer.js";
import type { ArmTarget } from "./model.js";

type Mcp = Exclude<ValidationPlan["smoke"]["mcp"], false>;

/** What is asked of both arms: in which generations of the protocol, and which tool; without one, the catalogue. */
export type ToolQuestion = {
  generations: readonly McpGeneration[];
  tool: { name: string; arguments: Record<string, unknown> } | undefined;
};

/**
 * Settles what both arms are asked. What stable can do is the measure: a generation or a tool that the canary no longer
 * has then fails on the canary, instead of being left out.
 * @returns `sure: false` when neither arm could be asked; then it has to be settled again.
 */
export async function settleQuestion(
  arms: readonly { visit: Visit; target: ArmTarget }[],
  mcp: Mcp,
): Promise<{ question: ToolQuestion; sure: boolean }> {
  const wanted = mcp.generations === "any" ? mcpGenerations : mcp.generations;
  const call = mcp.call === false ? undefined : mcp.call;
  const named = call?.tool === undefined ? undefined : { name: call.tool, arguments: call.arguments };
  for (const { visit, target } of arms) {
    const greetings = await Promise.all(
      wanted.map((generation) => greet(visit, pathTo(mcp.path, target), generation)),
    );
    const open = greetings.flatMap((greeting) => (greeting.open ? [greeting.conversation] : []));
    const [first] = open;
    if (first === undefined) continue;
    const tool = named ?? (call === undefined ? undefined : await readOnlyTool(first, call.arguments));
    await Promise.all(open.map((conversation) => conversation.end()));
    // A generation that is asked for by name has to work; with "any", one that stable never spoke is nobody's loss.
    const generations = mcp.generations === "any" ? open.map((one) => one.generation) : wanted;
    return { question: { generations, tool }, sure: true };
  }
  return { question: { generations: wanted, tool: named }, sure: false };
}

async function readOnlyTool(
  conversation: Conversation,
  args: Record<string, unknown>,
): Promise<ToolQuestion["tool"]> {
  const listed = await listTools(conversation);
  if ("saw" in listed) return undefined;
  const given = Object.keys(args).length > 0;
  const found = listed.tools.find((tool) => tool.readOnly && (given || tool.needsNothing));
  return found === undefined ? undefined : { name: found.name, arguments: args };
}

/** Calls the tool in turn in each generation, in one conversation each that is opened when it is first needed. */
export function askTool(visit: Visit, target: ArmTarget, path: string, question: ToolQuestion): Asker {
  const lines = question.generations.map((generation) =>
    openLine(visit, target, pathTo(path, target), generation),
  );
  return {
    async ask(turn) {
      const line = lines[turn % lines.length];
      if (line === undefined) throw new Error("there is no generation to ask in");
      return line.ask(question.tool);
    },
    async end() {
      await Promise.all(lines.map((line) => line.end()));
    },
  };
}

function openLine(visit: Visit, target: ArmTarget, path: string, generation: McpGeneration) {
  let opening: ReturnType<typeof greet> | undefined;
  let wasWell = false;

  const ask = async (tool: ToolQuestion["tool"]): Promise<ProbeAnswer> => {
    const began = visit.clock.monotonic();
    opening ??= greet(visit, path, generation);
    const mine = opening;
    const greeting = await mine;
    if (!greeting.open) {
      // The next probe tries anew: a client that is turned away comes again.
      if (opening === mine) opening = undefined;
      if (visit.signal.aborted) return { kind: "cut" };
      if (greeting.status === 429) return { kind: "nobody", why: "refused for their rate (429)" };
      const refused = greeting.status === 401 || greeting.status === 403;
      const ms = visit.clock.monotonic() - began;
      return {
        kind: "counts",
        failed: true,
        ms,
        refused,
        ...(tool === undefined ? {} : { tool: { failed: true } }),
      };
    }
    if (tool === undefined) {
      const reply = await greeting.conversation.request("tools/list");
      const answer = answerOf(reply.http, target);
      return answer.kind === "counts" && reply.kind !== "result" ? { ...answer, failed: true } : answer;
    }
    const call = await callTool(greeting.conversation, tool.name, tool.arguments);
    const { http } = call.reply;
    wasWell = http.answered;
    // Only here does the older generation say that it no longer knows the session.
    const forgotten = http.answered && (http.status === 404 || http.status === 400);
    if (generation === "2025" && forgotten && opening === mine) opening = undefined;
    const answer = answerOf(http, target);
    if (answer.kind !== "counts") return answer;
    if (!call.ok && call.limited) return { kind: "nobody", why: "refused for their rate" };
    return { ...answer, tool: { failed: answer.failed || !call.ok } };
  };

  return {
    ask,
    async end() {
      // A service that no longer answers is not waited for once more.
      const greeting = await opening;
      if (greeting?.open && wasWell && !visit.signal.aborted) await greeting.conversation.end();
    },
  };
}
