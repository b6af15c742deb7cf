import { Checks } from "./checks/checks.js";
import type { State } from "./folder/state.js";
import { newId, type Random } from "./ids.js";
import type { Alias, CheckRun, Deployment, Output, Project, RollingConfig } from "./model.js";
import { ProductionRefusal } from "./refusal.js";
import { Rolling } from "./rolling/rolling.js";

/** Told when production has moved, or is about to move back. */
export interface ProductionNews {
  promoted(deploymentId: string): void;
  /** The checks that kept it from being built have passed. */
  mayBuild(deploymentId: string): void;
  /** Its state is another. */
  changed(deploymentId: string): void;
  /** Whoever does the check can begin with this run of it. */
  checkBegun(run: CheckRun): void;
  /** All checks that its hosts waited for are over. */
  checked(deploymentId: string, passed: boolean): void;
  /** Sent when the rollback is accepted, before traffic moves. */
  rollback(projectId: string, fromDeploymentId: string | null, toDeploymentId: string): void;
}

/** The host that every project has for its production. */
export function projectHost(name: string): string {
  const label = name.replace(/[^a-z0-9.-]/g, "-").slice(0, 63);
  return `${label}.localhost`;
}

/** The hosts that show a project's production deployment. */
export function productionHosts(project: Project): string[] {
  const domains = project.domains.filter((domain) => domain.gitBranch === null && domain.redirect === null);
  return [projectHost(project.name), ...domains.map((domain) => domain.name)];
}

/**
 * Decides what production is: assigns hosts when a build is ready, promotes, rolls back. Each move is one transaction,
 * so after a crash production is either where it was or where it was going, on all hosts alike.
 */
export class Production {
  readonly rolling: Rolling;
  readonly checks: Checks;

  constructor(
    private readonly state: State,
    private readonly clock: () => number,
    private readonly random: Random,
    private readonly told: ProductionNews,
  ) {
    this.checks = new Checks(state, clock, random, {
      begun: told.checkBegun,
      passed: (deploymentId) => {
        this.assignHosts(deploymentId);
        told.checked(deploymentId, true);
      },
      failed: (deploymentId) => told.checked(deploymentId, false),
      admitted: (deploymentId, step) => {
        const deployment = state.deployments.get(deploymentId);
        if (!deployment) return;
        if (step === "build-start") told.mayBuild(deploymentId);
        else if (deployment.output !== null) this.#ready(deployment, deployment.output);
        told.changed(deploymentId);
      },
      refused: (deploymentId, why) => {
        const message = `${why} The deployment was not ${state.deployments.get(deploymentId)?.output ? "started" : "built"}.`;
        state.deployments.patch(deploymentId, {
          readyState: "ERROR",
          errorCode: "CHECKS_FAILED",
          errorMessage: message,
          errorStep: "checks",
        });
        told.changed(deploymentId);
      },
    });
    this.rolling = new Rolling(state, clock, random, {
      show: (project, deploymentId) => {
        told.promoted(deploymentId);
        return this.show(project, deploymentId);
      },
      promoteQueued: (projectId, deploymentId) => {
        const project = state.projects.get(projectId);
        const deployment = state.deployments.get(deploymentId);
        if (project && deployment?.readyState === "READY") this.#promoteAfterRun(project, deployment);
      },
    });
  }

  /** A build is finished: the deployment is READY, unless checks keep it from starting. */
  built(deployment: Deployment, output: Output): void {
    this.state.transaction(() => {
      if (this.checks.hold(deployment, "deployment-start"))
        this.state.deployments.put({ ...deployment, output });
      else this.#ready(deployment, output);
    });
  }

