import { judgeSafety } from "../rollback/index.js";
import { changeText, judgeContract } from "../validation/index.js";
import { waitForApproval } from "./gates.js";
import type { Candidate } from "./ports.js";
import { contractBroken, goingBackUnsafe } from "./problems.js";
import { type ReleaseRun, Stop } from "./run.js";

/**
 * Compares what production promises its MCP clients with what the candidate does, before any traffic moves, and writes
 * every finding down.
 * @returns What a person has to approve; empty when nothing.
 * @throws Stop when a change fails by the playbook's policy.
 */
export async function compareContract(
  run: ReleaseRun,
  candidate: Candidate,
  stable: Candidate | undefined,
): Promise<readonly string[]> {
  const { world } = run;
  const { contract: settings } = world.settings;
  if (settings === false) return [];
  const judged = await run.act(
    "compare the contract",
    "comparing the tools with those that clients have learnt",
    async (signal) => {
      const began = world.clock.monotonic();
      const compared = await world.contract({ stable, candidate }, signal);
      const ms = Math.round(world.clock.monotonic() - began);
      const { findings, asks, fails } = judgeContract(compared, settings, ms);
      const { changes, tools, ttlMs, nothing, unread } = compared;
      const back = compared.back.filter((change) => breaking.has(change.class)).map(changeText);
      const way = wayBack(run, back, stable, ms);
      const at = world.clock.now();
      await world.ledger.append([
        ...findings.map((finding, i) =>
          run.event("check.finished", `validate/contract/${i + 1}`, { phase: "validate", ...finding }, at),
        ),
        ...way.findings.map((finding) =>
          run.event("check.finished", "validate/contract/back", { phase: "validate", ...finding }, at),
        ),
        run.event("contract.compared", "contract", {
          tools,
          ttlMs,
          changes: changes.slice(0, mostTold),
          of: changes.length,
          // What clients of the new version would meet if traffic went back.
          back: back.slice(0, mostTold),
          ...(nothing === undefined ? {} : { nothing }),
          ...(unread === undefined ? {} : { unread }),
        }),
      ]);
      return { asks: [...asks, ...way.asks], fails, refuses: way.refuses };
    },
    { attempts: 3 },
  );
  if (judged.fails.length > 0) {
    const changes = judged.fails.slice(0, 10).join("; ");
    throw new Stop("failed", contractBroken({ deployment: candidate.id, changes }).toJSON());
  }
  if (judged.refuses.length > 0)
    throw new Stop("failed", goingBackUnsafe({ because: judged.refuses.join("; ") }).toJSON());
  return judged.asks;
}

/** The ledger keeps this many changes of a service that changed altogether; `atoms contract` lists them all. */
const mostTold = 100;

const breaking: ReadonlySet<string> = new Set(["protocol", "removed", "renamed", "narrowed", "output"]);

/** What clients that learn the new version would miss after a rollback; part of whether going back is safe. */
function wayBack(run: ReleaseRun, back: readonly string[], stable: Candidate | undefined, ms: number) {
  const { safety } = run.world.settings.rollback;
  if (safety === false || back.length === 0 || stable === undefined)
    return { findings: [], asks: [], refuses: [] };
  const saw = `for clients that have learnt the new version: ${back.slice(0, 10).join("; ")}${back.length > 10 ? `; and ${back.length - 10} more` : ""}`;
  const reasons = [{ about: "contract" as const, level: "caution" as const, saw }];
  const { finding, asks, refuses } = judgeSafety({ level: "caution", reasons, to: stable.id }, safety);
  return { findings: [{ ...finding, ms }], asks, refuses };
}

/** Waits until a person has approved the changes. @throws Stop when nobody does in time, or on abort. */
export async function approveContract(run: ReleaseRun, asks: readonly string[]): Promise<void> {
  const { contract: settings } = run.world.settings;
  if (settings === false || asks.length === 0) return;
  const { wait } = settings;
  await run.inPhase(
    "validate",
    wait + 60_000,
    () => waitForApproval(run, { of: "contract", questions: asks, waitMs: wait }),
    "validate/contract",
  );
}
