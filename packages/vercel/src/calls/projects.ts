import type { Api } from "../api.js";
import { walk } from "../pages.js";
import { path } from "../path.js";
import {
  type AttackModeBody,
  attackModeAnswer,
  type CreateProjectBody,
  type ProjectAnswer,
  type ProjectDomain,
  type ProtectionBypassAnswer,
  type ProtectionBypassBody,
  projectAnswer,
  projectDomain,
  projectDomainsAnswer,
  protectionBypassAnswer,
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
  /** Has the firewall challenge every visitor that it does not know, or no longer. */
  setAttackMode(body: AttackModeBody, signal?: AbortSignal): Promise<void>;
  /** Makes or revokes a secret that passes protection. @returns those that are valid then. */
  changeBypass(
    idOrName: string,
    body: ProtectionBypassBody,
    signal?: AbortSignal,
  ): Promise<ProtectionBypassAnswer>;
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
    async setAttackMode(body, signal) {
      await api.ask(attackModeAnswer, {
        method: "POST",
        path: "/v1/security/attack-mode",
        body,
        repeatable: true,
        signal,
      });
    },
    changeBypass: (idOrName, body, signal) =>
      api.ask(protectionBypassAnswer, {
        method: "PATCH",
        path: path`/v1/projects/${idOrName}/protection-bypass`,
        body,
        signal,
      }),
  };
}