  /** The hosts of a READY deployment follow, at once or when its checks have passed. */
  #ready(deployment: Deployment, output: Output): void {
    this.state.transaction(() => {
      const ready = this.state.deployments.put({
        ...deployment,
        readyState: "READY",
        readyAt: this.clock(),
        output,
      });
      if (!this.checks.begin(ready)) this.assignHosts(ready.id);
    });
  }

  /** The hosts that a deployment gets by itself when it is READY and its checks have passed. */
  dueHosts({ target, autoAssignCustomDomains, projectId }: Deployment): string[] {
    const project = this.state.projects.get(projectId);
    if (!project || target !== "production") return [];
    return autoAssignCustomDomains && project.autoAssignCustomDomains ? productionHosts(project) : [];
  }

  /** Gives a READY deployment the hosts that are due to it. */
  assignHosts(deploymentId: string): void {
    this.state.transaction(() => {
      const deployment = this.state.deployments.get(deploymentId);
      const project = deployment && this.state.projects.get(deployment.projectId);
      if (!deployment || !project) return;
      if (this.dueHosts(deployment).length > 0) this.#release(project, deployment.id);
      this.state.deployments.patch(deployment.id, { aliasAssignedAt: this.clock() });
    });
  }

  /**
   * Points production at a deployment and ends a rollback's pin. With rolling releases on, a run begins instead; behind
   * a run for another deployment the promotion waits for its end.
   * @returns `queued` when it waits
   * @throws ProductionRefusal
   */
  promote(project: Project, deployment: Deployment): "moved" | "rolling" | "queued" {
    if (deployment.readyState !== "READY") {
      throw new ProductionRefusal(
        "The deployment is not ready and cannot be promoted.",
        422,
        "deployment_not_ready",
      );
    }
    const unfit = this.checks.promotionProblem(deployment.id);
    if (unfit !== null) throw new ProductionRefusal(unfit, 409, "checks_not_passed");
    return this.state.transaction(() => {
      const active = this.rolling.active(project.id);
      if (active && active.canaryDeploymentId !== deployment.id) {
        this.rolling.queue(active, deployment.id);
        return "queued";
      }
      const { autoAssignBeforeRollback, rollbackDescription: _, ...rest } = project;
      const freed = this.state.projects.put({
        ...rest,
        autoAssignCustomDomains: autoAssignBeforeRollback ?? project.autoAssignCustomDomains,
      });
      const rolls =
        freed.rollingConfig && freed.productionDeploymentId && freed.productionDeploymentId !== deployment.id;
      if (active || (rolls && freed.rollingConfig)) {
        const run =
          active ??
          this.rolling.start(freed, freed.rollingConfig as RollingConfig, deployment, "assign-alias");
        this.#noteRequest(freed, deployment.id, "promote", run.id);
        return "rolling";
      }
      this.#move(freed, deployment.id, "promote");
      this.told.promoted(deployment.id);
      return "moved";
    });
  }

  /**
   * Points production back at a deployment that has served it before, and stops automatic assignment until the next
   * promotion.
   * @throws ProductionRefusal
   */
  rollback(project: Project, deployment: Deployment, description: string | null): void {
    if (deployment.readyState !== "READY") {
      throw new ProductionRefusal(
        "The deployment is not ready; there is nothing to roll back to.",
        422,
        "deployment_not_ready",
      );
    }
    if (deployment.promotedAt === null) {
      throw new ProductionRefusal(
        "The deployment has never served production, so it cannot be rolled back to. Promote it instead.",
        422,
        "not_rollback_candidate",
      );
    }
    this.state.transaction(() => {
      this.told.rollback(project.id, project.productionDeploymentId, deployment.id);
      const active = this.rolling.active(project.id);
      if (active) this.rolling.abort(active);
      const pinned: Project = {
        ...project,
        autoAssignCustomDomains: false,
        autoAssignBeforeRollback: project.autoAssignBeforeRollback ?? project.autoAssignCustomDomains,
        rollbackDescription: description,
      };
      this.#move(pinned, deployment.id, "rollback");
    });
  }

  /** Makes every production host show the deployment. Call inside a transaction. */
  show(project: Project, deploymentId: string): Project {
    const shown = this.state.projects.put({
      ...project,
      productionDeploymentId: deploymentId,
      updatedAt: this.clock(),
    });
    for (const host of productionHosts(shown)) this.assign(host, deploymentId, project.id);
    const deployment = this.state.deployments.get(deploymentId);
    this.state.deployments.patch(deploymentId, { promotedAt: deployment?.promotedAt ?? this.clock() });
    return shown;
  }

  /** Points one host at a deployment. @returns the alias, and the deployment it showed before */
  assign(host: string, deploymentId: string, projectId: string): { alias: Alias; before: string | null } {
    const now = this.clock();
    const known = this.aliasOf(host);
    const alias = this.state.aliases.put({
      id: known?.id ?? newId("als", this.random),
      alias: host,
      deploymentId,
      projectId,
      createdAt: known?.createdAt ?? now,
      updatedAt: now,
    });
    return { alias, before: known?.deploymentId ?? null };
  }

  aliasOf(host: string): Alias | undefined {
    return this.state.aliases.find((alias) => alias.alias === host);
  }

  /** A production build is ready: it is shown at once, rolled out, or waits behind a run. */
  #release(project: Project, deploymentId: string): void {
    const active = this.rolling.active(project.id);
    if (active) {
      this.rolling.queue(active, deploymentId);
      return;
    }
    const canary = this.state.deployments.get(deploymentId);
    if (project.rollingConfig && project.productionDeploymentId !== null && canary) {
      this.rolling.start(project, project.rollingConfig, canary, "deployment-ready");
    } else {
      this.show(project, deploymentId);
      this.told.promoted(deploymentId);
    }
  }

  /** The run that it waited for has ended. A check that failed meanwhile must not undo that end: the promotion is skipped. */
  #promoteAfterRun(project: Project, deployment: Deployment): void {
    if (this.checks.promotionProblem(deployment.id) === null) {
      this.promote(project, deployment);
      return;
    }
    this.#noteRequest(project, deployment.id, "promote", null, undefined, "skipped");
  }

  #move(project: Project, deploymentId: string, type: "promote" | "rollback"): void {
    const from = project.productionDeploymentId;
    this.#noteRequest(this.show(project, deploymentId), deploymentId, type, null, from);
  }

  #noteRequest(
    project: Project,
    deploymentId: string,
    type: "promote" | "rollback",
    runId: string | null,
    from = project.productionDeploymentId,
    jobStatus: "succeeded" | "skipped" = "succeeded",
  ): void {
    this.state.projects.put({
      ...project,
      lastAliasRequest: {
        fromDeploymentId: from,
        toDeploymentId: deploymentId,
        jobStatus,
        requestedAt: this.clock(),
        type,
        ...(runId === null ? {} : { fromRollingReleaseId: runId }),
      },
    });
  }
}
