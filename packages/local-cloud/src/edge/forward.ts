import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import type { Instance } from "../runtime/instance.js";
import { responseHeaders } from "./headers.js";

/** A body up to this size is sent in one write with its head. */
const SMALL_BYTES = 16 * 1024;

/** How forwarding ended. `bytes` is what the client was sent of the body. */
export type Forwarded =
  | { readonly outcome: "answered"; readonly status: number; readonly bytes: number }
  /** The process gave no head of an answer; nothing was sent to the client. */
  | { readonly outcome: "failed"; readonly reason: Error; readonly timedOut: boolean }
  /** The answer broke off after its head. */
  | { readonly outcome: "broken"; readonly status: number; readonly bytes: number; readonly reason: Error }
  | { readonly outcome: "client-left"; readonly status: number; readonly bytes: number };

/** Sends a request to an instance and streams the answer back, both ways with back-pressure. Never rejects. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  instance: Instance,
  headers: string[],
  added: Readonly<Record<string, string>>,
): Promise<Forwarded> {
  return new Promise((resolve) => {
    const { method = "GET", url = "/" } = request;
    const hasBody =
      request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    let status = 0;
    let bytes = 0;
    let length = -1;
    let over = false;
    let controller: Dispatcher.DispatchController | null = null;

    const finish = (result: Forwarded) => {
      if (over) return;
      over = true;
      response.off("close", onClose);
      resolve(result);
    };
    const onClose = () => {
      if (response.writableFinished) return;
      finish({ outcome: "client-left", status, bytes });
      controller?.abort(new Error("the client left"));
    };
    const flushHead = () => {
      if (bytes === 0 && !response.writableEnded) response.flushHeaders();
    };
    const onDrain = () => controller?.resume();
    response.on("close", onClose);

    instance.pool.dispatch(
      { path: url, method: method as Dispatcher.HttpMethod, headers, body: hasBody ? request : null },
      {
        onRequestStart(started) {
          controller = started;
          if (over) started.abort(new Error("the client left"));
        },
        onResponseStart(_controller, code, answerHeaders, message) {
          if (code < 200 || over) return;
          status = code;
          length = Number(answerHeaders["content-length"] ?? -1);
          response.writeHead(code, message ?? "", responseHeaders(answerHeaders, added));
          // An answer that streams may be silent for long after its head; a short one carries its head along.
          process.nextTick(flushHead);
        },
        onResponseData(_controller, chunk) {
          bytes += chunk.length;
          // Head and body leave as one piece of text when the body is small and here already.
          if (chunk.length === length && length <= SMALL_BYTES) {
            response.end(chunk.toString("latin1"), "latin1");
            return;
          }
          if (!response.write(chunk)) {
            controller?.pause();
            response.once("drain", onDrain);
          }
        },
        onResponseEnd() {
          if (!response.writableEnded) response.end();
          finish({ outcome: "answered", status, bytes });
        },
        onResponseError(_controller, error) {
          if (status === 0) {
            const code = (error as { code?: string }).code;
            finish({ outcome: "failed", reason: error, timedOut: code === "UND_ERR_HEADERS_TIMEOUT" });
          } else {
            finish({ outcome: "broken", status, bytes, reason: error });
          }
        },
      },
    );
  });
}
