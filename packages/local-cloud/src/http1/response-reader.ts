import { maxHeaderSize } from "node:http";
import { type MessageEvents, MessageReader } from "./llhttp.js";
import { withoutEnd } from "./read-request.js";

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/** What a piece brought of an answer. */
export interface ResponsePart {
  /** The head, when the piece had its end. Those that only inform (1xx) are passed over. */
  readonly head: ResponseHead | null;
  /** The parts of the body in the piece: where each begins and ends, in turn. */
  readonly body: readonly number[];
  readonly isOver: boolean;
  /** The connection can be used again after the answer: the server agrees, and has sent nothing behind it. */
  readonly keepsAlive: boolean;
  /** What the server sent is no answer to the request. */
  readonly isBad: boolean;
}

const NO_BODY: readonly number[] = [];

/** Reads the answers that come over one connection, each to one request. */
export class ResponseReader implements MessageEvents {
  readonly #reader = new MessageReader("response");
  #piece: Buffer = Buffer.alloc(0);
  #text: string | null = null;
  #isBodiless = false;
  #reason = "";
  #headers: string[] = [];
  #headBytes = 0;
  #inBody = false;
  #keepsAlive = false;
  #head: ResponseHead | null = null;
  #body: number[] | null = null;
  #isOver = true;
  #isBad = false;

  /** Told before each request. @param isBodiless the answer has no body, as to HEAD */
  begin(isBodiless: boolean): void {
    this.#isBodiless = isBodiless;
    this.#isOver = false;
    this.#clear();
  }

  /** Reads a piece. What comes while no request waits for an answer is bad. */
  read(piece: Buffer): ResponsePart {
    this.#piece = piece;
    this.#text = null;
    this.#head = null;
    this.#body = null;
    if (this.#isOver) this.#isBad = true;
    const reading = this.#reader.read(piece, this);
    if (reading.outcome === "stopped" && reading.at < piece.length) this.#keepsAlive = false;
    if (reading.outcome === "invalid" || reading.outcome === "upgraded") this.#isBad = true;
    return this.#part();
  }

  /** The server has closed its half of the connection. */
  finish(): ResponsePart {
    this.#head = null;
    this.#body = null;
    if (!this.#isOver && this.#inBody) this.#reader.finish(this);
    return this.#part();
  }

  /** Gives its memory back. */
  free(): void {
    this.#reader.free();
  }

  onUrl(): void {
    // An answer has none.
  }

  onReason(at: number, length: number): void {
    this.#reason += this.#taken(at, length);
  }

  onName(at: number, length: number): void {
    // Behind the body are trailers, which go no further.
    if (this.#inBody) return;
    const name = this.#taken(at, length);
    if (this.#headers.length % 2 === 0) this.#headers.push(name);
    else this.#headers.push(`${this.#headers.pop()}${name}`);
  }

  onValue(at: number, length: number): void {
    if (this.#inBody) return;
    const value = this.#taken(at, length);
    if (this.#headers.length % 2 === 1) this.#headers.push(value);
    else this.#headers.push(`${this.#headers.pop()}${value}`);
  }

  onHead(status: number, isUpgrade: boolean, keepsAlive: boolean): boolean {
    // Nobody asked to change the protocol.
    if (isUpgrade || status === 101 || this.#headers.length % 2 === 1) this.#isBad = true;
    if (status < 200) return false;
    this.#inBody = true;
    const rawHeaders = this.#headers;
    for (let i = 1; i < rawHeaders.length; i += 2) rawHeaders[i] = withoutEnd(rawHeaders[i] as string);
    this.#head = { status, reason: this.#reason, rawHeaders };
    this.#keepsAlive = keepsAlive;
    return this.#isBodiless;
  }

  onBody(at: number, length: number): void {
    // A head that only informs has none, even if it tells a length.
    if (!this.#inBody) this.#isBad = true;
    this.#body ??= [];
    this.#body.push(at, at + length);
  }

  onEnd(): boolean {
    const informs = !this.#inBody;
    if (informs) this.#clear();
    else this.#isOver = true;
    return !informs;
  }

  #part(): ResponsePart {
    return {
      head: this.#head,
      body: this.#body ?? NO_BODY,
      isOver: this.#isOver && !this.#isBad,
      keepsAlive: this.#keepsAlive,
      isBad: this.#isBad,
    };
  }

  #clear(): void {
    this.#reason = "";
    this.#headers = [];
    this.#headBytes = 0;
    this.#inBody = false;
  }

  #taken(at: number, length: number): string {
    this.#headBytes += length;
    if (this.#headBytes > maxHeaderSize) {
      this.#isBad = true;
      return "";
    }
    this.#text ??= this.#piece.toString("latin1", 0, this.#piece.length);
    return this.#text.slice(at, at + length);
  }
}
