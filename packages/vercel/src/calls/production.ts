import type { Api } from "../api.js";
import { path } from "../path.js";
import { moveAnswer } from "../wire/index.js";

/** Moves of production traffic. Both return when accepted; how far they are is in `project.lastAliasRequest`. */
export interface ProductionCalls {
  /** @returns `queued` when it waits behind a rolling release that is under way. */
  promote(projectId: string, deployment: string, signal?: AbortSignal): Promise<"accepted" | "queued">;
  /** @param because Shown with the rollback on the platform. */
  rollBack(projectId: string, deployment: string, because: string, signal?: AbortSignal): Promise<void>;
}

export function productionCalls(api: Api): ProductionCalls {
  return {
    async promote(projectId, deployment, signal) {
      const { status } = await api.askWithStatus(moveAnswer, {
        method: "POST",
        path: path`/v10/projects/${projectId}/promote/${deployment}`,
        body: {},
        timeoutMs: 20_000,
        signal,
      });
      return status === 202 ? "queued" : "accepted";
    },
    async rollBack(projectId, deployment, because, signal) {
      await api.ask(moveAnswer, {
        method: "POST",
        path: path`/v1/projects/${projectId}/rollback/${deployment}`,
        query: { description: because === "" ? undefined : because.slice(0, 500) },
        body: {},
        timeoutMs: 15_000,
        signal,
      });
    },
  };
}
