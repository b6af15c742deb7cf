import {
  chooseOutageWay,
  judgeOutage,
  nothingToTakeBack,
  type OutagePlan,
  Problem,
  type Release,
  recoveryNotConfirmed,
  regionSteps,
  scenarioWords,
  standbySteps,
  standingMove,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { outageFlowOf } from "../recovery/outage/flow.js";
import { lookAtOutage } from "../recovery/outage/look.js";
import { outageSettingsOf, standbyRecords } from "../recovery/outage/outside.js";
import { recoveryKind, startOperation } from "../start-operation.js";
import { playbookRef } from "./playbook-ref.js";
import { recoveryBecause } from "./recovery-because.js";
import { defineVerb } from "./verb.js";

/** The word that confirms it. */
const word = "service_outage";
const entriesRead = 500;

const where = {
  way: z
    .enum(["regions", "standby"])
    .optional()
    .describe("How users are served again whatever is found; what the judgement says when left out."),
  region: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,29}$/)
    .optional()
    .describe("The region to move to; the first of the playbook that it does not run in when left out."),
};

/** What an outage is, judged from outside, and what would be done about it. Reads only. */
export const planOutage = defineVerb({
  name: "plan outage",
  method: "POST",
  role: "operator",
  path: "/recovery/service_outage/plan",
  summary: "Look at an outage from outside, and say what would be done",
  input: z.strictObject({ ...playbookRef, ...where }),
  async run(plane, input): Promise<OutagePlan> {
    const open = await plane.open(input);
    const { standby, regions } = outageSettingsOf(open);
    const facts = await lookAtOutage(plane, open, plane.leaving);
    const verdict = judgeOutage(facts);
    const means = { regions, standby: standby !== undefined };
    const chosen = chooseOutageWay(verdict, facts, means, input);
    if (chosen instanceof Problem) {
      const { code, happened, fix } = chosen;
      return { facts, verdict, refused: { code, happened, fix }, steps: [] };
    }
    if (chosen.way === "regions") {
      const steps = regionSteps(facts, chosen.region, means.standby && input.way === undefined);
      return { facts, verdict, ...chosen, steps };
    }
    const to = { url: standby?.url ?? "", records: standbyRecords(open) };
    return { facts, verdict, ...chosen, steps: standbySteps(facts, to) };
  },
});

/**
 * Leads users elsewhere while the service does not answer from where it runs, or back when that is over. Answers at once; `follow`
 * tells how it goes.
 * @throws ATM-672 when the word is wrong, 868 when there is nothing to take back, 501.
 */
export const recoverOutage = defineVerb({
  name: "recover outage",
  method: "POST",
  role: "admin",
  path: "/recovery/service_outage",
  summary: "Lead users elsewhere during an outage, or back after it",
  input: z.strictObject({
    ...playbookRef,
    ...where,
    back: z.boolean().default(false).describe("Take back the move of before: the outage is over."),
    because: recoveryBecause,
    confirm: z.string().describe("The scenario's name."),
  }),
  async run(plane, input, actor): Promise<Release> {
    if (input.confirm !== word) throw recoveryNotConfirmed({ wanted: word });
    const open = await plane.open(input);
    const because = open.secrets.redact(input.because ?? sentence(scenarioWords.service_outage));
    const back = input.back ? await moveToTakeBack(plane, open) : undefined;
    return startOperation(
      plane,
      open,
      input.playbook,
      {
        kind: recoveryKind,
        own: {
          because,
          ...(input.way === undefined ? {} : { way: input.way }),
          ...(input.region === undefined ? {} : { region: input.region }),
          ...(back === undefined ? {} : { back }),
        },
        began: {
          scenario: word,
          because,
          back: input.back,
          way: input.way ?? null,
          region: input.region ?? null,
        },
        flow: outageFlowOf(plane),
        withoutPlatform: true,
      },
      actor,
    );
  },
});

const sentence = (words: string) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** The newest move that stands. @throws ATM-868. */
async function moveToTakeBack(plane: ControlPlane, { service, environment }: OpenPlaybook) {
  const { ledger } = await plane.store();
  const read = (kind: string) => ledger.read({ kind, environment, last: true, limit: entriesRead });
  const entries = [...(await read("outage.moving")), ...(await read("outage.returned"))]
    .filter((entry) => entry.service === service)
    .sort((a, b) => a.seq - b.seq);
  const move = standingMove(entries);
  if (move === undefined) throw nothingToTakeBack({ service });
  return move;
}
