import type { Caller } from "../access/index.js";
import { allowedInput, askVerb } from "../api/ask-verb.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { notAsked } from "../problems.js";
import { deploy, plan as planVerb, status } from "../verbs/index.js";
import { planToken, spendPlan } from "./plan-token.js";
import { type AgentTool, agentTools } from "./tools.js";

type Arguments = Readonly<Record<string, unknown>>;

/** Calls a tool for a caller. An act needs the token of a plan for exactly this. @throws A `Problem`. */
export async function callTool(
  plane: ControlPlane,
  own: PlaybookRef,
  caller: Caller,
  tool: AgentTool,
  { plan_token: token, ...asked }: Arguments,
): Promise<unknown> {
  const { acts } = tool;
  if (acts === undefined) return askVerb(plane, own, caller, tool.verb, () => asked);
  return askVerb(
    plane,
    own,
    caller,
    tool.verb,
    () => asked,
    async (input) => {
      const standing = await acts.standing(plane, own, input);
      await spendPlan(plane, own, { caller, tool, input, standing }, typeof token === "string" ? token : "");
    },
  );
}

/** What `plan` answers. */
export type ActPlan = {
  tool: string;
  summary: string;
  /** The arguments as they were understood. */
  arguments: Arguments;
  /** What stands now; when this changes, the token counts no more. */
  standing: string;
  /** For a deploy what the release would do, for what may hurt how things are; else null. */
  seen: unknown;
  plan_token: string;
  /** When the token stops counting, as ISO 8601. */
  until: string;
};

/** Plans an act: whether this caller may, what would be done, and the token to do it with. @throws A `Problem`. */
export async function planAct(
  plane: ControlPlane,
  own: PlaybookRef,
  caller: Caller,
  { tool: name, arguments: asked }: { tool: string; arguments: Arguments },
): Promise<ActPlan> {
  const tool = agentTools.find((one) => one.name === name);
  if (tool?.acts === undefined) throw notAsked({ verb: "plan", mistakes: `${name} is no tool that acts` });
  const understood = () => {
    const read = tool.input.safeParse(asked);
    if (!read.success)
      throw notAsked({ verb: name, mistakes: read.error.issues.map(({ message }) => message).join("; ") });
    return asked;
  };
  const input = await allowedInput(plane, own, caller, tool.verb, understood);
  const standing = await tool.acts.standing(plane, own, input);
  const seen = await sightBefore(plane, own, caller, tool, asked);
  const { token, until } = await planToken(plane, { caller, tool, input, standing });
  return {
    tool: name,
    summary: tool.verb.summary,
    arguments: asked,
    standing,
    seen,
    plan_token: token,
    until: new Date(until).toISOString(),
  };
}

/** What whoever plans should see first. A viewer may read all of it. */
async function sightBefore(
  plane: ControlPlane,
  own: PlaybookRef,
  caller: Caller,
  { verb, acts }: AgentTool,
  asked: Arguments,
): Promise<unknown> {
  if (verb === deploy) return askVerb(plane, own, caller, planVerb, () => planQuestion(asked));
  return acts?.destructive ? askVerb(plane, own, caller, status, () => ({})) : null;
}

/** What `plan_release` can be asked of what `deploy` can. */
function planQuestion(asked: Arguments): Arguments {
  const known = agentTools.find(({ verb }) => verb === planVerb)?.input.shape ?? {};
  return Object.fromEntries(Object.entries(asked).filter(([name]) => name in known));
}
