import type { Target } from "../model.js";
import type { ValidationPorts } from "../ports.js";
import type { ValidationPlan } from "../settings.js";
import { visit } from "../visit.js";
import { compareBothWays } from "./compare-contracts.js";
import type { ContractComparison } from "./model.js";
import { type ContractRead, readContract } from "./read-contract.js";

const tries = 3;
const pauseMs = 1_000;

const blank: ContractComparison = {
  changes: [],
  back: [],
  tools: { stable: 0, candidate: 0 },
  ttlMs: { stable: null, candidate: null },
};

/**
 * Reads the contracts of two deployments and compares them. Only asks, and so is safe to repeat.
 * @param stable What production serves; undefined before the first release.
 * @returns Why there is nothing to compare, or why it could not be done, where that is so.
 */
export async function compareTargets(
  stable: Target | undefined,
  candidate: Target,
  plan: ValidationPlan,
  ports: ValidationPorts,
): Promise<ContractComparison> {
  const { mcp } = plan.smoke;
  if (mcp === false)
    return { ...blank, nothing: "the service speaks no MCP (`validation.smoke.mcp` is off)" };
  if (stable === undefined) return { ...blank, nothing: "production serves nothing yet" };
  const [was, is] = [
    await patiently(stable, mcp.path, plan, ports),
    await patiently(candidate, mcp.path, plan, ports),
  ];
  if ("none" in was) return { ...blank, nothing: `production speaks no MCP (${was.none})` };
  const unread = (who: string, saw: string) => ({ ...blank, unread: `${who}, ${saw}` });
  if ("unread" in was) return unread("what production serves", was.unread);
  if ("unread" in is) return unread("the new deployment", is.unread);
  if ("none" in is) return unread("the new deployment", is.none);
  return compareBothWays(was.contract, is.contract);
}

/** A moment's trouble of the one or the other is no change of the contract. */
async function patiently(
  target: Target,
  path: string,
  plan: ValidationPlan,
  ports: ValidationPorts,
): Promise<ContractRead> {
  for (let n = 1; ; n++) {
    const read = await readContract(visit(target, plan, ports), path);
    if (!("unread" in read) || n === tries) return read;
    await ports.clock.sleep(pauseMs, ports.signal);
  }
}
