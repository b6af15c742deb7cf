import { regionOf } from "../edge/regions.js";
import type { BuildEvent, Deployment, RequestRecord, RuntimeLine } from "../model.js";
import { environmentName } from "../runtime/environment.js";

const MESSAGE_MAX = 256 * 1024;

/** One record of a log drain. */
export interface LogRecord {
  readonly id: string;
  readonly deploymentId: string;
  readonly projectId: string;
  readonly source: "build" | "lambda" | "external";
  readonly environment: string;
  readonly path?: string;
  readonly [member: string]: unknown;
}

/** A request and how it was answered; `statusCode` -1 when the process ended without an answer. */
export function requestLogRecord(record: RequestRecord, deployment: Deployment): LogRecord {
  return {
    id: record.id,
    deploymentId: record.deploymentId,
    source: "lambda",
    host: record.host,
    timestamp: record.at,
    projectId: record.projectId,
    projectName: deployment.name,
    level: record.status >= 500 || record.runtimeStatus === -1 ? "error" : "info",
    statusCode: record.runtimeStatus,
    requestId: record.id,
    environment: environmentName(deployment),
    ...(record.branch === null ? {} : { branch: record.branch }),
    path: record.path,
    executionRegion: regionOf(deployment),
    ...(record.instance === null ? {} : { instanceId: record.instance }),
    ...(record.error === null ? {} : { message: record.error }),
    traceId: record.traceId,
    spanId: record.spanId,
    "trace.id": record.traceId,
    "span.id": record.spanId,
    proxy: {
      timestamp: record.at,
      method: record.method,
      host: record.host,
      path: record.path,
      userAgent: [record.userAgent],
      ...(record.referer === null ? {} : { referer: record.referer }),
      region: "local",
      statusCode: record.status,
      clientIp: record.clientIp,
      scheme: "http",
      responseByteSize: record.bytesOut,
      pathType: "func",
      vercelId: record.id,
      vercelCache: "MISS",
      lambdaRegion: regionOf(deployment),
    },
  };
}

/** A line that a process printed, or that says how it ended. */
export function runtimeLogRecord(line: RuntimeLine, deployment: Deployment): LogRecord {
  return {
    id: line.id,
    deploymentId: deployment.id,
    source: "lambda",
    host: deployment.url,
    timestamp: line.at,
    projectId: deployment.projectId,
    projectName: deployment.name,
    level: line.level,
    type: line.source,
    message: line.message.slice(0, MESSAGE_MAX),
    environment: environmentName(deployment),
    executionRegion: regionOf(deployment),
    instanceId: line.instance,
    ...(line.requestId === null ? {} : { requestId: line.requestId }),
    ...(line.statusCode === null ? {} : { statusCode: line.statusCode }),
  };
}

/** A line of a build. */
export function buildLogRecord(event: BuildEvent, deployment: Deployment): LogRecord {
  return {
    id: event.serial,
    deploymentId: deployment.id,
    source: "build",
    host: deployment.url,
    timestamp: event.created,
    projectId: deployment.projectId,
    projectName: deployment.name,
    level: event.level ?? "info",
    type: event.type,
    message: event.text.slice(0, MESSAGE_MAX),
    buildId: deployment.id.replace(/^dpl_/, "bld_"),
    environment: environmentName(deployment),
  };
}
