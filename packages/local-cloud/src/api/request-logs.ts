import type { Hono } from "hono";
import type { RequestRecord, RuntimeLine } from "../model.js";
import type { World } from "../world.js";
import { number } from "./paging.js";

const PAGE = 100;

/** The log of requests as the CLI up to 60 reads it, newest first, with what was printed meanwhile. */
export function requestLogRoutes(app: Hono, world: World): void {
  app.get("/api/logs/request-logs", async (c) => {
    const page = number(c, "page") ?? 0;
    const found = await world.requests.newest(wantedBy(c.req.query()), {
      from: number(c, "startDate") ?? 0,
      to: number(c, "endDate") ?? Number.POSITIVE_INFINITY,
      most: (page + 1) * PAGE + 1,
    });
    const shown = found.slice(page * PAGE, (page + 1) * PAGE);
    const printed = await printedDuring(world, shown);
    const search = c.req.query("search")?.toLowerCase();
    const level = c.req.query("level");
    const rows = shown
      .map((record) => rowJson(record, printed.get(record.id) ?? []))
      .filter((row) => !search || JSON.stringify(row).toLowerCase().includes(search))
      .filter((row) => !level || row.logs.some((log) => level.split(",").includes(log.level)));
    return c.json({ rows, hasMoreRows: found.length > (page + 1) * PAGE });
  });
}

/** What a question asks for besides its time, read once for all records. */
function wantedBy(query: Readonly<Record<string, string>>): (record: RequestRecord) => boolean {
  const { projectId, environment, requestId, branch } = query;
  const deployments = query["deploymentId"] ? query["deploymentId"].split(",") : null;
  const statuses = query["statusCode"] ? query["statusCode"].split(",") : null;
  return (record) =>
    (!projectId || record.projectId === projectId) &&
    (!deployments || deployments.includes(record.deploymentId)) &&
    (!environment || environment === (record.target ?? "preview")) &&
    (!requestId || record.id === requestId) &&
    (!branch || record.branch === branch) &&
    (!statuses || statuses.some((wanted) => statusFits(record.status, wanted)));
}

/** `404`, `4xx`. */
function statusFits(status: number, wanted: string): boolean {
  return /^\dxx$/i.test(wanted) ? Math.floor(status / 100) === Number(wanted[0]) : status === Number(wanted);
}

async function printedDuring(
  world: World,
  records: readonly RequestRecord[],
): Promise<Map<string, RuntimeLine[]>> {
  const byRequest = new Map<string, RuntimeLine[]>();
  for (const deploymentId of new Set(records.map((record) => record.deploymentId))) {
    // A deployment that was removed has taken its printed lines along; its requests are still shown.
    if (!world.state.deployments.get(deploymentId)) continue;
    for (const line of await world.runtimeLogs.of(deploymentId).read()) {
      if (line.requestId === null) continue;
      const lines = byRequest.get(line.requestId) ?? [];
      lines.push(line);
      byRequest.set(line.requestId, lines);
    }
  }
  return byRequest;
}

function rowJson(record: RequestRecord, printed: readonly RuntimeLine[]) {
  return {
    requestId: record.id,
    timestamp: new Date(record.at).toISOString(),
    deploymentId: record.deploymentId,
    requestMethod: record.method,
    requestPath: record.path,
    statusCode: record.status,
    environment: record.target ?? "preview",
    domain: record.host,
    branch: record.branch ?? "",
    cache: "MISS",
    traceId: record.traceId,
    durationMs: record.durationMs,
    logs: printed.map(({ level, message }) => ({ level, message, messageTruncated: false })),
    events: [{ source: "serverless", httpStatus: record.runtimeStatus }],
  };
}
