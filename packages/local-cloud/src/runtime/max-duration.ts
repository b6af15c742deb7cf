import type { NodeHandler } from "./exported-app.js";

/**
 * Ends what takes longer than a function may: with 504 while nothing has been sent, else by breaking the answer off, as
 * a stream that goes on for ever is.
 * @param seconds null for no limit
 */
export function withMaxDuration(handler: NodeHandler, seconds: number | null): NodeHandler {
  if (seconds === null) return handler;
  return (request, response) => {
    const timer = setTimeout(() => {
      console.error(`Vercel Runtime Timeout Error: Task timed out after ${seconds} seconds`);
      // The handler does not know that it is over, and may go on writing.
      response.on("error", () => undefined);
      if (response.headersSent) response.destroy();
      else {
        response.writeHead(504, { "x-vercel-error": "FUNCTION_INVOCATION_TIMEOUT" });
        response.end("FUNCTION_INVOCATION_TIMEOUT\n");
      }
    }, seconds * 1_000);
    response.once("close", () => clearTimeout(timer));
    return handler(request, response);
  };
}
