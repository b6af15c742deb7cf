import { z } from "zod";
import { epochMs } from "./common.js";

/** One line of `GET /v1/projects/{p}/deployments/{d}/runtime-logs`, type `application/stream+json`. */
export const runtimeLogLine = z.object({
  level: z.string(),
  message: z.string(),
  rowId: z.string(),
  source: z.string(),
  timestampInMs: epochMs,
  domain: z.string(),
  messageTruncated: z.boolean(),
  requestMethod: z.string(),
  requestPath: z.string(),
  responseStatusCode: z.number(),
});
export type RuntimeLogLine = z.infer<typeof runtimeLogLine>;

/** Query of `GET /api/logs/request-logs`. */
export const requestLogsQuery = z.object({
  projectId: z.string().optional(),
  ownerId: z.string().optional(),
  page: z.coerce.number().optional(),
  startDate: z.coerce.number().optional(),
  endDate: z.coerce.number().optional(),
  deploymentId: z.string().optional(),
  environment: z.string().optional(),
  level: z.string().optional(),
  statusCode: z.string().optional(),
  source: z.string().optional(),
  search: z.string().optional(),
  requestId: z.string().optional(),
  branch: z.string().optional(),
});
export type RequestLogsQuery = z.infer<typeof requestLogsQuery>;

/** One request with the lines it wrote. */
export const requestLogRow = z.object({
  requestId: z.string(),
  timestamp: z.string(),
  deploymentId: z.string(),
  requestMethod: z.string(),
  requestPath: z.string(),
  statusCode: z.number(),
  environment: z.string(),
  domain: z.string(),
  branch: z.string().optional(),
  cache: z.string().optional(),
  traceId: z.string().optional(),
  logs: z.array(
    z.object({ level: z.string(), message: z.string(), messageTruncated: z.boolean().optional() }),
  ),
  events: z.array(z.object({ source: z.string() })),
});
export type RequestLogRow = z.infer<typeof requestLogRow>;

/** Answer of `GET /api/logs/request-logs`. */
export const requestLogsAnswer = z.object({ rows: z.array(requestLogRow), hasMoreRows: z.boolean() });
export type RequestLogsAnswer = z.infer<typeof requestLogsAnswer>;

/** Body of `POST /v1/observability/events`, for team projects only. */
export const observabilityBody = z.object({
  /** `vercel.log`: runtime lines; `vercel.proxy_response`: requests. */
  event: z.string(),
  scope: z.object({ ownerId: z.string(), projectIds: z.array(z.string()).optional() }),
  /** ISO 8601. */
  timeRange: z.object({ start: z.string(), end: z.string() }),
  select: z.array(z.string()).optional(),
  order: z.string().optional(),
  limit: z.number().optional(),
  /** E.g. `(deploymentId:"dpl_x")`. */
  filter: z.string().optional(),
  cursor: z.string().optional(),
});
export type ObservabilityBody = z.infer<typeof observabilityBody>;

/** A line a running deployment wrote. */
export const runtimeEvent = z.object({
  timestamp: z.union([z.string(), z.number()]),
  level: z.string().optional(),
  source: z.string().optional(),
  service: z.string().optional(),
  message: z.string().optional(),
  deploymentId: z.string().optional(),
  requestId: z.string().optional(),
  requestPath: z.string().optional(),
  requestMethod: z.string().optional(),
  domain: z.string().optional(),
  environment: z.string().optional(),
  truncated: z.boolean().optional(),
});
export type RuntimeEvent = z.infer<typeof runtimeEvent>;

/** A request a deployment answered. */
export const requestEvent = z.object({
  timestamp: z.union([z.string(), z.number()]),
  httpStatus: z.number().optional(),
  requestMethod: z.string().optional(),
  cacheResult: z.string().optional(),
  requestId: z.string().optional(),
  requestHostname: z.string().optional(),
  requestPath: z.string().optional(),
  deploymentId: z.string().optional(),
});
export type RequestEvent = z.infer<typeof requestEvent>;

const more = z.object({ hasMore: z.boolean(), nextCursor: z.string().nullable() });

/** Answers of `POST /v1/observability/events`, by the event asked for. */
export const runtimeEventsAnswer = z.object({ events: z.array(runtimeEvent), pagination: more });
export type RuntimeEventsAnswer = z.infer<typeof runtimeEventsAnswer>;
export const requestEventsAnswer = z.object({ events: z.array(requestEvent), pagination: more });
export type RequestEventsAnswer = z.infer<typeof requestEventsAnswer>;

/** Body of `POST /v2/observability/query`: one metric over time, by groups. Needs Observability Plus on Vercel. */
export const metricsBody = z.object({
  scope: z.object({ type: z.literal("project"), ownerId: z.string(), projectIds: z.array(z.string()) }),
  /** E.g. `vercel.request.count`. */
  metric: z.string(),
  aggregation: z.string().optional(),
  /** ISO 8601. */
  startTime: z.string(),
  endTime: z.string(),
  granularity: z.object({ minutes: z.number() }),
  groupBy: z.array(z.string()).optional(),
  /** E.g. `deployment_id eq 'dpl_x' or deployment_id eq 'dpl_y'`. */
  filter: z.string().optional(),
  /** Most groups. */
  limit: z.number().optional(),
});
export type MetricsBody = z.infer<typeof metricsBody>;

/** One group in one bucket: its dimensions, and the value in a member such as `vercel_request_count_sum`. */
export const metricsRow = z
  .object({ timestamp: z.string() })
  .catchall(z.union([z.string(), z.number(), z.null()]));
export type MetricsRow = z.infer<typeof metricsRow>;

/** Answer of `POST /v2/observability/query`. */
export const metricsAnswer = z.object({
  data: z.array(metricsRow).default([]),
  summary: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))).default([]),
});
