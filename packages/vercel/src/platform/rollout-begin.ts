import { isProblem, type Platform } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { outcomeUnknown } from "../problems.js";
import type { ProjectAnswer, RollingRelease, RollingReleaseConfigBody } from "../wire/index.js";
import { carryOut } from "./carry-out.js";
import type { Subject } from "./explain.js";
import { servesAlone } from "./move.js";
import type { ProductionReader } from "./production.js";
import type { Project } from "./project.js";
import { isInTheWay, isOfOthers, type RollingRuns } from "./rolling-runs.js";
import { configurationOf, isInOurForm, isShiftTo, sameStages } from "./rollout.js";
import type { VercelPlatformOptions } from "./settings.js";
import type { StagesSet } from "./stages-set.js";
import type { WhyRefused } from "./why-refused.js";

/** Begins a staged shift: puts the stages into the project's settings, and starts a run, which copies them. */
export function rolloutBegin(
  client: VercelClient,
  options: VercelPlatformOptions,
  parts: {
    project: Project;
    reader: ProductionReader;
    runs: RollingRuns;
    stages: StagesSet;
    why: WhyRefused;
  },
): Platform["beginRollout"] {
  const { project, reader, runs, stages, why } = parts;

  /** Puts the stages into the settings. @returns whether they were not there before. */
  const configure = async (
    now: ProjectAnswer,
    body: RollingReleaseConfigBody,
    latest: RollingRelease | null,
    subject: Subject,
    signal?: AbortSignal,
  ): Promise<boolean> => {
    const set = await stages.config(now, signal);
    // Ours from a first try that did not get further, or as good as ours.
    if (set !== null && isInOurForm(set) && sameStages(set.stages, body.stages)) return false;
    if (set !== null && !(await stages.isLeftOver(set, latest, signal))) {
      const obstacle =
        "rolling releases are on in the project's settings with other stages, which are not of Atoms";
      const outcome = "Those settings were left as they are; traffic is where it was.";
      throw isInTheWay(subject.asked, { obstacle, outcome }, options);
    }
    await carryOut(
      {
        subject,
        ask: () => client.rollingRelease.configure(now.id, body, signal),
        missing: async () => {
          const config = await client.rollingRelease.config(now.id, signal);
          return sameStages(config?.stages, body.stages) ? undefined : "the settings have no such stages";
        },
        whyRefused: (error) => why.ofRollingRelease(error, now.id, subject, signal),
      },
      options,
      signal,
    );
    return true;
  };

  const start = (
    projectId: string,
    candidate: string,
    wanted: RollingReleaseConfigBody["stages"],
    asked: string,
    signal?: AbortSignal,
  ) => {
    const subject: Subject = { asked, act: true, deployment: candidate };
    return carryOut(
      {
        subject,
        ask: () => client.rollingRelease.start(projectId, candidate, signal),
        missing: async () => {
          const run = await runs.latest(projectId, signal);
          if (run?.state !== "ACTIVE") return "no rolling release is under way";
          if (isShiftTo(run, candidate, wanted ?? [])) return undefined;
          throw isOfOthers(asked, run, options);
        },
        whyRefused: (error) =>
          error.status === 404 || error.status === 422
            ? why.ofDeployment(error, candidate, subject, signal)
            : why.ofRollingRelease(error, projectId, subject, signal),
      },
      options,
      signal,
    );
  };

  return async (candidate, shares, signal) => {
    const body = configurationOf(shares);
    const asked = `shift traffic to ${candidate} in stages`;
    const sight = await reader.see(signal);
    if (sight.run?.state === "ACTIVE") {
      if (isShiftTo(sight.run, candidate, body.stages ?? [])) return;
      throw isOfOthers(asked, sight.run, options);
    }
    if (servesAlone(sight, candidate)) return;
    const now = sight.project ?? (await project.present(signal));
    const added = await configure(now, body, sight.run, { asked, act: true }, signal);
    try {
      await start(now.id, candidate, body.stages, asked, signal);
    } catch (error) {
      // A refused start leaves no stages behind. Where it is not known whether it began, they stay for the next try.
      const refused = isProblem(error) && error.code !== outcomeUnknown.code;
      if (added && refused) await stages.remove(now.id, signal).catch(() => undefined);
      throw error;
    }
  };
}
