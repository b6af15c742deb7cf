// The parser of HTTP/1.1 that Node and undici have, as undici ships it for its own client (docs/decisions/0013).
import { createRequire } from "node:module";

/** What is told of a message while a piece of it is read. `at` and `length` are places in that piece, in bytes. */
export interface MessageEvents {
  onUrl(at: number, length: number): void;
  onReason(at: number, length: number): void;
  onName(at: number, length: number): void;
  onValue(at: number, length: number): void;
  /** @param keepsAlive the connection can be used again after the message. @returns true when no body follows, whatever the head says */
  onHead(status: number, isUpgrade: boolean, keepsAlive: boolean): boolean;
  onBody(at: number, length: number): void;
  /** The message is over. @returns true to stop reading behind it */
  onEnd(): boolean;
}

/** How reading a piece ended. */
export type Reading =
  /** All of it was read. */
  | { readonly outcome: "read" }
  /** `onEnd` stopped it; what is behind the message begins at `at`. */
  | { readonly outcome: "stopped"; readonly at: number }
  /** Another protocol follows. */
  | { readonly outcome: "upgraded" }
  | { readonly outcome: "invalid"; readonly code: number };

const READ: Reading = { outcome: "read" };
const UPGRADED: Reading = { outcome: "upgraded" };

/** Of llhttp's `HPE_` codes. */
const OK = 0;
const PAUSED = 21;
const PAUSED_UPGRADE = 22;
/** Of llhttp's types. */
const TYPES = { request: 1, response: 2 };

/** As much as a socket gives at a time, in bytes. */
export const PIECE_BYTES = 64 * 1024;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_reset(parser: number): void;
  llhttp_resume(parser: number): void;
  llhttp_execute(parser: number, at: number, bytes: number): number;
  llhttp_finish(parser: number): number;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
}

declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

let llhttp: Exports | null = null;
/** Where pieces are put for it. */
let pieceAt = 0;
let piece = new Uint8Array();
/** What is told of the message that is being read: one at a time, as nothing is awaited while reading. */
let events: MessageEvents | null = null;

function opened(): Exports {
  if (llhttp) return llhttp;
  const env = {
    wasm_on_message_begin: () => OK,
    wasm_on_url: (_parser: number, at: number, length: number) => {
      events?.onUrl(at - pieceAt, length);
      return OK;
    },
    wasm_on_status: (_parser: number, at: number, length: number) => {
      events?.onReason(at - pieceAt, length);
      return OK;
    },
    wasm_on_header_field: (_parser: number, at: number, length: number) => {
      events?.onName(at - pieceAt, length);
      return OK;
    },
    wasm_on_header_value: (_parser: number, at: number, length: number) => {
      events?.onValue(at - pieceAt, length);
      return OK;
    },
    wasm_on_headers_complete: (_parser: number, status: number, isUpgrade: number, keepsAlive: number) =>
      events?.onHead(status, isUpgrade === 1, keepsAlive === 1) ? 1 : OK,
    wasm_on_body: (_parser: number, at: number, length: number) => {
      events?.onBody(at - pieceAt, length);
      return OK;
    },
    wasm_on_message_complete: () => (events?.onEnd() ? PAUSED : OK),
  };
  llhttp = new WebAssembly.Instance(compiled(), { env }).exports as Exports;
  pieceAt = llhttp.malloc(PIECE_BYTES);
  return llhttp;
}

/** The quicker build where the processor has what it needs, as undici chooses. */
function compiled(): object {
  const load = createRequire(import.meta.url);
  try {
    return new WebAssembly.Module(load("undici/lib/llhttp/llhttp_simd-wasm.js") as Uint8Array);
  } catch {
    return new WebAssembly.Module(load("undici/lib/llhttp/llhttp-wasm.js") as Uint8Array);
  }
}

/** Reads messages of one kind, one after the other, from pieces as they come. Strict, as Node is by default. */
export class MessageReader {
  readonly #llhttp: Exports;
  #parser: number;

  constructor(kind: keyof typeof TYPES) {
    this.#llhttp = opened();
    this.#parser = this.#llhttp.llhttp_alloc(TYPES[kind]);
  }

  /** Reads a piece, of at most `PIECE_BYTES`, and tells what is in it. */
  read(bytes: Uint8Array, to: MessageEvents): Reading {
    const { memory } = this.#llhttp;
    // A buffer of a memory that has grown is empty.
    if (piece.length === 0) piece = new Uint8Array(memory.buffer, pieceAt, PIECE_BYTES);
    piece.set(bytes);
    events = to;
    try {
      const code = this.#llhttp.llhttp_execute(this.#parser, pieceAt, bytes.length);
      if (code === OK) return READ;
      if (code === PAUSED_UPGRADE) return UPGRADED;
      if (code !== PAUSED) return { outcome: "invalid", code };
      const at = this.#llhttp.llhttp_get_error_pos(this.#parser) - pieceAt;
      this.#llhttp.llhttp_resume(this.#parser);
      return { outcome: "stopped", at };
    } finally {
      events = null;
    }
  }

  /** Tells that the connection was closed, which ends a body that had no length. */
  finish(to: MessageEvents): Reading {
    events = to;
    try {
      const code = this.#llhttp.llhttp_finish(this.#parser);
      return code === OK ? READ : { outcome: "invalid", code };
    } finally {
      events = null;
    }
  }

  /** Forgets what it has read of a message. */
  reset(): void {
    this.#llhttp.llhttp_reset(this.#parser);
  }

  /** The message is one of HTTP/1.1. Known from its head on. */
  get isCurrent(): boolean {
    return (
      this.#llhttp.llhttp_get_http_major(this.#parser) === 1 &&
      this.#llhttp.llhttp_get_http_minor(this.#parser) === 1
    );
  }

  /** Gives its memory back. It may not be used any more, and freeing it once more does nothing. */
  free(): void {
    if (this.#parser === 0) return;
    this.#llhttp.llhttp_free(this.#parser);
    this.#parser = 0;
  }
}
