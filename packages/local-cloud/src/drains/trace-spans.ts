import type { Deployment, RequestRecord } from "../model.js";
import { environmentName } from "../runtime/environment.js";

const SERVER_KIND = 2;
const STATUS_ERROR = 2;

/** A request as a span, with what a drain chooses by. */
export interface DrainSpan {
  readonly projectId: string;
  readonly environment: string;
  readonly path: string;
  /** The JSON of the resource that it belongs to: the deployment. */
  readonly resource: string;
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
    projectId: record.projectId,
    environment: environmentName(deployment),
    path: record.path,
    resource: resourceOf(deployment),
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

const resources = new WeakMap<Deployment, string>();

function resourceOf(deployment: Deployment): string {
  const known = resources.get(deployment);
  if (known !== undefined) return known;
  const { id, name, projectId } = deployment;
  const resource = resourceJson({ id, name, projectId, environment: environmentName(deployment) });
  resources.set(deployment, resource);
  return resource;
}

/** The JSON of a deployment as a resource of spans. */
export function resourceJson(of: {
  id: string;
  name: string;
  projectId: string;
  environment: string;
}): string {
  return JSON.stringify({
    attributes: [
      attribute("service.name", of.name),
      attribute("service.version", of.id),
      attribute("deployment.environment.name", of.environment),
      attribute("vercel.deployment_id", of.id),
      attribute("vercel.project_id", of.projectId),
    ],
  });
}

/** A span as one line of text: its resource and itself. JSON has no tab of its own. */
export function spanLine({ resource, span }: DrainSpan): string {
  return `${resource}\t${JSON.stringify(span)}`;
}

/**
 * Lines of spans as the body of an OTLP/HTTP request in JSON, grouped by resource. They are put together as text: reading
 * and writing them anew would cost a third of all that a drain costs.
 */
export function otlpBody(lines: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const tab = line.indexOf("\t");
    const resource = line.slice(0, tab);
    const spans = groups.get(resource) ?? [];
    spans.push(line.slice(tab + 1));
    groups.set(resource, spans);
  }
  const written = [...groups].map(
    ([resource, spans]) =>
      `{"resource":${resource},"scopeSpans":[{"scope":{"name":"local-cloud.edge"},"spans":[${spans.join(",")}]}]}`,
  );
  return `{"resourceSpans":[${written.join(",")}]}`;
}
