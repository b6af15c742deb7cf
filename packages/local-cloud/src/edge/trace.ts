const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/;
const NONE = /^0+$/;

/**
 * The trace a request belongs to, and a span of its own: the visitor's trace when it sent a valid one, else a new one.
 * @param digits 48 hexadecimal digits by chance
 */
export function traceOf(
  traceparent: string | string[] | undefined,
  digits: string,
): { traceId: string; spanId: string; parentSpanId: string | null } {
  const spanId = digits.slice(32, 48);
  const [, traceId, parentSpanId] = (typeof traceparent === "string" && TRACEPARENT.exec(traceparent)) || [];
  if (traceId === undefined || parentSpanId === undefined || NONE.test(traceId) || NONE.test(parentSpanId)) {
    return { traceId: digits.slice(0, 32), spanId, parentSpanId: null };
  }
  return { traceId, spanId, parentSpanId };
}
