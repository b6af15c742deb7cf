import type { Platform, Variable } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { inParallel } from "../in-parallel.js";
import { requestRefused } from "../problems.js";
import type { EnvItem } from "../wire/index.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** The project's environment variables. */
export type Variables = Pick<Platform, "variables" | "setVariable">;

export function variables(
  client: VercelClient,
  options: VercelPlatformOptions,
  project: Project,
  explain: Explain,
): Variables {
  /** The value in the clear: lists may show cipher text, one variable alone is always shown decrypted. */
  const shownValue = async (projectId: string, item: EnvItem, signal?: AbortSignal) => {
    if (item.type === "plain" || item.decrypted === true || item.id === undefined) return item.value;
    return (await client.env.get(projectId, item.id, signal)).value;
  };

  return {
    async variables({ values }, signal) {
      const projectId = await project.idIfThere(signal);
      if (projectId === undefined) return [];
      return explain({ asked: "list the project's variables" }, async () => {
        const items = await client.env.list(projectId, values, signal);
        return inParallel(items, 4, async (item): Promise<Variable> => {
          const readable = isReadable(item);
          const value = values && readable ? await shownValue(projectId, item, signal) : undefined;
          return {
            key: item.key,
            targets: targetsOf(item),
            readable,
            ...(typeof item.updatedAt === "number" ? { changedAt: item.updatedAt } : {}),
            ...(value === undefined ? {} : { value }),
          };
        });
      });
    },

    async setVariable(key, value, { secret }, signal) {
      // Variables are set before the first deployment, when there may be no project yet.
      const projectId = (await project.idIfThere(signal)) ?? (await project.ensure(signal)).id;
      await explain({ asked: `set the variable ${key}`, act: true }, async () => {
        const items = await client.env.list(projectId, false, signal);
        const there = items.find(
          (item) => item.key === key && !item.gitBranch && targetsOf(item).includes("production"),
        );
        if (there?.id !== undefined) {
          // What is secret stays so: the platform lets nobody make a sensitive variable readable again.
          const type = secret && isReadable(there) ? { type: "sensitive" as const } : {};
          await client.env.update(projectId, there.id, { value, ...type }, signal);
          return;
        }
        const { failed } = await client.env.upsert(
          projectId,
          { key, value, type: secret ? "sensitive" : "encrypted", target: ["production"] },
          signal,
        );
        const failure = failed[0]?.error;
        if (failure === undefined) return;
        throw requestRefused({
          platform: titleOf(options.name),
          api: options.api,
          asked: `set the variable ${key}`,
          act: true,
          status: 201,
          code: failure.code,
          message: failure.message,
        });
      });
    },
  };
}

const isReadable = (item: EnvItem) => item.type !== "sensitive";

function targetsOf(item: EnvItem): string[] {
  if (item.target === null || item.target === undefined) return [];
  return Array.isArray(item.target) ? item.target : [item.target];
}
