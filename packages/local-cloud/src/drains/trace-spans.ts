import type { Deployment, RequestRecord } from "../model.js";
import { environmentName } from "../runtime/environment.js";

const SERVER_KIND = 2;
const STATUS_ERROR = 2;

/** A request as a span, with the deployment it belongs to. */
export interface DrainSpan {
  readonly deploymentId: string;
  readonly projectId: string;
  readonly environment: string;
  readonly path: string;
  readonly projectName: string;
  readonly span: Readonly<Record<string, unknown>>;
}

function attribute(key: string, value: string | number) {
  return typeof value === "number"
    ? { key, value: { intValue: String(value) } }
    : { key, value: { stringValue: value } };
}

function nanoseconds(ms: number): string {
  return (BigInt(Math.round(ms * 1000)) * 1000n).toString();
}

/** The request as the edge saw it: from its arrival to the end of its answer. */
export function requestSpan(record: RequestRecord, deployment: Deployment): DrainSpan {
  const path = record.path.split("?")[0] ?? "/";
  return {
    deploymentId: record.deploymentId,
    projectId: record.projectId,
    environment: environmentName(deployment),
    path: record.path,
    projectName: deployment.name,
    span: {
      traceId: record.traceId,
      spanId: record.spanId,
      ...(record.parentSpanId === null ? {} : { parentSpanId: record.parentSpanId }),
      name: `${record.method} ${path}`,
      kind: SERVER_KIND,
      startTimeUnixNano: nanoseconds(record.at),
      endTimeUnixNano: nanoseconds(record.at + record.durationMs),
      attributes: [
        attribute("http.request.method", record.method),
        attribute("url.path", path),
        attribute("url.scheme", "http"),
        attribute("server.address", record.host),
        attribute("client.address", record.clientIp),
        attribute("user_agent.original", record.userAgent),
        attribute("http.response.status_code", record.status),
        attribute("vercel.request_id", record.id),
        attribute("vercel.deployment_id", record.deploymentId),
        attribute("vercel.project_id", record.projectId),
        ...(record.error === null ? [] : [attribute("error.type", record.error)]),
      ],
      status: record.status >= 500 || record.runtimeStatus === -1 ? { code: STATUS_ERROR } : {},
    },
  };
}

/** Spans as the body of an OTLP/HTTP request in JSON, grouped by deployment. */
export function otlpBody(spans: readonly DrainSpan[]) {
  return {
    resourceSpans: [...grouped(spans).values()].map((group) => {
      const first = group[0] as DrainSpan;
      return {
        resource: {
          attributes: [
            attribute("service.name", first.projectName),
            attribute("service.version", first.deploymentId),
            attribute("deployment.environment.name", first.environment),
            attribute("vercel.deployment_id", first.deploymentId),
            attribute("vercel.project_id", first.projectId),
          ],
        },
        scopeSpans: [{ scope: { name: "local-cloud.edge" }, spans: group.map((one) => one.span) }],
      };
    }),
  };
}

function grouped(spans: readonly DrainSpan[]): Map<string, DrainSpan[]> {
  const groups = new Map<string, DrainSpan[]>();
  for (const span of spans) {
    const group = groups.get(span.deploymentId) ?? [];
    group.push(span);
    groups.set(span.deploymentId, group);
  }
  return groups;
}
