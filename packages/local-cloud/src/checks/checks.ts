import type { State } from "../folder/state.js";
import { newId, type Random } from "../ids.js";
import type { Check, CheckRun, Deployment } from "../model.js";

/** Conclusions that let what waited go on. */
const GOOD = new Set(["succeeded", "neutral", "skipped"]);

/** What follows when runs begin, and when all checks that a deployment's hosts wait for are over. */
export interface CheckOutcome {
  /** Whoever does the check can begin. Part of the same transaction as the run. */
  begun(run: CheckRun): void;
  passed(deploymentId: string): void;
  failed(deploymentId: string): void;
  /** The build, or the finished deployment, that waited for checks may go on. */
  admitted(deploymentId: string, step: Step): void;
  /** It never will. @param why the check and how it ended */
  refused(deploymentId: string, why: string): void;
}

/** What a check can keep from happening before there is a READY deployment. */
export type Step = "build-start" | "deployment-start";

/** Checks of deployments: begins their runs, waits for them, and says what came of them. */
export class Checks {
  constructor(
    private readonly state: State,
    private readonly clock: () => number,
    private readonly random: Random,
    private readonly outcome: CheckOutcome,
  ) {}

  /**
   * Begins the runs of checks that keep a new deployment from being built, or a built one from being READY. Runs that an
   * earlier cloud began count on.
   * @returns true when the step has to wait
   */
  hold(deployment: Deployment, step: Step): boolean {
    const begun = this.#latest(deployment.id).filter((run) => run.blocks === step);
    if (begun.length > 0) return begun.some((run) => !isGood(run));
    const due = this.#due(deployment).filter((check) => check.blocks === step);
    for (const check of due) this.start(check, deployment.id);
    return due.length > 0;
  }

  /** Begins the runs of a built deployment. @returns true when its hosts have to wait for one */
  begin(deployment: Deployment): boolean {
    const due = this.#due(deployment).filter(({ blocks }) => !isStep(blocks));
    for (const check of due) this.start(check, deployment.id);
    return due.some((check) => check.blocks === "deployment-alias");
  }

  start(check: Check, deploymentId: string): CheckRun {
    return this.state.transaction(() => {
      const now = this.clock();
      const run = this.state.checkRuns.put({
        id: newId("run", this.random),
        checkId: check.id,
        deploymentId,
        name: check.name,
        blocks: check.blocks,
        status: "queued",
        conclusion: null,
        conclusionText: null,
        externalId: null,
        externalUrl: null,
        output: null,
        createdAt: now,
        endsAt: now + check.timeout * 1000,
        startedAt: null,
        completedAt: null,
      });
      this.outcome.begun(run);
      return run;
    });
  }

  /** Notes how a run goes; what waited for it goes on, or is told that it never will. */
  update(run: CheckRun, part: Partial<CheckRun>): CheckRun {
    return this.state.transaction(() => {
      const now = this.clock();
      const conclusion = part.conclusion ?? run.conclusion;
      const status = part.status ?? (part.conclusion ? "completed" : run.status);
      const changed = this.state.checkRuns.put({
        ...run,
        ...part,
        status,
        conclusion: status === "completed" ? (conclusion ?? "neutral") : conclusion,
        startedAt: run.startedAt ?? (status === "queued" ? null : now),
        completedAt: status === "completed" ? (part.completedAt ?? run.completedAt ?? now) : null,
      });
      if (run.status !== "completed" && status === "completed") this.#settle(run.deploymentId);
      return changed;
    });
  }

  /** Ends runs whose time is over. Called every moment. */
  tick(): void {
    const now = this.clock();
    for (const run of this.state.checkRuns.filter((one) => one.status !== "completed" && one.endsAt <= now)) {
      this.update(run, { status: "completed", conclusion: "timeout" });
    }
  }

  /** Where a deployment's checks stand, as far as its hosts wait for them; null when they wait for none. */
  summary(deploymentId: string): {
    state: "pending" | "succeeded" | "failed" | null;
    startedAt: number | null;
    completedAt: number | null;
  } {
    const runs = this.#latest(deploymentId).filter((run) => run.blocks === "deployment-alias");
    if (runs.length === 0) return { state: null, startedAt: null, completedAt: null };
    const startedAt = Math.min(...runs.map((run) => run.createdAt));
    if (runs.some((run) => run.status !== "completed"))
      return { state: "pending", startedAt, completedAt: null };
    const completedAt = Math.max(...runs.map((run) => run.completedAt ?? 0));
    const state = runs.every((run) => GOOD.has(run.conclusion ?? "")) ? "succeeded" : "failed";
    return { state, startedAt, completedAt };
  }

  /** Why a deployment may not be promoted yet, or at all; null when nothing is in the way. */
  promotionProblem(deploymentId: string): string | null {
    for (const run of this.#latest(deploymentId)) {
      if (run.blocks === "none") continue;
      if (run.status !== "completed")
        return `The check "${run.name}" is not over yet; the promotion has to wait for it.`;
      if (!GOOD.has(run.conclusion ?? ""))
        return `The check "${run.name}" ended with ${run.conclusion}; production stays where it is.`;
    }
    return null;
  }

  #settle(deploymentId: string): void {
    const deployment = this.state.deployments.get(deploymentId);
    if (!deployment || deployment.aliasAssignedAt !== null) return;
    if (deployment.readyState !== "READY") {
      this.#settleStep(deployment);
      return;
    }
    const { state } = this.summary(deploymentId);
    if (state === "succeeded") {
      this.state.deployments.put({ ...deployment, aliasError: null });
      this.outcome.passed(deploymentId);
    }
    if (state === "failed") {
      this.state.deployments.put({
        ...deployment,
        aliasError: {
          code: "checks_failed",
          message: "A check failed, so the deployment was given no hosts.",
        },
      });
      this.outcome.failed(deploymentId);
    }
  }

  /** A deployment that is not READY waits for its build's checks when nothing was built, else for those of its start. */
  #settleStep(deployment: Deployment): void {
    if (deployment.readyState !== "QUEUED" && deployment.readyState !== "BUILDING") return;
    const step = deployment.output === null ? "build-start" : "deployment-start";
    const runs = this.#latest(deployment.id).filter((run) => run.blocks === step);
    const bad = runs.find((run) => run.status === "completed" && !isGood(run));
    if (bad) this.outcome.refused(deployment.id, `The check "${bad.name}" ended with ${bad.conclusion}.`);
    else if (runs.length > 0 && runs.every(isGood)) this.outcome.admitted(deployment.id, step);
  }

  #due(deployment: Deployment): Check[] {
    const target = deployment.target ?? "preview";
    return this.state.checks.filter(
      (check) =>
        check.projectId === deployment.projectId &&
        (check.targets.length === 0 || check.targets.includes(target)),
    );
  }

  /** The newest run of each check: a repeated one counts, the one before it no longer. */
  #latest(deploymentId: string): CheckRun[] {
    const runs = this.state.checkRuns.filter((run) => run.deploymentId === deploymentId);
    return [...new Map(runs.map((run) => [run.checkId, run])).values()];
  }
}

function isGood(run: CheckRun): boolean {
  return run.status === "completed" && GOOD.has(run.conclusion ?? "");
}

function isStep(blocks: Check["blocks"]): blocks is Step {
  return blocks === "build-start" || blocks === "deployment-start";
}
