import {
  type BreachPlan,
  givenMistaken,
  mostOldDeployments,
  nothingToRotate,
  type Release,
  recoveryNotConfirmed,
  scenarioWords,
  secretWords,
} from "@atoms/playbook";
import { z } from "zod";
import type { OpenPlaybook } from "../control-plane.js";
import { breachChecklist } from "../recovery/breach/checklist.js";
import { credentialsNow } from "../recovery/breach/credentials.js";
import { evidenceFolder } from "../recovery/breach/evidence.js";
import { breachFlowOf } from "../recovery/breach/flow.js";
import { keptNow, keptValues } from "../recovery/breach/kept-values.js";
import { recoveryKind, startOperation } from "../start-operation.js";
import { playbookRef } from "./playbook-ref.js";
import { recoveryBecause } from "./recovery-because.js";
import { defineVerb } from "./verb.js";

/** The word that confirms it. */
const word = "security_breach";

const secretsOf = ({ settings, service }: OpenPlaybook) => {
  const { secrets } = settings.recovery.security_breach;
  if (secrets.length === 0) throw nothingToRotate({ service });
  return secrets;
};

/** Hosts that lead to one of the deployments and are none of production's, which follow it. */
function hostsBesides(
  production: readonly string[],
  aliases: readonly { host: string; deployment: string }[],
  deployments: readonly { id: string }[],
): string[] {
  const follow = new Set(production.map((address) => new URL(address).hostname));
  const known = new Set(deployments.map(({ id }) => id));
  return aliases.flatMap(({ host, deployment }) =>
    known.has(deployment) && !follow.has(host.replace(/:\d+$/, "")) ? [host] : [],
  );
}

/** What would be done after a breach. Reads only. @throws ATM-695 without a list of secrets. */
export const planBreach = defineVerb({
  name: "plan breach",
  method: "POST",
  role: "admin",
  path: "/recovery/security_breach/plan",
  summary: "Say what would be done after a security breach",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<BreachPlan> {
    const open = await plane.open(input);
    const secrets = secretsOf(open);
    const platform = await open.platform();
    const [variables, production, credentials, deployments, aliases] = await Promise.all([
      platform.variables({ values: false }),
      platform.production(),
      credentialsNow(plane),
      platform.deployments(mostOldDeployments),
      platform.aliases(),
    ]);
    const attackMode = open.settings.recovery.security_breach.attack_mode;
    const kept = keptNow(plane.places, open);
    const serves = production.deployment?.id;
    return {
      secrets: secrets.map((secret) => ({
        variable: secret.variable,
        kind: secret.kind,
        does: secretWords(secret),
        there: variables.some(({ key }) => key === secret.variable),
        made: kept.includes(secret.variable),
      })),
      ...(serves === undefined ? {} : { serves }),
      evidence: evidenceFolder(plane, "<recovery>"),
      credentials: credentials.length,
      ...(attackMode === undefined ? {} : { attackMode }),
      old: {
        policy: open.settings.recovery.security_breach.old_deployments,
        count: deployments.length,
        more: deployments.length >= mostOldDeployments,
        hosts: hostsBesides(production.hosts, aliases, deployments),
      },
      checklist: breachChecklist(open, plane.env),
    };
  },
});

/**
 * Rotates every secret of the list after a breach, and shuts out what came in by old ones. Answers at once; `follow` tells how
 * it goes.
 * @throws ATM-672 when the word is wrong, 695 without a list, 699 for a value that does not belong there, 501.
 */
export const recoverBreach = defineVerb({
  name: "recover breach",
  method: "POST",
  role: "admin",
  path: "/recovery/security_breach",
  summary: "Rotate every secret after a security breach",
  input: z.strictObject({
    ...playbookRef,
    because: recoveryBecause,
    given: z
      .record(z.string(), z.string().min(1).max(65_536))
      .default({})
      .describe("New values of secrets whose kind is manual, by variable. They are not written down."),
    confirm: z.string().describe("The scenario's name."),
  }),
  async run(plane, input, actor): Promise<Release> {
    if (input.confirm !== word) throw recoveryNotConfirmed({ wanted: word });
    const open = await plane.open(input);
    const secrets = secretsOf(open);
    for (const variable of Object.keys(input.given)) {
      const kind = secrets.find((secret) => secret.variable === variable)?.kind;
      if (kind === "manual") continue;
      const because = kind === undefined ? "it is not in the list" : `its kind is ${kind}`;
      throw givenMistaken({ variable, because });
    }
    const because = open.secrets.redact(input.because ?? scenarioWords.security_breach);
    return startOperation(
      plane,
      open,
      input.playbook,
      {
        kind: recoveryKind,
        own: { because },
        began: {
          scenario: word,
          because,
          secrets: secrets.map(({ variable }) => variable),
          given: Object.keys(input.given),
        },
        flow: breachFlowOf(plane),
        async held() {
          const kept = await keptValues(plane.places, open);
          for (const [variable, value] of Object.entries(input.given)) await kept.replace(variable, value);
        },
      },
      actor,
    );
  },
});
