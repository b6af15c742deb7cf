import { z } from "zod";
import type { Api } from "../api.js";
import { path } from "../path.js";
import {
  type RollingRelease,
  type RollingReleaseBillingAnswer,
  type RollingReleaseConfig,
  type RollingReleaseConfigBody,
  rollingReleaseAnswer,
  rollingReleaseBillingAnswer,
  rollingReleaseConfigAnswer,
} from "../wire/index.js";

/** Rolling releases: production traffic split between two deployments, in stages. */
export interface RollingReleaseCalls {
  /** What the next run would copy; null while switched off. */
  config(projectId: string, signal?: AbortSignal): Promise<RollingReleaseConfig | null>;
  /** Changes the configuration; a run in progress keeps the copy it began with. */
  configure(
    projectId: string,
    body: RollingReleaseConfigBody,
    signal?: AbortSignal,
  ): Promise<RollingReleaseConfig | null>;
  /** Switches rolling releases off; a run in progress goes on. */
  removeConfig(projectId: string, signal?: AbortSignal): Promise<void>;
  /** Whether the account's plan has rolling releases, and a free one for this project. */
  billing(projectId: string, signal?: AbortSignal): Promise<RollingReleaseBillingAnswer>;
  /** The latest run, whatever its state; null if none ever ran. */
  get(projectId: string, signal?: AbortSignal): Promise<RollingRelease | null>;
  /** Starts a run, or gives the one that is active for the same canary. */
  start(projectId: string, canary: string, signal?: AbortSignal): Promise<RollingRelease | null>;
  /**
   * Goes from one stage to the next. The platform refuses when the active stage is another, so it can not skip one.
   * @param activeStage Index of the stage that is active now.
   */
  approveStage(
    projectId: string,
    canary: string,
    activeStage: number,
    signal?: AbortSignal,
  ): Promise<RollingRelease | null>;
  /** Gives the canary all traffic. Aborting is a rollback to the base deployment. */
  complete(projectId: string, canary: string, signal?: AbortSignal): Promise<RollingRelease | null>;
}

/** Nothing in it is relied on. */
const anything = z.object({});

export function rollingReleaseCalls(api: Api): RollingReleaseCalls {
  const at = (projectId: string) => path`/v1/projects/${projectId}/rolling-release`;
  const run = async (
    projectId: string,
    act: "start" | "approve-stage" | "complete",
    body: object,
    signal: AbortSignal | undefined,
  ) =>
    (
      await api.ask(rollingReleaseAnswer, {
        method: "POST",
        path: `${at(projectId)}/${act}`,
        body,
        // Starting again is the same run; an approval twice would be refused, not skip a stage.
        repeatable: act === "start",
        signal,
      })
    ).rollingRelease;
  return {
    config: async (projectId, signal) =>
      (await api.ask(rollingReleaseConfigAnswer, { path: `${at(projectId)}/config`, signal })).rollingRelease,
    configure: async (projectId, body, signal) =>
      (
        await api.ask(rollingReleaseConfigAnswer, {
          method: "PATCH",
          path: `${at(projectId)}/config`,
          body,
          repeatable: true,
          signal,
        })
      ).rollingRelease,
    async removeConfig(projectId, signal) {
      await api.ask(anything, {
        method: "DELETE",
        path: `${at(projectId)}/config`,
        repeatable: true,
        signal,
      });
    },
    billing: (projectId, signal) =>
      api.ask(rollingReleaseBillingAnswer, { path: `${at(projectId)}/billing`, signal }),
    get: async (projectId, signal) =>
      (await api.ask(rollingReleaseAnswer, { path: at(projectId), timeoutMs: 10_000, signal }))
        .rollingRelease,
    start: (projectId, canary, signal) => run(projectId, "start", { canaryDeploymentId: canary }, signal),
    approveStage: (projectId, canary, activeStage, signal) =>
      run(
        projectId,
        "approve-stage",
        {
          nextStageIndex: activeStage + 1,
          activeStageIndex: activeStage,
          canaryDeploymentId: canary,
        },
        signal,
      ),
    complete: (projectId, canary, signal) =>
      run(projectId, "complete", { canaryDeploymentId: canary }, signal),
  };
}
