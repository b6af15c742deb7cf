import { type MessageEvents, MessageReader, PIECE_BYTES } from "./llhttp.js";

/** A request that has all arrived, and asks for nothing of its connection but to stay open or to be closed. */
export interface PlainRequest {
  readonly method: string;
  /** The target: a path, with a query if any. */
  readonly url: string;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer | null;
  /** The visitor means to send more on this connection. */
  readonly keepsAlive: boolean;
  /** By which it came. */
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** What asks for more than an answer: another protocol, a word before the body, a body of unknown length, trailers. */
const NOT_PLAIN = new Set(["expect", "transfer-encoding", "upgrade", "te", "trailer", "http2-settings"]);

/** Node's own bound for a head. */
const HEAD_BYTES = 16 * 1024;

/**
 * Reads a request that is plain: HTTP/1.1, whole in what has arrived (64 KiB at most), with nothing
 * behind it, each header once.
 * @returns null for whatever else it is, also when it is no request at all
 */
export function readRequest(bytes: Buffer, socket: PlainRequest["socket"]): PlainRequest | null {
  if (bytes.length > PIECE_BYTES) return null;
  reader ??= new MessageReader("request");
  reader.reset();
  const draft = new Draft(bytes);
  const reading = reader.read(bytes, draft);
  if (reading.outcome !== "stopped" || reading.at !== bytes.length || !reader.isCurrent) return null;
  return draft.request(socket);
}

let reader: MessageReader | null = null;

class Draft implements MessageEvents {
  readonly #text: string;
  readonly #headers: Record<string, string> = Object.create(null);
  readonly #raw: string[] = [];
  #url = "";
  #bodyAt = -1;
  #bodyEnd = 0;
  #keepsAlive = false;
  #isPlain = true;

  constructor(private readonly bytes: Buffer) {
    this.#text = bytes.toString("latin1", 0, Math.min(bytes.length, HEAD_BYTES));
  }

  request(socket: PlainRequest["socket"]): PlainRequest | null {
    const method = this.#text.slice(0, this.#text.indexOf(" "));
    const isPlain = this.#isPlain && METHODS.has(method) && this.#url.startsWith("/");
    if (!isPlain || this.#headers["host"] === undefined) return null;
    return {
      method,
      url: this.#url,
      headers: this.#headers,
      rawHeaders: this.#raw,
      body: this.#bodyAt < 0 ? null : this.bytes.subarray(this.#bodyAt, this.#bodyEnd),
      keepsAlive: this.#keepsAlive,
      socket,
    };
  }

  onUrl(at: number, length: number): void {
    this.#url += this.#taken(at, length);
  }

  onReason(): void {
    // A request has none.
  }

  onName(at: number, length: number): void {
    // A name in parts, which whole requests do not have.
    if (this.#raw.length % 2 === 1) this.#isPlain = false;
    this.#raw.push(this.#taken(at, length));
  }

  onValue(at: number, length: number): void {
    const name = this.#raw.at(-1)?.toLowerCase() ?? "";
    const value = withoutEnd(this.#taken(at, length));
    if (this.#raw.length % 2 === 0 || NOT_PLAIN.has(name) || this.#headers[name] !== undefined) {
      this.#isPlain = false;
      return;
    }
    if (name === "connection" && !/^(keep-alive|close)$/i.test(value)) this.#isPlain = false;
    this.#headers[name] = value;
    this.#raw.push(value);
  }

  onHead(_status: number, isUpgrade: boolean, keepsAlive: boolean): boolean {
    if (isUpgrade || this.#raw.length % 2 === 1) this.#isPlain = false;
    this.#keepsAlive = keepsAlive;
    return false;
  }

  onBody(at: number, length: number): void {
    if (this.#bodyAt < 0) this.#bodyAt = at;
    else if (at !== this.#bodyEnd) this.#isPlain = false;
    this.#bodyEnd = at + length;
  }

  onEnd(): boolean {
    return true;
  }

  #taken(at: number, length: number): string {
    if (at + length > HEAD_BYTES) this.#isPlain = false;
    return this.#text.slice(at, at + length);
  }
}

/** A value without the blanks behind it, which are none of it (RFC 9110, section 5.5). */
export function withoutEnd(value: string): string {
  const last = value.charCodeAt(value.length - 1);
  return last === 0x20 || last === 0x09 ? value.replace(/[ \t]+$/, "") : value;
}
