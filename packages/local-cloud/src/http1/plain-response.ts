import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { inOneBurst } from "./burst.js";
import type { PlainRequest } from "./read-request.js";
import type { ResponsePart } from "./response-reader.js";

/** How long an open connection may be silent between two requests, as visitors are told. */
export const KEEP_ALIVE_MS = 60_000;
const KEPT_OPEN = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1_000}\r\n`;

/** A body up to this size is sent in one write with its head. */
const SMALL_BYTES = 16 * 1024;

/** Headers as they are written. */
export interface WrittenHeaders {
  /** Each on a line with its end. */
  readonly text: string;
  /** Of the body in bytes; null when they do not tell it. */
  readonly length: number | null;
  readonly isDated: boolean;
}

/** The answer to a plain request. As far as it goes, it is used as Node's own `ServerResponse` is. */
export class PlainResponse {
  readonly #set: string[] = [];
  #status = 0;
  #text = "";
  #headersSent = false;
  #isChunked = false;
  #isOver = false;
  #onLeft: (() => void) | null = null;
  #onDrained: (() => void) | null = null;

  /** @param answered called when the answer is whole */
  constructor(
    private readonly socket: Socket,
    private readonly request: PlainRequest,
    private readonly answered: () => void,
  ) {}

  get headersSent(): boolean {
    return this.#headersSent;
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  setHeader(name: string, value: string): this {
    this.#set.push(name, value);
    return this;
  }

  /** An answer of the edge's own, of which `end` sends the head too. */
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): this {
    this.#status = status;
    for (const name in headers) this.#set.push(name, String(headers[name]));
    return this;
  }

  end(body = ""): this {
    if (this.#isOver || this.destroyed) return this;
    const names = new Map<string, string>();
    for (let i = 0; i < this.#set.length; i += 2)
      names.set(this.#set[i] as string, this.#set[i + 1] as string);
    if (!names.has("content-length")) names.set("content-length", String(Buffer.byteLength(body)));
    let text = `HTTP/1.1 ${this.#status} ${STATUS_CODES[this.#status] ?? ""}\r\n`;
    for (const [name, value] of names) text += `${name}: ${value}\r\n`;
    text += `Date: ${date()}\r\n${this.#connection()}\r\n`;
    this.socket.write(this.request.method === "HEAD" ? text : text + body);
    this.finish();
    return this;
  }

  /**
   * Sends the head of an answer from elsewhere, no later than with the next part.
   * @param headers of which none is about the connection
   * @param isBodiless the answer has no body
   */
  begin(status: number, reason: string, headers: WrittenHeaders, isBodiless: boolean): void {
    let text = `HTTP/1.1 ${status} ${reason}\r\n${headers.text}`;
    if (!headers.isDated) text += `Date: ${date()}\r\n`;
    this.#isChunked = !isBodiless && headers.length === null;
    if (this.#isChunked) text += "Transfer-Encoding: chunked\r\n";
    this.#text = `${text}${this.#connection()}\r\n`;
    this.#headersSent = true;
  }

  /** Sends a copy of what a piece brought of the body. @returns false when the visitor does not keep up */
  pass({ body, isOver }: ResponsePart, piece: Buffer): boolean {
    const { socket } = this;
    const [from = 0, to = 0] = body;
    if (body.length <= 2 && to - from <= SMALL_BYTES && !this.#isChunked) {
      const text = this.#text + (to > from ? piece.toString("latin1", from, to) : "");
      this.#text = "";
      if (text === "") return true;
      inOneBurst(socket);
      return socket.write(text, "latin1");
    }
    inOneBurst(socket);
    let goesOn = true;
    if (this.#text !== "") goesOn = socket.write(this.#text, "latin1");
    this.#text = "";
    for (let i = 0; i < body.length; i += 2) goesOn = this.#write(piece, body[i] ?? 0, body[i + 1] ?? 0);
    if (isOver && this.#isChunked) goesOn = socket.write("0\r\n\r\n", "latin1");
    return goesOn;
  }

  /** The answer is whole. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.answered();
  }

  /** Breaks off, behind all that was passed: the visitor sees that something is missing. */
  destroy(): void {
    this.#isOver = true;
    // The burst with the last parts leaves before.
    setImmediate(() => this.socket.destroy());
  }

  /** @param act is called when the visitor leaves before the answer is whole */
  whenLeft(act: () => void): void {
    this.#onLeft = act;
  }

  /** @param act is called once, when the visitor keeps up again */
  whenDrained(act: () => void): void {
    this.#onDrained = act;
  }

  /** Told by the connection. */
  left(): void {
    if (!this.#isOver) this.#onLeft?.();
    this.#isOver = true;
  }

  /** Told by the connection. */
  drained(): void {
    const act = this.#onDrained;
    this.#onDrained = null;
    act?.();
  }

  #write(piece: Buffer, from: number, to: number): boolean {
    const part = Buffer.from(piece.subarray(from, to));
    if (!this.#isChunked) return this.socket.write(part);
    this.socket.write(`${part.length.toString(16)}\r\n`, "latin1");
    this.socket.write(part);
    return this.socket.write("\r\n", "latin1");
  }

  #connection(): string {
    return this.request.keepsAlive ? KEPT_OPEN : "Connection: close\r\n";
  }
}

let second = 0;
let dated = "";

/** The time as a header tells it. */
function date(): string {
  const now = Date.now();
  if (now - second >= 1_000 || now < second) {
    second = now - (now % 1_000);
    dated = new Date(now).toUTCString();
  }
  return dated;
}
