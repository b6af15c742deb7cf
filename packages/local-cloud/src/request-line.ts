import type { RequestRecord } from "./model.js";

/**
 * A record of a request as a line of JSON: what `JSON.stringify` gives, in a third of its time, as the edge pays it for
 * each request. Only what comes from outside can need an escape; the rest are digits and ids of our own making.
 */
export function requestLine(r: RequestRecord): string {
  const whose = `"id":"${r.id}","at":${r.at},"projectId":"${r.projectId}","deploymentId":"${r.deploymentId}"`;
  const asked = `"method":${text(r.method)},"host":${text(r.host)},"path":${text(r.path)}`;
  const answered = `"status":${r.status},"runtimeStatus":${r.runtimeStatus},"error":${word(r.error)}`;
  const took = `"durationMs":${r.durationMs},"bytesOut":${r.bytesOut}`;
  const visitor = `"clientIp":"${r.clientIp}","userAgent":${text(r.userAgent)},"referer":${text(r.referer)}`;
  const trace = `"traceId":"${r.traceId}","spanId":"${r.spanId}","parentSpanId":${word(r.parentSpanId)}`;
  return `{${whose},"target":${word(r.target)},"branch":${text(r.branch)},${asked},${answered},${took},${visitor},${trace},"instance":${word(r.instance)}}`;
}

/** The id of the request that a line tells of, without reading all of the line. */
export const idOfLine = (line: string): string => line.slice(ID_AT, line.indexOf('"', ID_AT));
const ID_AT = '{"id":"'.length;

const word = (value: string | null): string => (value === null ? "null" : `"${value}"`);
const text = (value: string | null): string => (value === null ? "null" : JSON.stringify(value));
