import { signDelivery } from "@atoms/vercel";

/** Monday noon: when the deliveries of the tests happen. */
export const noon = Date.UTC(2026, 0, 5, 12);

let number = 0;

/** A log record of a request, as Vercel writes it; `change` goes into the record, its `proxy` into the proxy. */
export function logRecord(change: Record<string, unknown> = {}): Record<string, unknown> {
  const id = `log_${++number}`;
  const { proxy, ...rest } = change;
  return {
    id,
    deploymentId: "dpl_a",
    source: "lambda",
    host: "shop.example.com",
    timestamp: noon,
    projectId: "prj_1",
    level: "info",
    requestId: `req_${number}`,
    statusCode: 200,
    ...rest,
    proxy: {
      timestamp: noon,
      method: "GET",
      host: "shop.example.com",
      path: "/orders?page=2",
      userAgent: ["a visitor"],
      region: "iad1",
      statusCode: 200,
      ...(proxy as object),
    },
  };
}

/** A span as OTLP/HTTP JSON has it. @param ms How long it took. */
export function span(ms: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  const { attributes = {}, at = noon, ...rest } = change;
  const nanoseconds = (at: number) => `${Math.round(at * 1_000)}000`;
  return {
    traceId: "7bba9f33312b3dbb8b2c2c62bb7abe2d",
    spanId: `span_${++number}`,
    name: "GET /orders",
    kind: "server",
    startTimeUnixNano: nanoseconds(at as number),
    endTimeUnixNano: nanoseconds((at as number) + ms),
    attributes: Object.entries(attributes as Record<string, unknown>).map(([key, value]) => ({
      key,
      value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
    })),
    ...rest,
  };
}

/** An OTLP body with spans of one deployment. */
export const traces = (deployment: string, spans: readonly unknown[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: "vercel.deploymentId", value: { stringValue: deployment } }] },
      scopeSpans: [{ scope: { name: "vercel" }, spans }],
    },
  ],
});

/** A signed delivery, ready to be handled. */
export function delivery(body: unknown, secret = "s3cret", drain = "logs"): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Request(`http://127.0.0.1/drains/${drain}`, {
    method: "POST",
    headers: { "x-vercel-signature": signDelivery(text, secret) },
    body: text,
  });
}
