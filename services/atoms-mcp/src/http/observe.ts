import type { Services } from "../services.js";
import type { Exchange } from "./exchange.js";
import { areaOf, inWindow } from "./routes.js";

/**
 * Writes down a finished request: one log line, the metrics, and a sample for the rolling window. For a streamed
 * answer that is when the stream ends, because until then a tool may still be at work.
 */
export function observe(
  answer: Response,
  method: string,
  path: string,
  exchange: Exchange,
  services: Services,
): Response {
  const finish = () => record(answer.status, method, path, exchange, services);
  const streamed = answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!streamed || answer.body === null || exchange.endless) {
    finish();
    return answer;
  }
  return new Response(atEnd(answer.body, finish), { status: answer.status, headers: answer.headers });
}

/** Passes a stream through, chunk by chunk, and says when it has ended, failed or been given up by its reader. */
function atEnd(body: ReadableStream<Uint8Array>, ended: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let done = false;
  const once = () => {
    if (!done) ended();
    done = true;
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const next = await reader.read();
        if (!next.done) return controller.enqueue(next.value);
        once();
        controller.close();
      } catch (error) {
        once();
        controller.error(error);
      }
    },
    async cancel(reason) {
      once();
      await reader.cancel(reason);
    },
  });
}

function record(status: number, method: string, path: string, exchange: Exchange, services: Services): void {
  const ms = services.runtime.elapsed() - exchange.startedAt;
  const { metrics, log, window, runtime } = services;
  metrics.requests.add({ method, route: exchange.route, status: String(status) });
  metrics.requestSeconds.observe({ method, route: exchange.route }, ms / 1000);
  if (inWindow(path)) {
    window.add({
      at: runtime.now(),
      ms,
      error: (status >= 500 && !exchange.maintenance) || exchange.toolErrors > 0,
      toolCalls: exchange.toolCalls,
      toolErrors: exchange.toolErrors,
    });
  }
  log(areaOf(path) === "health" ? "debug" : "info", "request", {
    request_id: exchange.requestId,
    method,
    route: exchange.route,
    status,
    duration_ms: Math.round(ms * 10) / 10,
    ...(exchange.userId === undefined ? {} : { user: exchange.userId }),
    ...(exchange.tool === undefined ? {} : { tool: exchange.tool, operation: exchange.operation }),
    ...(exchange.errorType === undefined ? {} : { error_type: exchange.errorType }),
  });
}
