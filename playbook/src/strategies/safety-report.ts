import { assessSafety, judgeSafety } from "../rollback/index.js";
import { waitForApproval } from "./gates.js";
import { goingBackUnsafe } from "./problems.js";
import { type ReleaseRun, Stop } from "./run.js";

/**
 * Finds out, before anything is touched, whether going back from this release would be safe, and writes it down.
 * @returns What a person has to approve; empty when nothing.
 * @throws Stop when the playbook refuses such a release.
 */
export async function reportSafety(run: ReleaseRun): Promise<readonly string[]> {
  const { world, order } = run;
  const { safety: settings } = world.settings.rollback;
  if (settings === false) return [];
  const judged = await run.act(
    "report on going back",
    "finding out whether going back would be safe",
    async (signal) => {
      const began = world.clock.monotonic();
      const report = assessSafety(await world.safety(order, signal));
      const ms = Math.round(world.clock.monotonic() - began);
      const { finding, asks, refuses } = judgeSafety(report, settings);
      const at = world.clock.now();
      await world.ledger.append([
        run.event("rollback-safety.assessed", "rollback-safety", report, at),
        run.event("check.finished", "preflight/rollback-safety", { phase: "preflight", ms, ...finding }, at),
      ]);
      return { asks, refuses };
    },
    { attempts: 3 },
  );
  if (judged.refuses.length > 0)
    throw new Stop("failed", goingBackUnsafe({ because: judged.refuses.join("; ") }).toJSON());
  return judged.asks;
}

/** Waits until a person has accepted that going back is not safe. @throws Stop when nobody does in time, or on abort. */
export async function approveSafety(run: ReleaseRun, asks: readonly string[]): Promise<void> {
  const { safety } = run.world.settings.rollback;
  if (safety === false || asks.length === 0) return;
  await run.inPhase(
    "preflight",
    safety.wait + 60_000,
    () => waitForApproval(run, { of: "rollback safety", questions: asks, waitMs: safety.wait }),
    "preflight/rollback-safety",
  );
}
