import {
  type Finding,
  type Proven,
  perf,
  readAddress,
  runPreflight,
  smoke,
  type Target,
  type Validation,
  type ValidationPlan,
  ValidationSettings,
  validationPlan,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { planOf, preflightPorts, validationPorts } from "./playbook-at-hand.js";

/**
 * Runs preflight alone, as a release would, in this process: the working tree is here.
 * @param proven Reads the deployments proven good, from wherever the store is.
 */
export async function checkPreflight(
  plane: Pick<ControlPlane, "places" | "env" | "clock">,
  open: OpenPlaybook,
  proven: () => Promise<readonly Proven[]>,
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<Validation> {
  const platform = await open.platform();
  const ports = preflightPorts(plane, open, platform, open.sourceFolder, proven);
  return runPreflight(open.settings.preflight, ports, onFinding, signal);
}

/**
 * Validates whatever answers at an address: with the playbook's settings, or with the defaults where there is none.
 * @param input.what `smoke`: what must work; `perf`: how fast it is.
 * @throws ATM-402 when the address is none.
 */
export async function checkAddress(
  plane: Pick<ControlPlane, "http" | "clock" | "env">,
  input: { what: "smoke" | "perf"; address: string; open: OpenPlaybook | undefined; kind: "http" | "mcp" },
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<Validation> {
  const { open } = input;
  const address = readAddress(input.address);
  const settings: ValidationPlan =
    open === undefined
      ? validationPlan(ValidationSettings.parse({}), { kind: input.kind, health: "/health" })
      : planOf(open.settings);
  const ports =
    open === undefined
      ? { http: plane.http, clock: plane.clock, bearerToken: async () => undefined, signal }
      : validationPorts(plane, open, signal);
  const target: Target = { address };
  return input.what === "smoke"
    ? smoke(target, settings, ports, onFinding)
    : perf(target, settings, ports, onFinding);
}
