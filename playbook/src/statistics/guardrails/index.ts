import type { Guardrail } from "../model.js";
import { both } from "./both.js";
import { errors } from "./errors.js";
import type { GuardrailTest, Kind, Opening } from "./guardrail.js";
import { relativeErrors } from "./relative-errors.js";
import { relativeLatency } from "./relative-latency.js";
import { slow } from "./slow.js";

/** Every kind of guardrail; the only list. */
export const guardrailKinds = {
  errors,
  slow,
  relative_errors: relativeErrors,
  relative_latency: relativeLatency,
  both,
} as const satisfies { [K in Guardrail["kind"]]: Kind<Extract<Guardrail, { kind: K }>> };

const kindOf = (guardrail: Guardrail) => guardrailKinds[guardrail.kind] as unknown as Kind<Guardrail>;

/** A guardrail's limit in words, e.g. "at most 1% of requests fail". */
export const sayGuardrail = (guardrail: Guardrail): string => kindOf(guardrail).says(guardrail, sayGuardrail);

/** Opens the test of a guardrail. @param saved What its `state` gave; undefined to begin. */
export function openGuardrail(
  guardrail: Guardrail,
  profile: Opening["profile"],
  saved?: unknown,
): GuardrailTest {
  const opening: Opening = { profile, open: (other, state) => kindOf(other).open(other, opening, state) };
  return opening.open(guardrail, saved);
}
