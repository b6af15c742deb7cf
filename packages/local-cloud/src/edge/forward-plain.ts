import type { AnswerTaker, Sent } from "../http1/origin.js";
import type { PlainResponse } from "../http1/plain-response.js";
import type { PlainRequest } from "../http1/read-request.js";
import type { ResponsePart } from "../http1/response-reader.js";
import type { Instance } from "../runtime/instance.js";
import type { Forwarded } from "./forward.js";
import { type AddedHeaders, writtenResponseHeaders } from "./headers.js";

/** Methods that mean a body: a server may refuse a request that does not tell how long it is. */
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/**
 * Sends a plain request to an instance and streams the answer back, with back-pressure. Does what `forward` does for any
 * other, without Node's server and undici.
 * @param done is called once, when the answer is over for whatever reason
 */
export function forwardPlain(
  request: PlainRequest,
  response: PlainResponse,
  instance: Instance,
  headers: readonly string[],
  added: AddedHeaders,
  done: (result: Forwarded) => void,
): void {
  if (response.destroyed) {
    done({ outcome: "client-left", status: 0, bytes: 0 });
    return;
  }
  let head = `${request.method} ${request.url} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (WITH_BODY.has(request.method) && request.headers["content-length"] === undefined)
    head += "content-length: 0\r\n";
  const isHead = request.method === "HEAD";
  const passing = new PlainPassing(response, isHead, added, done);
  passing.sent = instance.origin.send(`${head}connection: keep-alive\r\n\r\n`, request.body, isHead, passing);
}

/** One answer on its way from an instance to the visitor. */
class PlainPassing implements AnswerTaker {
  sent: Sent | null = null;
  #status = 0;
  #bytes = 0;

  constructor(
    private readonly response: PlainResponse,
    private readonly isHead: boolean,
    private readonly added: AddedHeaders,
    private readonly done: (result: Forwarded) => void,
  ) {
    response.whenLeft(() => {
      this.sent?.abort();
      this.done({ outcome: "client-left", status: this.#status, bytes: this.#bytes });
    });
  }

  onPart(part: ResponsePart, piece: Buffer): boolean {
    const { head, body } = part;
    if (head) {
      this.#status = head.status;
      const isBodiless = this.isHead || head.status === 204 || head.status === 304;
      const headers = writtenResponseHeaders(head.rawHeaders, this.added);
      this.response.begin(head.status, head.reason, headers, isBodiless);
    }
    for (let i = 0; i < body.length; i += 2) this.#bytes += (body[i + 1] as number) - (body[i] as number);
    if (this.#status === 0 || this.response.pass(part, piece)) return true;
    this.response.whenDrained(() => this.sent?.resume());
    return false;
  }

  onOver(): void {
    this.response.finish();
    this.done({ outcome: "answered", status: this.#status, bytes: this.#bytes });
  }

  onFailure(reason: Error, timedOut: boolean): void {
    // The end is told once, also when the visitor leaves before it has the edge's own answer.
    this.response.whenLeft(() => undefined);
    const status = this.#status;
    if (status > 0) this.done({ outcome: "broken", status, bytes: this.#bytes, reason });
    else this.done({ outcome: "failed", reason, timedOut });
  }
}
