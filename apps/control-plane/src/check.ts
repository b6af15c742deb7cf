import {
  type ContractComparison,
  type ContractJudgement,
  ContractSettings,
  compareTargets,
  type Finding,
  judgeContract,
  nothingToCompare,
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
import { nothingServed } from "./problems.js";

/**
 * Runs preflight alone, as a release would, in this process: the working tree is here.
 * @param proven Reads the deployments proven good, from wherever the store is.
 */
export async function checkPreflight(
  plane: Pick<ControlPlane, "places" | "env" | "clock" | "http">,
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

/**
 * Compares the MCP contracts of two services as a release would: by the playbook's settings, or by the defaults where
 * there is none. Only asks.
 * @param input.before Address or deployment; what production serves when left out.
 * @throws ATM-402 for what is no address, ATM-917 for an unknown deployment, ATM-562 when a side is missing.
 */
export async function checkContract(
  plane: Pick<ControlPlane, "http" | "clock" | "env">,
  input: {
    before: string | undefined;
    after: string | undefined;
    open: OpenPlaybook | undefined;
    path: string | undefined;
  },
  signal: AbortSignal,
): Promise<{ before: Target; after: Target; compared: ContractComparison } & ContractJudgement> {
  const { open, path } = input;
  const [before, after] = [await sideOf(open, input.before, signal), await sideOf(open, input.after, signal)];
  const settings =
    open === undefined
      ? validationPlan(ValidationSettings.parse({}), { kind: "mcp", health: "/health" })
      : planOf(open.settings);
  const mcp =
    settings.smoke.mcp === false
      ? validationPlan(ValidationSettings.parse({}), { kind: "mcp", health: "/health" }).smoke.mcp
      : settings.smoke.mcp;
  if (mcp === false) throw new Error("a plan for MCP without MCP");
  const plan: ValidationPlan = {
    ...settings,
    smoke: { ...settings.smoke, mcp: { ...mcp, ...(path === undefined ? {} : { path }) } },
  };
  const ports =
    open === undefined
      ? { http: plane.http, clock: plane.clock, bearerToken: async () => undefined, signal }
      : validationPorts(plane, open, signal);
  const began = plane.clock.monotonic();
  const compared = await compareTargets(before, after, plan, ports);
  const ms = Math.round(plane.clock.monotonic() - began);
  const policies = settings.contract === false ? ContractSettings.parse({}) : settings.contract;
  return { before, after, compared, ...judgeContract(compared, policies, ms) };
}

async function sideOf(
  open: OpenPlaybook | undefined,
  given: string | undefined,
  signal: AbortSignal,
): Promise<Target> {
  if (given !== undefined && /^https?:/i.test(given)) return { address: readAddress(given) };
  if (open === undefined) {
    const because =
      given === undefined
        ? "one was given, with no playbook here"
        : `${given} is no address, and no playbook here says where deployments are`;
    throw nothingToCompare({ because });
  }
  const platform = await open.platform({ start: false });
  const headers = platform.passHeaders();
  const found =
    given === undefined
      ? (await platform.production(signal)).deployment
      : await platform.deployment(given, signal);
  if (found === undefined && given === undefined)
    throw nothingToCompare({ because: "production serves nothing yet" });
  if (found === undefined) throw nothingServed({ service: open.service, asked: given ?? "" });
  return { address: found.address, deployment: found.id, headers };
}
