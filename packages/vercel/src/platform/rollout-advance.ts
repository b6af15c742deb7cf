import type { Platform, Problem } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { requestRefused } from "../problems.js";
import type { RollingRelease } from "../wire/index.js";
import { carryOut } from "./carry-out.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import { isOfOthers, type RollingRuns } from "./rolling-runs.js";
import { stageInWords, toRollout } from "./rollout.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** Moves a staged shift on: by one approval per stage, and by completing it for the last. */
export function rolloutAdvance(
  client: VercelClient,
  options: VercelPlatformOptions,
  parts: { project: Project; runs: RollingRuns; explain: Explain },
): Platform["advanceRollout"] {
  const { project, runs, explain } = parts;

  const notActive = (asked: string, code: string, message: string): Problem =>
    requestRefused({
      platform: titleOf(options.name),
      api: options.api,
      asked,
      act: true,
      status: 200,
      code,
      message,
    });

  /** The run of the candidate, active or complete; "over" when it completed and the next one has begun. */
  const runOf = async (
    projectId: string,
    candidate: string,
    asked: string,
    signal?: AbortSignal,
  ): Promise<RollingRelease | "over"> => {
    const run = await runs.latest(projectId, signal);
    if (run !== null && run.canaryDeployment?.id === candidate) {
      if (run.state !== "ABORTED") return run;
      throw notActive(asked, "aborted", `the rolling release to ${candidate} was aborted.`);
    }
    if (run?.state !== "ACTIVE") {
      throw notActive(asked, "not_active", `no rolling release to ${candidate} is under way.`);
    }
    if (run.currentDeployment?.id === candidate) return "over";
    throw isOfOthers(asked, run, options);
  };

  return async (candidate, stage, signal) => {
    const asked = `move the staged shift to ${candidate} on to stage ${stage}`;
    const projectId = await project.id(signal);
    const read = () =>
      explain({ asked: "show the rolling release" }, () => runOf(projectId, candidate, asked, signal));
    // Every round goes at least one stage further, or throws.
    for (let run = await read(); run !== "over"; run = await read()) {
      const { stage: at, shares } = toRollout(run);
      const last = shares.length - 1;
      if (!Number.isInteger(stage) || stage < 0 || stage > last) {
        throw new RangeError(`There is no stage ${stage}: the last one is ${last}.`);
      }
      if (at >= stage && !(run.state === "ACTIVE" && stage === last)) return;
      await carryOut(
        {
          subject: { asked, act: true, deployment: candidate },
          ask: () =>
            stage === last
              ? client.rollingRelease.complete(projectId, candidate, signal)
              : client.rollingRelease.approveStage(projectId, candidate, at, signal),
          missing: async () => {
            const now = await runOf(projectId, candidate, asked, signal);
            if (now === "over" || now.state === "COMPLETE") return undefined;
            const reached = stage < last && toRollout(now).stage > at;
            return reached ? undefined : `the rolling release is at ${stageInWords(now)}`;
          },
        },
        options,
        signal,
      );
    }
  };
}
