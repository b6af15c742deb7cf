import type { Platform } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { isAbsent } from "../vercel-error.js";
import type { ProjectAnswer, RollingRelease, RollingReleaseConfig } from "../wire/index.js";
import { carryOut } from "./carry-out.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import { isInTheWay } from "./rolling-runs.js";
import { isInOurForm, sameStages } from "./rollout.js";
import type { VercelPlatformOptions } from "./settings.js";
import { metaKeys } from "./translate.js";

/**
 * The stages in the project's settings. While there are any, every promote begins a rolling release instead of moving
 * all traffic, so those of Atoms are there only for the length of its own staged shift. The settings have no room for a
 * name; whose they are is told by their form and by the latest run.
 */
export interface StagesSet {
  /** The settings now; null while rolling releases are switched off. */
  config(project: ProjectAnswer, signal?: AbortSignal): Promise<RollingReleaseConfig | null>;
  /**
   * Whether a crash of Atoms left the settings behind: they are in our form, and the latest run went through these very
   * stages with a deployment that Atoms made. Anything less may be a person's wish, and is not touched.
   */
  isLeftOver(
    config: RollingReleaseConfig,
    latest: RollingRelease | null,
    signal?: AbortSignal,
  ): Promise<boolean>;
  /** Makes sure that a promote moves all traffic at once. @throws ATM-313 when a run or settings of others forbid it. */
  makeWay(
    asked: string,
    project: ProjectAnswer,
    latest: RollingRelease | null,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Switches rolling releases off, and reads that they are. */
  remove(projectId: string, signal?: AbortSignal): Promise<void>;
  clear: Platform["clearRollout"];
}

export function stagesSet(
  client: VercelClient,
  options: VercelPlatformOptions,
  project: Project,
  explain: Explain,
): StagesSet {
  const config: StagesSet["config"] = async (now, signal) =>
    now.rollingRelease
      ? explain({ asked: "show the stages in the project's settings" }, () =>
          client.rollingRelease.config(now.id, signal),
        )
      : null;

  const madeByAtoms = (deployment: string, signal?: AbortSignal) =>
    explain({ asked: `show the deployment ${deployment}` }, async () => {
      try {
        const { meta } = await client.deployments.get(deployment, signal);
        return typeof meta?.[metaKeys.release] === "string";
      } catch (error) {
        if (isAbsent(error)) return false;
        throw error;
      }
    });

  const isLeftOver: StagesSet["isLeftOver"] = async (of, latest, signal) => {
    const canary = latest?.canaryDeployment?.id;
    if (canary === undefined || !isInOurForm(of) || !sameStages(latest?.stages, of.stages)) return false;
    return madeByAtoms(canary, signal);
  };

  const remove: StagesSet["remove"] = (projectId, signal) =>
    carryOut(
      {
        subject: { asked: "take the stages out of the project's settings", act: true },
        ask: () => client.rollingRelease.removeConfig(projectId, signal),
        missing: async () => {
          const now = await client.projects.get(projectId, signal);
          return now.rollingRelease ? "rolling releases are still switched on" : undefined;
        },
      },
      options,
      signal,
    );

  return {
    config,
    isLeftOver,
    remove,

    async makeWay(asked, now, latest, signal) {
      if (latest?.state === "ACTIVE") {
        const obstacle = `the rolling release to ${latest.canaryDeployment?.id ?? "another deployment"} is under way`;
        const outcome = "Nothing was asked of the platform; traffic is split as that rolling release has it.";
        throw isInTheWay(asked, { obstacle, outcome }, options);
      }
      const set = await config(now, signal);
      if (set === null) return;
      if (await isLeftOver(set, latest, signal)) return remove(now.id, signal);
      const obstacle =
        "rolling releases are on in the project's settings, and not for a canary of Atoms, so traffic would move in their stages and not at once";
      const outcome = "Nothing was asked of the platform; traffic is where it was.";
      throw isInTheWay(asked, { obstacle, outcome }, options);
    },

    async clear(signal) {
      const now = await project.look(signal);
      if (now === undefined) return;
      const set = await config(now, signal);
      if (set !== null && isInOurForm(set)) await remove(now.id, signal);
    },
  };
}
