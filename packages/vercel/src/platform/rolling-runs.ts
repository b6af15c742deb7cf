import type { Platform, Problem } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { rollingReleaseInTheWay, rolloutOfOthers } from "../problems.js";
import { VercelError } from "../vercel-error.js";
import type { RollingRelease } from "../wire/index.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import { stageInWords, toRollout } from "./rollout.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** Reads the runs of rolling releases. */
export interface RollingRuns {
  /**
   * The latest run of the project; null when there never was one. A plan without rolling releases refuses to answer: it
   * has none either. @throws VercelError
   */
  latest(projectId: string, signal?: AbortSignal): Promise<RollingRelease | null>;
  read: Platform["rollout"];
}

export function rollingRuns(client: VercelClient, project: Project, explain: Explain): RollingRuns {
  const latest: RollingRuns["latest"] = async (projectId, signal) => {
    try {
      return await client.rollingRelease.get(projectId, signal);
    } catch (error) {
      const none = error instanceof VercelError && [402, 403, 404, 410].includes(error.status);
      if (none && !error.tokenRefused && error.code !== "not_understood") return null;
      throw error;
    }
  };
  return {
    latest,
    async read(signal) {
      const projectId = await project.idIfThere(signal);
      if (projectId === undefined) return undefined;
      const run = await explain({ asked: "show the rolling release" }, () => latest(projectId, signal));
      return run === null ? undefined : toRollout(run);
    },
  };
}

/** ATM-314 for the run that is under way. */
export function isOfOthers(asked: string, run: RollingRelease, options: VercelPlatformOptions): Problem {
  const { candidate, share } = toRollout(run);
  return rolloutOfOthers({
    platform: titleOf(options.name),
    api: options.api,
    asked,
    act: true,
    running: candidate,
    stages: stageInWords(run),
    share: Number((share * 100).toFixed(2)),
    startedAt: new Date(run.startedAt).toISOString(),
  });
}

/** ATM-313: what stands in the way of an act, and what that leaves true. */
export function isInTheWay(
  asked: string,
  facts: { obstacle: string; outcome: string },
  options: VercelPlatformOptions,
): Problem {
  const { name, api } = options;
  return rollingReleaseInTheWay({ platform: titleOf(name), api, asked, act: true, ...facts });
}
