import { connect, type Socket } from "node:net";
import { inOneBurst } from "./burst.js";
import { PIECE_BYTES } from "./llhttp.js";
import { type ResponseHead, type ResponsePart, ResponseReader } from "./response-reader.js";

/** What becomes of a request. Exactly one of `onOver` and `onFailure` is called, once, and nothing after it. */
export interface AnswerTaker {
  /**
   * A part of the answer. `piece` holds the parts of the body that `part` tells of, and is used again after the call.
   * @returns false to be sent no more until `resume`
   */
  onPart(part: ResponsePart, piece: Buffer): boolean;
  /** The answer is whole. */
  onOver(): void;
  /** There is no answer, or it broke off. @param timedOut its head did not come in time */
  onFailure(reason: Error, timedOut: boolean): void;
}

/** A request on its way. */
export interface Sent {
  /** Sends on what was held back. */
  resume(): void;
  /** Gives the answer up. Nothing is told of it any more. */
  abort(): void;
}

/** How long an open connection is kept that nobody says anything about; servers in Node close theirs after 5 s. */
const KEPT_MS = 4_000;
/** A connection that the server is about to close is not used any more. */
const MARGIN_MS = 1_000;

const NOTHING = Buffer.alloc(0);

/**
 * The connections to one server, for requests that are there as a whole. A connection carries one request at a time, and
 * is used again while it is open.
 */
export class Origin {
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  #isClosed = false;

  /**
   * @param address where the server listens
   * @param answerMs how long it may take until the head of an answer, in ms
   */
  constructor(
    private readonly address: string,
    private readonly port: number,
    private readonly answerMs: number,
  ) {}

  /**
   * Sends a request.
   * @param head its first line and headers, with the empty line behind them, one byte for each letter
   * @param isBodiless the answer has no body, as to HEAD
   */
  send(head: string, body: Buffer | null, isBodiless: boolean, taker: AnswerTaker): Sent {
    const connection = this.#free() ?? this.#opened();
    connection.send(head, body, isBodiless, taker);
    return connection;
  }

  /** Ends all connections; requests that are being answered fail. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#all) connection.close(new Error("the process has ended"));
  }

  #free(): Connection | undefined {
    const now = performance.now();
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      if (last.isUsable(now)) return last;
      last.close(null);
    }
    return undefined;
  }

  #opened(): Connection {
    const connection = new Connection(this.address, this.port, this.answerMs, {
      idle: () => this.#idle.push(connection),
      closed: () => {
        this.#all.delete(connection);
        const at = this.#idle.indexOf(connection);
        if (at >= 0) this.#idle.splice(at, 1);
      },
    });
    this.#all.add(connection);
    if (this.#isClosed) connection.close(new Error("the process has ended"));
    return connection;
  }
}

/** What arrives, for all connections: it is dealt with before anything else can arrive. */
const arrived = Buffer.allocUnsafeSlow(PIECE_BYTES);

class Connection implements Sent {
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #taker: AnswerTaker | null = null;
  #head: ResponseHead | null = null;
  /** Until when it may be used again, by `performance.now()`. */
  #usableUntil = 0;
  #failure: Error | null = null;
  #timedOut = false;

  constructor(
    host: string,
    port: number,
    answerMs: number,
    private readonly tell: { readonly idle: () => void; readonly closed: () => void },
  ) {
    const callback = (bytes: number) => this.#take(arrived.subarray(0, bytes));
    const socket = connect({ host, port, noDelay: true, onread: { buffer: arrived, callback } });
    this.#socket = socket;
    socket.on("end", () => this.#finish());
    socket.on("error", (error) => {
      this.#failure ??= error;
    });
    socket.on("close", () => this.#lost());
    socket.setTimeout(answerMs, () => this.#silent());
  }

  isUsable(now: number): boolean {
    return !this.#socket.destroyed && this.#socket.readable && now < this.#usableUntil;
  }

  send(head: string, body: Buffer | null, isBodiless: boolean, taker: AnswerTaker): void {
    this.#taker = taker;
    this.#head = null;
    this.#reader.begin(isBodiless);
    inOneBurst(this.#socket);
    this.#socket.write(head, "latin1");
    if (body !== null) this.#socket.write(body);
  }

  resume(): void {
    this.#socket.resume();
  }

  abort(): void {
    this.#taker = null;
    this.close(null);
  }

  close(reason: Error | null): void {
    this.#failure ??= reason;
    this.#socket.destroy();
  }

  /** @returns false to be told of no more until the socket is resumed */
  #take(piece: Buffer): boolean {
    const part = this.#reader.read(piece);
    const taker = this.#taker;
    if (!taker || part.isBad) {
      this.close(new Error("the server sent what is no answer to a request"));
      return false;
    }
    if (part.head) this.#head = part.head;
    const goesOn = taker.onPart(part, piece);
    if (part.isOver) this.#over(taker, part.keepsAlive);
    return goesOn || part.isOver;
  }

  #over(taker: AnswerTaker, keepsAlive: boolean): void {
    this.#taker = null;
    if (this.#head && keepsAlive) {
      this.#usableUntil = performance.now() + keptMs(this.#head.rawHeaders);
      this.tell.idle();
    } else this.close(null);
    taker.onOver();
  }

  /** The server has closed its half: the end of a body that had no length, or a loss. */
  #finish(): void {
    const taker = this.#taker;
    const part = this.#reader.finish();
    if (!taker || !part.isOver) {
      this.close(new Error("the server closed the connection"));
      return;
    }
    taker.onPart(part, NOTHING);
    this.#over(taker, false);
  }

  /** Nothing has moved for long. An answer that has begun may pause as long as it likes. */
  #silent(): void {
    if (this.#taker && this.#head) return;
    this.#timedOut = this.#taker !== null;
    this.close(this.#timedOut ? new Error("the server did not answer in time") : null);
  }

  #lost(): void {
    this.#reader.free();
    this.tell.closed();
    const taker = this.#taker;
    this.#taker = null;
    taker?.onFailure(this.#failure ?? new Error("the connection was closed"), this.#timedOut);
  }
}

/** How long the server keeps the connection open, less a margin, by its `Keep-Alive: timeout=5`. */
function keptMs(headers: readonly string[]): number {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.length !== 10 || headers[i]?.toLowerCase() !== "keep-alive") continue;
    const seconds = /timeout=(\d+)/i.exec(headers[i + 1] ?? "")?.[1];
    if (seconds !== undefined) return Number(seconds) * 1_000 - MARGIN_MS;
  }
  return KEPT_MS;
}
