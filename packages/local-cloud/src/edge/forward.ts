import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import type { Instance } from "../runtime/instance.js";
import { type AddedHeaders, responseHeaders } from "./headers.js";

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

/**
 * Sends a request to an instance and streams the answer back, both ways with back-pressure.
 * @param done is called once, when the answer is over for whatever reason
 */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  instance: Instance,
  headers: string[],
  added: AddedHeaders,
  done: (result: Forwarded) => void,
): void {
  const { method = "GET", url: path = "/" } = request;
  const hasBody =
    request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  instance.pool.dispatch(
    { path, method: method as Dispatcher.HttpMethod, headers, body: hasBody ? request : null },
    new Passing(response, added, done),
  );
}

/** One answer on its way from an instance to the client. */
class Passing implements Dispatcher.DispatchHandler {
  #status = 0;
  #bytes = 0;
  #length = -1;
  #endsItself = false;
  #over = false;
  #controller: Dispatcher.DispatchController | null = null;

  constructor(
    private readonly response: ServerResponse,
    private readonly added: AddedHeaders,
    private readonly done: (result: Forwarded) => void,
  ) {
    response.on("close", this.#onClose);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("the client left"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    message?: string,
  ): void {
    if (status < 200 || this.#over) return;
    this.#status = status;
    this.#length = Number(headers["content-length"] ?? -1);
    this.#endsItself = this.#length >= 0 || headers["transfer-encoding"] !== undefined;
    this.response.writeHead(status, message ?? "", responseHeaders(headers, this.added));
    // An answer that streams may be silent for long after its head; a short one carries its head along.
    process.nextTick(flushHead, this, this.response);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    // Head and body leave as one piece of text when the body is small and here already.
    if (chunk.length === this.#length && this.#length <= SMALL_BYTES) {
      // `end` with a text would send it in two pieces, the second one empty.
      this.response.write(chunk.toString("latin1"), "latin1");
      this.response.socket?.uncork();
      this.response.end();
      return;
    }
    if (this.response.write(chunk)) return;
    // undici throws where nobody can catch it when a connection ends while it is paused, so it never is at the last piece.
    if (!this.#endsItself || this.#bytes === this.#length) return;
    this.#controller?.pause();
    this.response.once("drain", () => this.#controller?.resume());
  }

  onResponseEnd(): void {
    if (!this.response.writableEnded) this.response.end();
    this.#finish({ outcome: "answered", status: this.#status, bytes: this.#bytes });
  }

  onResponseError(_controller: Dispatcher.DispatchController, reason: Error): void {
    const status = this.#status;
    if (status > 0) this.#finish({ outcome: "broken", status, bytes: this.#bytes, reason });
    else {
      const { code } = reason as { code?: string };
      this.#finish({ outcome: "failed", reason, timedOut: code === "UND_ERR_HEADERS_TIMEOUT" });
    }
  }

  /** Nothing of the body has been sent yet. */
  get isSilent(): boolean {
    return this.#bytes === 0;
  }

  readonly #onClose = (): void => {
    if (this.response.writableFinished) return;
    this.#finish({ outcome: "client-left", status: this.#status, bytes: this.#bytes });
    this.#controller?.abort(new Error("the client left"));
  };

  #finish(result: Forwarded): void {
    if (this.#over) return;
    this.#over = true;
    this.response.off("close", this.#onClose);
    this.done(result);
  }
}

function flushHead(passing: Passing, response: ServerResponse): void {
  if (passing.isSilent && !response.writableEnded) response.flushHeaders();
}
