import { z } from "zod";
import type { Api } from "../api.js";
import { walk } from "../pages.js";
import { path } from "../path.js";
import {
  type BuildEvent,
  buildEvent,
  type CreateDeploymentBody,
  type DeploymentAnswer,
  deploymentAnswer,
  deploymentsAnswer,
  nestedBuildEvent,
} from "../wire/index.js";

/** Which deployments a list shows. */
export interface DeploymentFilter {
  projectId?: string;
  target?: "production";
  /** Only those with these entries in their meta. */
  meta?: Record<string, string>;
  /** Items of one page, 1 to 100. Default 20. */
  pageSize?: number;
}

/** Deployments and what their builds wrote. */
export interface DeploymentCalls {
  /** @throws VercelError `missing_files` with the digests to upload first. */
  create(body: CreateDeploymentBody, signal?: AbortSignal): Promise<DeploymentAnswer>;
  /** By id, by its own host, or by any alias that leads to it. */
  get(idOrHost: string, signal?: AbortSignal): Promise<DeploymentAnswer>;
  /** Newest first. */
  list(filter: DeploymentFilter, signal?: AbortSignal): AsyncGenerator<DeploymentAnswer>;
  cancel(id: string, signal?: AbortSignal): Promise<DeploymentAnswer>;
  remove(id: string, signal?: AbortSignal): Promise<void>;
  /**
   * What the build wrote, oldest first.
   * @param options.newest Only so many of the newest lines; all that there are without it.
   * @param options.follow Goes on until the build has ended, at most `timeoutMs` (default 30 s).
   */
  events(
    id: string,
    options?: { newest?: number; follow?: boolean; timeoutMs?: number },
    signal?: AbortSignal,
  ): AsyncGenerator<BuildEvent>;
}

/** The flat form, the form with a payload, or an array of either on one line. */
const eventLine = z.union([buildEvent.extend({ text: z.string() }), nestedBuildEvent, buildEvent]);
const eventLines = z.union([z.array(eventLine), eventLine]);

export function deploymentCalls(api: Api): DeploymentCalls {
  return {
    create: (body, signal) =>
      api.ask(deploymentAnswer, {
        method: "POST",
        path: "/v13/deployments",
        query: { forceNew: 1, skipAutoDetectionConfirmation: 1 },
        body,
        timeoutMs: 60_000,
        signal,
      }),
    get: (idOrHost, signal) =>
      api.ask(deploymentAnswer, { path: path`/v13/deployments/${idOrHost}`, timeoutMs: 10_000, signal }),
    list: ({ projectId, target, meta = {}, pageSize = 20 }, signal) =>
      walk(async (until) => {
        const { deployments, pagination } = await api.ask(deploymentsAnswer, {
          path: "/v6/deployments",
          query: {
            projectId,
            target,
            limit: pageSize,
            until,
            ...Object.fromEntries(Object.entries(meta).map(([key, value]) => [`meta-${key}`, value])),
          },
          timeoutMs: 15_000,
          signal,
        });
        return { items: deployments, pagination };
      }),
    cancel: (id, signal) =>
      api.ask(deploymentAnswer, {
        method: "PATCH",
        path: path`/v12/deployments/${id}/cancel`,
        body: {},
        repeatable: true,
        signal,
      }),
    async remove(id, signal) {
      await api.ask(z.object({}), {
        method: "DELETE",
        path: path`/v13/deployments/${id}`,
        repeatable: true,
        signal,
      });
    },
    async *events(id, { newest, follow = false, timeoutMs } = {}, signal) {
      const answered = api.stream(eventLines, {
        path: path`/v3/deployments/${id}/events`,
        query: {
          format: "lines",
          direction: newest === undefined ? "forward" : "backward",
          limit: newest,
          follow: follow ? 1 : undefined,
          builds: 1,
        },
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        signal,
      });
      if (newest === undefined) {
        for await (const line of answered) yield* flat(line);
        return;
      }
      const lines: BuildEvent[] = [];
      for await (const line of answered) lines.push(...flat(line));
      yield* lines.sort((a, b) => a.created - b.created).slice(-newest);
    },
  };
}

function flat(line: z.infer<typeof eventLines>): BuildEvent[] {
  return (Array.isArray(line) ? line : [line]).map((event) =>
    "payload" in event ? { ...event.payload, type: event.type, created: event.created } : event,
  );
}
