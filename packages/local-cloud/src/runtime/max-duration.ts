import type { ServerResponse } from "node:http";
import type { NodeHandler } from "./exported-app.js";

/**
 * Ends what takes longer than a function may: with 504 while nothing has been sent, else by breaking the answer off, as
 * a stream that goes on for ever is.
 * @param seconds null for no limit
 */
export function withMaxDuration(handler: NodeHandler, seconds: number | null): NodeHandler {
  if (seconds === null) return handler;
  return (request, response) => {
    const headers = response.getHeaders();
    const timer = setTimeout(() => {
      console.error(`Vercel Runtime Timeout Error: Task timed out after ${seconds} seconds`);
      if (response.headersSent) response.destroy();
      else {
        // What the handler has said of its own answer is not true of this one.
        for (const name of response.getHeaderNames()) if (!(name in headers)) response.removeHeader(name);
        response.writeHead(504, { "x-vercel-error": "FUNCTION_INVOCATION_TIMEOUT" });
        response.end("FUNCTION_INVOCATION_TIMEOUT\n");
      }
      ignoreLater(response);
    }, seconds * 1_000);
    response.once("close", () => clearTimeout(timer));
    return handler(request, response);
  };
}

/**
 * The handler does not know that it is over and may go on, which must not end the process: others are being answered by it.
 */
function ignoreLater(response: ServerResponse): void {
  response.on("error", () => undefined);
  const nothing = () => response;
  Object.assign(response, {
    setHeader: nothing,
    setHeaders: nothing,
    appendHeader: nothing,
    removeHeader: nothing,
    writeHead: nothing,
  });
}
