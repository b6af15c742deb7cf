import type { Hono } from "hono";
import * as z from "zod";
import { environmentName } from "../runtime/environment.js";
import type { World } from "../world.js";
import { ApiError, badRequest, readBody } from "./api-error.js";

const METRIC = "vercel.request.count";
const VALUE = "vercel_request_count_sum";
const MINUTE = 60_000;
const DIMENSIONS = ["deployment_id", "http_status", "environment", "project_id"] as const;
type Dimension = (typeof DIMENSIONS)[number];

const queryBody = z.looseObject({
  scope: z.looseObject({ projectIds: z.array(z.string()).default([]) }),
  metric: z.string(),
  aggregation: z.literal("sum").default("sum"),
  startTime: z.iso.datetime(),
  endTime: z.iso.datetime(),
  granularity: z.object({ minutes: z.number().int().positive().max(1_440) }),
  groupBy: z.array(z.enum(DIMENSIONS)).default([]),
  filter: z.string().nullish(),
  limit: z.number().int().positive().max(500).default(10),
});

type Row = Record<string, string | number>;

/** Metrics over time, as `vercel metrics` asks for them. One is counted here: requests, by deployment and status. */
export function metricsRoutes(app: Hono, world: World): void {
  app.post("/observability/query", async (c) => {
    const body = await readBody(c, queryBody);
    if (body.metric !== METRIC)
      throw new ApiError(400, "unknown_metric", `Only ${METRIC} is counted here, not ${body.metric}.`);
    const length = body.granularity.minutes * MINUTE;
    // As on Vercel, the span is widened to whole buckets.
    const from = Math.floor(Date.parse(body.startTime) / length) * length;
    const to = Math.ceil(Date.parse(body.endTime) / length) * length;
    if (to <= from) throw badRequest("`endTime` has to be after `startTime`.");
    const fits = metricsFilter(body.filter ?? "");
    const groups = new Map<string, { total: number; dimensions: Row; buckets: Map<number, number> }>();
    for (const tally of world.requests.tallies()) {
      if (tally.at < from || tally.at >= to) continue;
      if (body.scope.projectIds.length > 0 && !body.scope.projectIds.includes(tally.projectId)) continue;
      const deployment = world.state.deployments.get(tally.deploymentId);
      const event: Record<Dimension, string> = {
        deployment_id: tally.deploymentId,
        http_status: String(tally.status),
        environment: deployment === undefined ? "" : environmentName(deployment),
        project_id: tally.projectId,
      };
      if (!fits(event)) continue;
      const dimensions = Object.fromEntries(body.groupBy.map((name) => [name, event[name]]));
      const key = JSON.stringify(dimensions);
      const group = groups.get(key) ?? { total: 0, dimensions, buckets: new Map<number, number>() };
      const bucket = Math.floor(tally.at / length) * length;
      group.total += tally.requests;
      group.buckets.set(bucket, (group.buckets.get(bucket) ?? 0) + tally.requests);
      groups.set(key, group);
    }
    const shown = [...groups.values()].sort((a, b) => b.total - a.total).slice(0, body.limit);
    const data = shown.flatMap(({ dimensions, buckets }) =>
      [...buckets].map(([at, requests]) => ({
        timestamp: new Date(at).toISOString(),
        ...dimensions,
        [VALUE]: requests,
      })),
    );
    data.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
    const summary = shown.map(({ dimensions, total }) => ({ ...dimensions, [VALUE]: total }));
    return c.json({ data, summary, statistics: { rowsRead: data.length } });
  });
}

const COMPARISON = /^\s*(\w+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*$/;

/**
 * Reads a filter of comparisons that `or` and `and` connect, `and` the stronger, e.g. `deployment_id eq 'dpl_x' or
 * http_status ne '200'`. Brackets and other operators are refused, not guessed.
 */
export function metricsFilter(text: string): (event: Readonly<Record<Dimension, string>>) => boolean {
  if (text.trim() === "") return () => true;
  const comparison = (part: string) => {
    const [, name, operator, value = ""] = COMPARISON.exec(part) ?? [];
    if (!DIMENSIONS.includes(name as Dimension))
      throw new ApiError(400, "invalid_filter", `The filter is not understood at: ${part.trim()}`);
    const wanted = value.replaceAll("''", "'");
    return (event: Readonly<Record<Dimension, string>>) =>
      (event[name as Dimension] === wanted) === (operator === "eq");
  };
  const outside = (word: string) => new RegExp(`\\s+${word}\\s+(?=(?:[^']*'[^']*')*[^']*$)`);
  const either = text.split(outside("or")).map((one) => one.split(outside("and")).map(comparison));
  return (event) => either.some((all) => all.every((one) => one(event)));
}
