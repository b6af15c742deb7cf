import type { Hono } from "hono";
import * as z from "zod";
import type { Deployment, RequestRecord, RuntimeLine } from "../model.js";
import { environmentName } from "../runtime/environment.js";
import type { World } from "../world.js";
import { ApiError, badRequest, readBody } from "./api-error.js";
import { eventFilter, FilterError, type FilterFields } from "./event-filter.js";

const PAGE_MAX = 1_000;
const MESSAGE_MAX = 8 * 1024;

const queryBody = z.looseObject({
  event: z.enum(["vercel.log", "vercel.proxy_response"]),
  scope: z.looseObject({ projectIds: z.array(z.string()).default([]) }),
  timeRange: z.looseObject({ start: z.string(), end: z.string() }),
  order: z.enum(["asc", "desc"]).default("desc"),
  limit: z.number().int().positive().max(10_000).default(100),
  filter: z.string().nullish(),
  cursor: z.string().nullish(),
});

type ObservedEvent = FilterFields & { readonly timestamp: string; readonly at: number };

/** Logs and requests as the CLI from 64 on asks for them: `vercel.log` are lines, `vercel.proxy_response` requests. */
export function observabilityRoutes(app: Hono, world: World): void {
  app.post("/observability/events", async (c) => {
    const body = await readBody(c, queryBody);
    const fits = filterOf(body.filter ?? "");
    const [start, end] = [Date.parse(body.timeRange.start), Date.parse(body.timeRange.end)];
    if (Number.isNaN(start) || Number.isNaN(end))
      throw badRequest("`timeRange` needs `start` and `end` as ISO 8601.");
    const of = (projectId: string) =>
      body.scope.projectIds.length === 0 || body.scope.projectIds.includes(projectId);
    const all =
      body.event === "vercel.log"
        ? await lines(world, of, start, end)
        : await requests(world, of, start, end);
    const found = all.filter(fits);
    found.sort((a, b) => (body.order === "desc" ? b.at - a.at : a.at - b.at));
    const from = Number(body.cursor ?? 0);
    if (!Number.isInteger(from) || from < 0) throw badRequest("`cursor` is not one that this server gave.");
    const to = from + Math.min(body.limit, PAGE_MAX);
    const hasMore = found.length > to;
    return c.json({
      events: found.slice(from, to).map(({ at: _, ...event }) => event),
      pagination: { hasMore, nextCursor: hasMore ? String(to) : null },
    });
  });
}

function filterOf(text: string): (fields: FilterFields) => boolean {
  try {
    return eventFilter(text);
  } catch (error) {
    if (error instanceof FilterError)
      throw new ApiError(400, "invalid_filter", `The filter is not understood: ${error.message}`);
    throw error;
  }
}

type OfProject = (projectId: string) => boolean;

async function requests(world: World, of: OfProject, from: number, to: number): Promise<ObservedEvent[]> {
  const found = await world.requests.newest((record) => of(record.projectId), { from, to });
  return found.map(requestEvent);
}

function requestEvent(record: RequestRecord): ObservedEvent {
  return {
    at: record.at,
    timestamp: new Date(record.at).toISOString(),
    httpStatus: record.status,
    statusCode: record.status,
    requestMethod: record.method,
    cacheResult: "MISS",
    requestId: record.id,
    requestHostname: record.host,
    requestPath: record.path,
    pathType: "func",
    deploymentId: record.deploymentId,
    projectId: record.projectId,
    environment: record.target ?? "preview",
    branch: record.branch,
    level: record.status >= 500 ? "error" : record.status >= 400 ? "warning" : "info",
  };
}

async function lines(world: World, of: OfProject, start: number, end: number): Promise<ObservedEvent[]> {
  const printed: { deployment: Deployment; line: RuntimeLine }[] = [];
  for (const deployment of world.state.deployments.filter((one) => of(one.projectId))) {
    for (const line of await world.runtimeLogs.of(deployment.id).read())
      if (line.at >= start && line.at <= end) printed.push({ deployment, line });
  }
  const ids = printed.flatMap(({ line }) => (line.requestId === null ? [] : [line.requestId]));
  const byId = await world.requests.named(new Set(ids));
  return printed.map(({ deployment, line }) => {
    const request = line.requestId === null ? undefined : byId.get(line.requestId);
    return lineEvent(line, request, deployment.url, deployment.id, environmentName(deployment));
  });
}

function lineEvent(
  line: RuntimeLine,
  request: RequestRecord | undefined,
  url: string,
  deploymentId: string,
  environment: string,
): ObservedEvent {
  return {
    at: line.at,
    timestamp: new Date(line.at).toISOString(),
    level: line.level,
    source: "serverless",
    service: "",
    message: line.message.slice(0, MESSAGE_MAX),
    truncated: line.message.length > MESSAGE_MAX,
    deploymentId,
    requestId: line.requestId ?? "",
    requestPath: request?.path ?? "",
    requestMethod: request?.method ?? "",
    domain: request?.host ?? url,
    environment,
    statusCode: line.statusCode ?? request?.status ?? null,
    httpStatus: line.statusCode ?? request?.status ?? null,
  };
}
