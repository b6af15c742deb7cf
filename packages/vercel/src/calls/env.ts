import type { Api } from "../api.js";
import { path } from "../path.js";
import {
  type CreateEnvAnswer,
  type CreateEnvItem,
  createEnvAnswer,
  type EnvItem,
  envItem,
  envsAnswer,
  type UpdateEnvBody,
} from "../wire/index.js";

/** Environment variables of a project; they reach later deployments only. */
export interface EnvCalls {
  /** @param decrypt Asks for values in the clear, where the platform can show them. */
  list(projectId: string, decrypt: boolean, signal?: AbortSignal): Promise<EnvItem[]>;
  /** One variable with its value in the clear. */
  get(projectId: string, id: string, signal?: AbortSignal): Promise<EnvItem>;
  /** Creates a variable, or replaces the one of the same key and targets. */
  upsert(projectId: string, item: CreateEnvItem, signal?: AbortSignal): Promise<CreateEnvAnswer>;
  update(projectId: string, id: string, change: UpdateEnvBody, signal?: AbortSignal): Promise<EnvItem>;
}

export function envCalls(api: Api): EnvCalls {
  return {
    list: async (projectId, decrypt, signal) =>
      (
        await api.ask(envsAnswer, {
          path: path`/v10/projects/${projectId}/env`,
          query: { decrypt: decrypt || undefined },
          signal,
        })
      ).envs,
    get: (projectId, id, signal) =>
      api.ask(envItem, { path: path`/v1/projects/${projectId}/env/${id}`, signal }),
    upsert: (projectId, item, signal) =>
      api.ask(createEnvAnswer, {
        method: "POST",
        path: path`/v10/projects/${projectId}/env`,
        query: { upsert: true },
        body: item,
        repeatable: true,
        signal,
      }),
    update: (projectId, id, change, signal) =>
      api.ask(envItem, {
        method: "PATCH",
        path: path`/v9/projects/${projectId}/env/${id}`,
        body: change,
        repeatable: true,
        signal,
      }),
  };
}
