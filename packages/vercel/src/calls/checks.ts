import type { Api } from "../api.js";
import { path } from "../path.js";
import {
  type Check,
  type CheckRun,
  type CreateCheckBody,
  check,
  checkRun,
  checkRunsAnswer,
  checksAnswer,
  type UpdateCheckRunBody,
} from "../wire/index.js";

/** Checks of a project, and their runs beside its deployments. */
export interface CheckCalls {
  /** Those of a project. */
  list(project: string, signal?: AbortSignal): Promise<Check[]>;
  /** Not repeated by itself: look through `list` first, by name. */
  create(project: string, body: CreateCheckBody, signal?: AbortSignal): Promise<Check>;
  /** Those beside a deployment. */
  runs(deployment: string, signal?: AbortSignal): Promise<CheckRun[]>;
  /** Not repeated by itself: look through `runs` first. */
  begin(deployment: string, checkId: string, signal?: AbortSignal): Promise<CheckRun>;
  update(deployment: string, run: string, body: UpdateCheckRunBody, signal?: AbortSignal): Promise<CheckRun>;
}

export function checkCalls(api: Api): CheckCalls {
  return {
    list: async (project, signal) =>
      (await api.ask(checksAnswer, { path: path`/v2/projects/${project}/checks`, signal })).checks,
    create: (project, body, signal) =>
      api.ask(check, { method: "POST", path: path`/v2/projects/${project}/checks`, body, signal }),
    runs: async (deployment, signal) =>
      (await api.ask(checkRunsAnswer, { path: path`/v2/deployments/${deployment}/check-runs`, signal })).runs,
    begin: (deployment, checkId, signal) =>
      api.ask(checkRun, {
        method: "POST",
        path: path`/v2/deployments/${deployment}/check-runs`,
        body: { checkId },
        signal,
      }),
    update: (deployment, run, body, signal) =>
      api.ask(checkRun, {
        method: "PATCH",
        path: path`/v2/deployments/${deployment}/check-runs/${run}`,
        body,
        repeatable: true,
        signal,
      }),
  };
}
