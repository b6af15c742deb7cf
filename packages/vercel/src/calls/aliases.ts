import type { Api } from "../api.js";
import { walk } from "../pages.js";
import { path } from "../path.js";
import {
  type AliasAnswer,
  type AssignAliasAnswer,
  aliasesAnswer,
  assignAliasAnswer,
  deletedAliasAnswer,
} from "../wire/index.js";

/** Hosts that lead to deployments. */
export interface AliasCalls {
  list(projectId: string, signal?: AbortSignal): AsyncGenerator<AliasAnswer>;
  /** Points a host at a deployment; taking it from another is allowed. */
  assign(deployment: string, host: string, signal?: AbortSignal): Promise<AssignAliasAnswer>;
  remove(idOrHost: string, signal?: AbortSignal): Promise<void>;
}

export function aliasCalls(api: Api): AliasCalls {
  return {
    list: (projectId, signal) =>
      walk(async (until) => {
        const { aliases, pagination } = await api.ask(aliasesAnswer, {
          path: "/v4/aliases",
          query: { projectId, limit: 100, until },
          timeoutMs: 15_000,
          signal,
        });
        return { items: aliases, pagination };
      }),
    assign: (deployment, host, signal) =>
      api.ask(assignAliasAnswer, {
        method: "POST",
        path: path`/v2/deployments/${deployment}/aliases`,
        body: { alias: host },
        repeatable: true,
        signal,
      }),
    async remove(idOrHost, signal) {
      await api.ask(deletedAliasAnswer, {
        method: "DELETE",
        path: path`/v2/aliases/${idOrHost}`,
        repeatable: true,
        signal,
      });
    },
  };
}
