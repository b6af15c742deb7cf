import type { Drain } from "../model.js";
import type { LogRecord } from "./log-records.js";
import { type DrainSpan, resourceJson } from "./trace-spans.js";

/** Belongs to no deployment, so that no receiver counts it for one. */
const NOBODY = { deploymentId: "dpl_drain_test", environment: "preview", path: "/" };

const projectOf = (drain: Drain): string => drain.projectIds[0] ?? "prj_drain_test";

/** A record to try a log drain with. @param now in milliseconds since the epoch */
export function sampleRecord(drain: Drain, now: number): LogRecord & { readonly source: "external" } {
  return {
    ...NOBODY,
    id: "drain-test",
    source: "external",
    host: "drain-test.localhost",
    timestamp: now,
    projectId: projectOf(drain),
    level: "info",
    message: `This is a test of the drain "${drain.name}".`,
  };
}

/** A span to try a trace drain with. @param now in milliseconds since the epoch */
export function sampleSpan(drain: Drain, now: number): DrainSpan {
  const at = `${now}000000`;
  const { deploymentId: id, environment, path } = NOBODY;
  const projectId = projectOf(drain);
  return {
    projectId,
    environment,
    path,
    resource: resourceJson({ id, name: "drain-test", projectId, environment }),
    span: {
      traceId: "0".repeat(31).concat("1"),
      spanId: "0".repeat(15).concat("1"),
      name: "drain test",
      kind: 1,
      startTimeUnixNano: at,
      endTimeUnixNano: at,
      attributes: [],
      status: {},
    },
  };
}
