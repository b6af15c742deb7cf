import type { State } from "../folder/state.js";
import type { CheckRun, Identity } from "../model.js";

/** A run of a check, as answers and webhooks show it. `timeout` is in seconds. */
export function checkRunJson(state: State, identity: Identity, run: CheckRun) {
  const { endsAt, ...shown } = run;
  return {
    ...shown,
    ownerId: identity.team.id,
    projectId: state.deployments.get(run.deploymentId)?.projectId,
    timeout: (endsAt - run.createdAt) / 1000,
    updatedAt: run.completedAt ?? run.startedAt ?? run.createdAt,
    detailsUrl: run.externalUrl,
    source: state.checks.get(run.checkId)?.source ?? { kind: "webhook" },
  };
}
