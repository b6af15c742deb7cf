import type { Api } from "../api.js";
import { walk } from "../pages.js";
import { path } from "../path.js";
import {
  type CreateProjectBody,
  type ProjectAnswer,
  type ProjectDomain,
  projectAnswer,
  projectDomain,
  projectDomainsAnswer,
  type UpdateProjectBody,
} from "../wire/index.js";

/** Projects and their domains. */
export interface ProjectCalls {
  get(idOrName: string, signal?: AbortSignal): Promise<ProjectAnswer>;
  create(body: CreateProjectBody, signal?: AbortSignal): Promise<ProjectAnswer>;
  update(idOrName: string, body: UpdateProjectBody, signal?: AbortSignal): Promise<ProjectAnswer>;
  /** Every domain of the project, page by page. */
  domains(idOrName: string, signal?: AbortSignal): AsyncGenerator<ProjectDomain>;
  addDomain(idOrName: string, name: string, signal?: AbortSignal): Promise<ProjectDomain>;
}

export function projectCalls(api: Api): ProjectCalls {
  return {
    get: (idOrName, signal) =>
      api.ask(projectAnswer, { path: path`/v9/projects/${idOrName}`, timeoutMs: 10_000, signal }),
    create: (body, signal) => api.ask(projectAnswer, { method: "POST", path: "/v11/projects", body, signal }),
    update: (idOrName, body, signal) =>
      api.ask(projectAnswer, {
        method: "PATCH",
        path: path`/v9/projects/${idOrName}`,
        body,
        repeatable: true,
        signal,
      }),
    domains: (idOrName, signal) =>
      walk(async (until) => {
        const { domains, pagination } = await api.ask(projectDomainsAnswer, {
          path: path`/v9/projects/${idOrName}/domains`,
          query: { limit: 100, until },
          timeoutMs: 10_000,
          signal,
        });
        return { items: domains, pagination };
      }),
    addDomain: (idOrName, name, signal) =>
      api.ask(projectDomain, {
        method: "POST",
        path: path`/v10/projects/${idOrName}/domains`,
        body: { name },
        signal,
      }),
  };
}
