import type { VercelClient } from "../client.js";
import { projectUnavailable, requestRefused } from "../problems.js";
import { isAbsent, VercelError } from "../vercel-error.js";
import type { ProjectAnswer } from "../wire/index.js";
import type { Explain } from "./explain.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** The project that the playbook names. */
export interface Project {
  /** As the platform has it now; undefined when a project of that name was not created yet. */
  look(signal?: AbortSignal): Promise<ProjectAnswer | undefined>;
  /** The same, where there must be one. @throws ATM-307 when it is not there. */
  present(signal?: AbortSignal): Promise<ProjectAnswer>;
  /** Its id, asked for once. @throws ATM-307 when it is not there. */
  id(signal?: AbortSignal): Promise<string>;
  /** The id, or undefined when there is no project yet: nothing is in it then. */
  idIfThere(signal?: AbortSignal): Promise<string | undefined>;
  ensure(signal?: AbortSignal): Promise<ProjectAnswer>;
  setAutoAssign(on: boolean, signal?: AbortSignal): Promise<void>;
}

export function projectOf(client: VercelClient, options: VercelPlatformOptions, explain: Explain): Project {
  const { project: wanted } = options;
  let known: string | undefined;

  const look = (signal?: AbortSignal) =>
    explain({ asked: `show the project ${wanted}` }, async () => {
      try {
        const found = await client.projects.get(wanted, signal);
        known = found.id;
        return found;
      } catch (error) {
        if (!isAbsent(error)) throw error;
        // Ids are given by the platform: a wrong one is a mistake, and no project yet to be made.
        if (wanted.startsWith("prj_")) throw error;
        known = undefined;
        return undefined;
      }
    });

  const present = async (signal?: AbortSignal) => {
    const found = await look(signal);
    if (found !== undefined) return found;
    throw projectUnavailable({
      platform: titleOf(options.name),
      api: options.api,
      asked: "show the contents",
      act: false,
      project: wanted,
      team: options.team,
      status: 404,
      code: "not_found",
      message: "there is no such project.",
    });
  };

  const idIfThere = async (signal?: AbortSignal) => known ?? (await look(signal))?.id;

  const create = (signal?: AbortSignal) =>
    explain({ asked: `create the project ${wanted}`, act: true }, async () => {
      try {
        return await client.projects.create(
          { name: wanted, ...(options.framework === undefined ? {} : { framework: options.framework }) },
          signal,
        );
      } catch (error) {
        // Made meanwhile by somebody else, or by a request whose answer was lost: either is what was wanted.
        if (error instanceof VercelError && (error.status === 409 || error.actMayHaveHappened)) {
          const found = await look(signal);
          if (found !== undefined) return found;
        }
        throw error;
      }
    });

  const setAutoAssign = (on: boolean, signal?: AbortSignal) =>
    explain(
      { asked: `${on ? "let" : "not let"} new production builds take traffic by themselves`, act: true },
      async () => {
        const project = await client.projects.update(wanted, { autoAssignCustomDomains: on }, signal);
        if ((project.autoAssignCustomDomains ?? true) === on) return;
        // The answer may be older than the act; a look decides.
        const now = await client.projects.get(wanted, signal);
        if ((now.autoAssignCustomDomains ?? true) === on) return;
        throw requestRefused({
          platform: titleOf(options.name),
          api: options.api,
          asked: `set autoAssignCustomDomains to ${on}`,
          act: true,
          status: 200,
          code: "not_changed",
          message: "the platform accepted the change, but still shows the old value.",
        });
      },
    );

  return {
    look,
    idIfThere,
    setAutoAssign,
    present,
    id: async (signal) => known ?? (await present(signal)).id,
    async ensure(signal) {
      const project = (await look(signal)) ?? (await create(signal));
      known = project.id;
      if ((project.autoAssignCustomDomains ?? true) !== false) await setAutoAssign(false, signal);
      return project;
    },
  };
}
