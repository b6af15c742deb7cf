import type { Taken } from "./rate-limit.js";
import { rateHeaders } from "./rate-limit.js";

/** An error outside MCP. Never a stack trace, SQL, a token or a variable's value. */
export function problem(
  status: number,
  error: string,
  message: string,
  requestId: string,
  more: { headers?: Record<string, string>; body?: Record<string, unknown> } = {},
): Response {
  return Response.json(
    { error, message, request_id: requestId, ...more.body },
    { status, headers: more.headers ?? {} },
  );
}

/** 429 with everything a caller needs to wait the right time. */
export function rateLimited(taken: Taken, requestId: string): Response {
  return problem(429, "rate_limited", `Too many requests; try again in ${taken.retryAfter} s.`, requestId, {
    headers: { "retry-after": String(taken.retryAfter), ...rateHeaders(taken) },
    body: { retry_after: taken.retryAfter },
  });
}

/** 503 of maintenance mode. */
export function closedForMaintenance(retryAfter: number, requestId: string): Response {
  return problem(
    503,
    "maintenance",
    "The service is closed for maintenance; nothing was changed.",
    requestId,
    {
      headers: { "retry-after": String(retryAfter) },
      body: { retry_after: retryAfter },
    },
  );
}

/** A refusal in JSON-RPC's shape, for requests that never reached the MCP handler. */
export function jsonRpcRefusal(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status, headers });
}

/** The same answer with further headers; its body is passed on as it is. */
export function withHeaders(answer: Response, headers: Record<string, string>): Response {
  const all = new Headers(answer.headers);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers: all });
}
