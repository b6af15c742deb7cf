import type { Api } from "../api.js";
import { path } from "../path.js";
import {
  type MetricsBody,
  type MetricsRow,
  metricsAnswer,
  type ObservabilityBody,
  type RequestEvent,
  type RequestLogRow,
  type RuntimeEvent,
  type RuntimeLogLine,
  requestEventsAnswer,
  requestLogsAnswer,
  runtimeEventsAnswer,
  runtimeLogLine,
} from "../wire/index.js";

/** A span of time whose events are asked for. */
export interface EventWindow {
  ownerId: string;
  projectId: string;
  deploymentId: string;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  /** The newest so many, 1 to 1000. */
  limit: number;
}

/** What running deployments wrote and answered. */
export interface LogCalls {
  /** Lines that the service wrote; for projects of a team. Newest first. */
  runtimeEvents(window: EventWindow, signal?: AbortSignal): Promise<RuntimeEvent[]>;
  /** Requests that the deployment answered; for projects of a team. Newest first. */
  requestEvents(window: EventWindow, signal?: AbortSignal): Promise<RequestEvent[]>;
  /** A metric over time, by groups. */
  metrics(question: MetricsBody, signal?: AbortSignal): Promise<MetricsRow[]>;
  /** Newest first, one page; where the address serves it, which is the dashboard's and not the API's on Vercel. */
  requestLogs(window: EventWindow, signal?: AbortSignal): Promise<RequestLogRow[]>;
  /**
   * The stream of runtime lines, which stays open; for projects of a person too.
   * @param timeoutMs Milliseconds after which it is left.
   */
  runtimeLogs(
    projectId: string,
    deploymentId: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): AsyncGenerator<RuntimeLogLine>;
}

export function logCalls(api: Api): LogCalls {
  const call = (body: ObservabilityBody, signal: AbortSignal | undefined) => ({
    method: "POST" as const,
    path: "/v1/observability/events",
    body,
    // A question in the form of a POST.
    repeatable: true,
    timeoutMs: 15_000,
    signal,
  });
  return {
    runtimeEvents: async (window, signal) =>
      (await api.ask(runtimeEventsAnswer, call(question("vercel.log", runtimeMembers, window), signal)))
        .events,
    requestEvents: async (window, signal) =>
      (
        await api.ask(
          requestEventsAnswer,
          call(question("vercel.proxy_response", requestMembers, window), signal),
        )
      ).events,
    metrics: async (body, signal) =>
      (
        await api.ask(metricsAnswer, {
          method: "POST",
          path: "/v2/observability/query",
          body,
          repeatable: true,
          timeoutMs: 20_000,
          signal,
        })
      ).data,
    requestLogs: async ({ projectId, ownerId, deploymentId, from, to }, signal) =>
      (
        await api.ask(requestLogsAnswer, {
          path: "/api/logs/request-logs",
          query: { projectId, ownerId, deploymentId, startDate: from, endDate: to, page: 0 },
          timeoutMs: 15_000,
          signal,
        })
      ).rows,
    runtimeLogs: (projectId, deploymentId, timeoutMs, signal) =>
      api.stream(runtimeLogLine, {
        path: path`/v1/projects/${projectId}/deployments/${deploymentId}/runtime-logs`,
        // `follow=0` ends the stream after what there is, where that is known; Vercel keeps it open until the time is over.
        query: { format: "lines", follow: 0 },
        timeoutMs,
        signal,
      }),
  };
}

const runtimeMembers = ["timestamp", "level", "source", "message", "deploymentId", "requestPath"];
const requestMembers = ["timestamp", "httpStatus", "requestMethod", "requestHostname", "requestPath"];

function question(event: string, select: string[], window: EventWindow): ObservabilityBody {
  return {
    event,
    scope: { ownerId: window.ownerId, projectIds: [window.projectId] },
    timeRange: { start: new Date(window.from).toISOString(), end: new Date(window.to).toISOString() },
    select,
    order: "desc",
    limit: window.limit,
    filter: `(deploymentId:${JSON.stringify(window.deploymentId)})`,
  };
}
