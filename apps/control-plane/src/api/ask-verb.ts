import { randomBytes } from "node:crypto";
import { isProblem, type Problem } from "@atoms/playbook";
import { z } from "zod";
import { bound, type Caller, environmentsOf, permit } from "../access/index.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { internalFailure, notAsked } from "../problems.js";
import type { verbs } from "../verbs/index.js";

type AnyVerb = (typeof verbs)[number];

/**
 * Has a verb done for a caller: understood, then permitted, then done; an act of somebody else than the owner is written
 * down, a refused one too.
 * @param asked Gives what the verb is asked with; not called when the role alone is too little.
 * @param last A last look at what was understood, before it is done; it refuses by throwing a problem.
 * @throws Always a `Problem`.
 */
export async function askVerb(
  plane: ControlPlane,
  own: PlaybookRef,
  caller: Caller,
  verb: AnyVerb,
  asked: () => unknown,
  last?: (input: Record<string, unknown>) => Promise<void>,
): Promise<unknown> {
  let where: readonly string[] | undefined;
  let outcome = "done";
  try {
    const allowed = await allowedInput(plane, own, caller, verb, asked, (places) => {
      where = places;
    });
    await last?.(allowed);
    return await verb.run(plane, allowed as never, caller.actor);
  } catch (error) {
    const problem = isProblem(error) ? error : internalFailure({ what: verb.name });
    outcome = problem.code;
    if (!isProblem(error)) plane.reportBug(`verb ${verb.name}`, error);
    throw problem;
  } finally {
    if (verb.method === "POST" && caller.kind !== "owner")
      await writeDown(plane, own, caller, { verb: verb.name, where, outcome });
  }
}

/**
 * What a verb would be run with, once it is sure that the caller may; nothing is done.
 * @param tell Told which environments it touches, before that is judged.
 * @throws ATM-912, ATM-940, ATM-943
 */
export async function allowedInput(
  plane: ControlPlane,
  own: PlaybookRef,
  caller: Caller,
  verb: AnyVerb,
  asked: () => unknown,
  tell: (where: readonly string[] | undefined) => void = () => {},
): Promise<Record<string, unknown>> {
  // The role alone first: whoever has too little learns nothing, not even what a request should look like.
  permit({ ...caller, environments: ["*"] }, verb.role, undefined);
  const given = withPlaybook(verb.input, await asked(), own);
  const parsed = verb.input.safeParse(given);
  if (!parsed.success) throw notAsked({ verb: verb.name, mistakes: z.prettifyError(parsed.error) });
  const input = parsed.data as Record<string, unknown>;
  if (caller.kind !== "owner") {
    await bound(plane, own, input);
    const where = await environmentsOf(plane, input);
    tell(where);
    permit(caller, verb.role, where);
  }
  return input;
}

/** Puts in the control plane's own playbook where one is needed and none was named. */
function withPlaybook(schema: z.ZodType, asked: unknown, own: PlaybookRef): unknown {
  const takes = schema instanceof z.ZodObject && "playbook" in schema.shape;
  if (!takes || typeof asked !== "object" || asked === null || "playbook" in asked) return asked;
  const platform = own.platform === undefined || "platform" in asked ? {} : { platform: own.platform };
  return { ...asked, playbook: own.playbook, ...platform };
}

/** Every act that came by the API, refused ones too, with who asked. What it did is told by the act's own entries. */
async function writeDown(
  plane: ControlPlane,
  own: PlaybookRef,
  { actor, role, id }: Caller,
  act: { verb: string; where: readonly string[] | undefined; outcome: Problem["code"] },
): Promise<void> {
  try {
    const { ledger } = await plane.store();
    const { service } = await plane.open(own);
    await ledger.append([
      {
        key: `act_${randomBytes(12).toString("hex")}`,
        kind: "act.asked",
        at: plane.clock.now(),
        actor,
        service,
        environment: act.where?.join(",") ?? "*",
        data: { verb: act.verb, role, credential: id, outcome: act.outcome },
      },
    ]);
  } catch (error) {
    plane.reportBug(`writing down ${act.verb} of ${actor.name}`, error);
  }
}
