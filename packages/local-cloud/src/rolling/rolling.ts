import type { State } from "../folder/state.js";
import { newId, type Random } from "../ids.js";
import type { Deployment, Project, RollingConfig, RollingRun } from "../model.js";
import { ProductionRefusal } from "../refusal.js";
import { stageEndsAt } from "./stages.js";

/** What rolling releases need from production. Called inside a transaction. */
export interface ProductionMoves {
  /** Makes every production host show the deployment. */
  show(project: Project, deploymentId: string): Project;
  /** Promotes the deployment whose turn has come, rolling or at once as configured. */
  promoteQueued(projectId: string, deploymentId: string): void;
}

/** What became of a run, for those who are told. */
export type RunEvent = "started" | "approved" | "completed" | "aborted";

/** The runs of rolling releases: starts, advances and ends them. Each move is one transaction. */
export class Rolling {
  /** Told of each move, with the run after and before it. */
  onMove: (event: RunEvent, run: RollingRun, before: RollingRun | null) => void = () => {};

  constructor(
    private readonly state: State,
    private readonly clock: () => number,
    private readonly random: Random,
    private readonly moves: ProductionMoves,
  ) {}

  /** The run that is under way, if there is one. */
  active(projectId: string): RollingRun | undefined {
    return this.state.rollingRuns.find((run) => run.projectId === projectId && run.state === "ACTIVE");
  }

  /** The latest run, whatever its state. */
  latest(projectId: string): RollingRun | undefined {
    return this.state.rollingRuns.filter((run) => run.projectId === projectId).at(-1);
  }

  /**
   * Begins a run with the project's configuration of now; later changes of it do not reach the run. A run that is
   * under way for the same canary is returned as it is.
   * @throws ProductionRefusal
   */
  start(project: Project, config: RollingConfig, canary: Deployment, writtenBy: string): RollingRun {
    const active = this.active(project.id);
    if (active?.canaryDeploymentId === canary.id) return active;
    if (active) {
      throw new ProductionRefusal(
        "Another rolling release is under way. Complete or abort it first.",
        409,
        "rolling_release_active",
      );
    }
    if (canary.readyState !== "READY") {
      throw new ProductionRefusal(
        "The deployment is not ready and cannot be released.",
        422,
        "deployment_not_ready",
      );
    }
    const base = project.productionDeploymentId;
    if (base === null) {
      throw new ProductionRefusal(
        "The project has no production deployment to roll from.",
        422,
        "no_production_deployment",
      );
    }
    if (base === canary.id) {
      throw new ProductionRefusal(
        "The deployment is the production deployment already.",
        409,
        "already_production",
      );
    }
    const now = this.clock();
    const run: RollingRun = {
      id: newId("rr", this.random),
      projectId: project.id,
      state: "ACTIVE",
      config,
      baseDeploymentId: base,
      canaryDeploymentId: canary.id,
      queuedDeploymentId: null,
      activeIndex: 0,
      stageStartedAt: now,
      startedAt: now,
      updatedAt: now,
      writtenBy,
    };
    this.state.rollingRuns.put(run);
    this.onMove("started", run, null);
    return run;
  }

  /** Keeps a promotion until the run is over. */
  queue(run: RollingRun, deploymentId: string): void {
    this.state.rollingRuns.put({ ...run, queuedDeploymentId: deploymentId, updatedAt: this.clock() });
  }

  /**
   * Goes on to the next stage.
   * @param nextStageIndex must be the one after the active stage
   * @throws ProductionRefusal
   */
  approve(project: Project, canaryId: string, nextStageIndex: number): RollingRun {
    const run = this.#activeFor(project, canaryId);
    if (nextStageIndex !== run.activeIndex + 1) {
      throw new ProductionRefusal(
        `The active stage is ${run.activeIndex}, so only stage ${run.activeIndex + 1} can be approved, not ${nextStageIndex}.`,
        400,
        "invalid_stage",
      );
    }
    return this.state.transaction(() => this.#advance(project, run, `stage-${nextStageIndex}-approval`));
  }

  /** Ends a run with the canary as production. @throws ProductionRefusal */
  complete(project: Project, canaryId: string): RollingRun {
    const run = this.#activeFor(project, canaryId);
    return this.state.transaction(() => this.#finish(project, run, "finalize-rolling-release"));
  }

  /** Ends a run where production is taken back or elsewhere by hand. Call inside a transaction. */
  abort(run: RollingRun): RollingRun {
    const ended = this.state.rollingRuns.put({
      ...run,
      state: "ABORTED",
      updatedAt: this.clock(),
      writtenBy: "assign-alias",
    });
    this.onMove("aborted", ended, run);
    return ended;
  }

  /**
   * Takes a deployment that is being removed out of the run under way. Without its canary or its base a run is over: it is
   * aborted, and the promotion that waited for its end has its turn. Call inside a transaction, when the deployment is gone.
   */
  forget(projectId: string, deploymentId: string): void {
    const run = this.active(projectId);
    if (!run) return;
    if (run.queuedDeploymentId === deploymentId) {
      this.state.rollingRuns.put({ ...run, queuedDeploymentId: null, updatedAt: this.clock() });
      return;
    }
    if (run.canaryDeploymentId !== deploymentId && run.baseDeploymentId !== deploymentId) return;
    this.abort(run);
    if (run.queuedDeploymentId !== null) this.moves.promoteQueued(projectId, run.queuedDeploymentId);
  }

  /** Advances every run whose stage has lasted its time. Called every second. */
  tick(): void {
    for (const run of this.state.rollingRuns.filter((one) => one.state === "ACTIVE")) {
      const ends = stageEndsAt(run);
      const project = this.state.projects.get(run.projectId);
      if (ends === null || !project || this.clock() < ends) continue;
      this.state.transaction(() => this.#advance(project, run, "completion-and-auto-advance"));
    }
  }

  #activeFor(project: Project, canaryId: string): RollingRun {
    const run = this.active(project.id);
    if (!run) throw new ProductionRefusal("No rolling release is under way.", 404, "not_found");
    if (run.canaryDeploymentId !== canaryId) {
      throw new ProductionRefusal(
        `The rolling release under way is for ${run.canaryDeploymentId}, not for ${canaryId}.`,
        400,
        "wrong_canary",
      );
    }
    return run;
  }

  /** The last stage, 100 percent, completes the run as it is entered. */
  #advance(project: Project, run: RollingRun, writtenBy: string): RollingRun {
    const next = run.activeIndex + 1;
    if (next >= run.config.stages.length - 1) return this.#finish(project, run, writtenBy);
    const now = this.clock();
    const moved = this.state.rollingRuns.put({
      ...run,
      activeIndex: next,
      stageStartedAt: now,
      updatedAt: now,
      writtenBy,
    });
    this.onMove("approved", moved, run);
    return moved;
  }

  #finish(project: Project, run: RollingRun, writtenBy: string): RollingRun {
    const ended = this.state.rollingRuns.put({
      ...run,
      state: "COMPLETE",
      activeIndex: run.config.stages.length - 1,
      updatedAt: this.clock(),
      writtenBy,
    });
    this.moves.show(project, run.canaryDeploymentId);
    this.onMove("completed", ended, run);
    if (run.queuedDeploymentId !== null) this.moves.promoteQueued(project.id, run.queuedDeploymentId);
    return ended;
  }
}
