import { dirname } from "node:path";
import { countedLimits, probeSource, type Source } from "@atoms/playbook";
import type { Guardrail } from "@atoms/playbook/statistics";
import { bearerToken } from "./bearer.js";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { planOf } from "./playbook-at-hand.js";

/** Where the numbers about a canary come from, as its playbook says. */
export function canarySource(
  plane: Pick<ControlPlane, "http" | "clock" | "env">,
  open: OpenPlaybook,
  guardrails: readonly Guardrail[],
): Source {
  const { settings, file } = open;
  return probeSource(
    { settings: settings.canary.probe, validation: planOf(settings), slow: countedLimits(guardrails) },
    {
      http: plane.http,
      clock: plane.clock,
      bearerToken: () => bearerToken(settings.validation.bearer, dirname(file.path), plane.env),
    },
  );
}
