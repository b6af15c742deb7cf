import { type Findings, type HealthStatus, overall } from "../health.js";
import type { Services } from "../services.js";
import { problem } from "./answers.js";
import type { Exchange } from "./exchange.js";

/** Answers `/health`. */
export async function healthAnswer(exchange: Exchange, services: Services): Promise<Response> {
  const { config, faults, runtime } = services;
  const fault = faults.fire("health")?.as;
  if (fault === "error")
    return problem(500, "internal_error", "Something went wrong on our side.", exchange.requestId);
  const [maintenance, found] = await Promise.all([services.maintenance.on(), services.health.findings()]);
  const findings = disguised(found, fault);
  const status = overall(findings, maintenance);
  const body = {
    status,
    service: "atoms-mcp-server",
    version: services.version(),
    commit: config.commit,
    deployment_id: config.deploymentId,
    environment: config.env,
    region: config.region,
    instance: services.instance,
    started_at: new Date(services.startedAt).toISOString(),
    timestamp: new Date(runtime.now()).toISOString(),
    uptime_seconds: Math.round((runtime.now() - services.startedAt) / 100) / 10,
    checks: findings,
    maintenance,
    ...(maintenance ? { retry_after: config.maintenance.retryAfter } : {}),
  };
  return Response.json(body, { status: httpStatus(status) });
}

/** Answers `/health/ready`. */
export async function readyAnswer(services: Services): Promise<Response> {
  const reasons = await services.health.notReadyBecause(await services.maintenance.on());
  return reasons.length === 0
    ? Response.json({ status: "ready" })
    : Response.json({ status: "not_ready", reasons }, { status: 503 });
}

function httpStatus(status: HealthStatus): number {
  return status === "unhealthy" ? 503 : 200;
}

/** An injected fault looks like a real one: nothing in the body tells them apart. */
function disguised(findings: Findings, fault: "unhealthy" | "degraded" | undefined): Findings {
  if (fault === "unhealthy") return { ...findings, database: { ...findings.database, status: "unhealthy" } };
  if (fault === "degraded") return { ...findings, rate_limiter: { status: "degraded" } };
  return findings;
}
