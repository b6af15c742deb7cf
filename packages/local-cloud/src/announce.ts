import { checkRunJson } from "./checks/check-run-json.js";
import type { State } from "./folder/state.js";
import type { Happenings } from "./happenings.js";
import type { Deployment, Identity } from "./model.js";
import type { Production, ProductionNews } from "./production.js";
import { checkRunPayload, deploymentPayload, rollbackPayload, rollingPayload } from "./webhooks/payloads.js";

/** Announces moves of production. @param build builds a deployment that may be built now */
export function productionNews(
  state: State,
  happenings: Happenings,
  identity: Identity,
  build: (deploymentId: string) => void,
): ProductionNews {
  return {
    mayBuild: build,
    changed: (id) => {
      const deployment = state.deployments.get(id);
      if (deployment) happenings.emit("deployment", deployment);
    },
    promoted: (id) => {
      const deployment = state.deployments.get(id);
      if (!deployment) return;
      happenings.announce(
        "deployment.promoted",
        deployment.projectId,
        deploymentPayload(identity, deployment, null),
      );
    },
    checkBegun: (run) => {
      const { projectId } = state.deployments.get(run.deploymentId) ?? {};
      if (projectId === undefined) return;
      const payload = checkRunPayload(identity, projectId, checkRunJson(state, identity, run));
      happenings.announce("deployment.checkrun.start", projectId, payload);
    },
    checked: (id, passed) => {
      const deployment = state.deployments.get(id);
      if (!deployment) return;
      const type = passed ? "deployment.checks.succeeded" : "deployment.checks.failed";
      happenings.announce(type, deployment.projectId, deploymentPayload(identity, deployment, null));
      happenings.emit("deployment", deployment);
    },
    rollback: (projectId, from, to) =>
      happenings.announce("deployment.rollback", projectId, rollbackPayload(identity, projectId, from, to)),
  };
}

/** Announces what becomes of deployments and of rolling releases. */
export function announceChanges(
  state: State,
  happenings: Happenings,
  identity: Identity,
  production: Production,
  clock: () => number,
): void {
  const seen = new Map(state.deployments.all().map(({ id, readyState }) => [id, readyState]));
  const succeeded = new Set(
    state.deployments.filter((one) => one.aliasAssignedAt !== null).map(({ id }) => id),
  );
  happenings.on("deployment", (deployment: Deployment) => {
    const say = (type: string, alias: string[] | null = null) =>
      happenings.announce(type, deployment.projectId, deploymentPayload(identity, deployment, alias));
    const before = seen.get(deployment.id);
    if (before !== deployment.readyState) tell(deployment, before, say);
    if (deployment.aliasAssignedAt !== null && !succeeded.has(deployment.id)) {
      succeeded.add(deployment.id);
      say("deployment.succeeded");
    }
  });
  const tell = (
    deployment: Deployment,
    before: string | undefined,
    say: (type: string, alias?: string[]) => void,
  ) => {
    seen.set(deployment.id, deployment.readyState);
    if (before === undefined) say("deployment.created", production.dueHosts(deployment));
    if (deployment.readyState === "READY") say("deployment.ready");
    if (deployment.readyState === "ERROR") say("deployment.error");
    if (deployment.readyState === "CANCELED") say("deployment.canceled");
  };
  production.rolling.onMove = (event, run, before) => {
    const name = state.projects.get(run.projectId)?.name ?? run.projectId;
    happenings.announce(
      `project.rolling-release.${event}`,
      run.projectId,
      rollingPayload(identity, name, run, before, clock()),
    );
  };
}
