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
/** How often connections are closed that are not used any more: some servers take the next one only then. */
const SWEEP_MS = 500;

const NOTHING = Buffer.alloc(0);

/**
 * The connections to one server, for requests that are there as a whole. A connection carries one request at a time, and
 * is used again while it is open. No request is sent twice; one that has not left yet when its connection turns out to be
 * closed leaves by another.
 */
export class Origin {
  readonly #idle: Connection[] = [];
  /** Those that had an answer in this turn of the event loop. By the next one it is known whether the server has closed them. */
  #resting: Connection[] = [];
  readonly #all = new Set<Connection>();
  #isClosed = false;
  #sweeping: NodeJS.Timeout | null = null;

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
    const exchange = new Exchange(head, body, isBodiless, taker);
    this.#sendOff(exchange);
    return exchange;
  }

  /** Ends all connections; requests that are being answered fail. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#all) connection.close(new Error("the process has ended"));
  }

  #sendOff(exchange: Exchange): void {
    const connection = this.#free() ?? this.#opened();
    connection.send(exchange);
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
      idle: () => this.#rest(connection),
      unsent: (exchange) => this.#sendOff(exchange),
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

  #rest(connection: Connection): void {
    if (this.#resting.length === 0) setImmediate(() => this.#rested());
    this.#resting.push(connection);
  }

  #rested(): void {
    const all = this.#resting;
    this.#resting = [];
    for (const connection of all) if (!connection.isClosed) this.#idle.push(connection);
    if (this.#idle.length > 0) this.#sweepLater();
  }

  #sweepLater(): void {
    this.#sweeping ??= setTimeout(() => {
      this.#sweeping = null;
      const now = performance.now();
      for (const connection of [...this.#idle]) if (!connection.isUsable(now)) connection.close(null);
      if (this.#idle.length > 0) this.#sweepLater();
    }, SWEEP_MS).unref();
  }
}

/** A request, on whichever connection it is. */
class Exchange implements Sent {
  connection: Connection | null = null;

  constructor(
    readonly head: string,
    readonly body: Buffer | null,
    readonly isBodiless: boolean,
    readonly taker: AnswerTaker,
  ) {}

  resume(): void {
    this.connection?.resume(this);
  }

  abort(): void {
    this.connection?.abort(this);
  }
}

/** What a connection tells of itself. */
interface ConnectionNews {
  /** It could be used again. */
  readonly idle: () => void;
  /** It was closed before anything of the request had left. */
  readonly unsent: (exchange: Exchange) => void;
  readonly closed: () => void;
}

/** What arrives, for all connections: it is dealt with before anything else can arrive. */
const arrived = Buffer.allocUnsafeSlow(PIECE_BYTES);

class Connection {
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #exchange: Exchange | null = null;
  #head: ResponseHead | null = null;
  /** Until when it may be used again, by `performance.now()`; 0 before its first answer. */
  #usableUntil = 0;
  #failure: Error | null = null;
  #timedOut = false;
  /** It was closed before its last request had left. */
  #isUnsent = false;

  constructor(
    host: string,
    port: number,
    answerMs: number,
    private readonly tell: ConnectionNews,
  ) {
    const callback = (bytes: number) => this.#take(arrived.subarray(0, bytes));
    // Half open, as a socket that ends by itself would first send what is held back.
    const socket = connect({
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      onread: { buffer: arrived, callback },
    });
    this.#socket = socket;
    socket.on("end", () => this.#finish());
    socket.on("error", (error) => this.close(error));
    socket.on("close", () => this.#lost());
    socket.setTimeout(answerMs);
    // Each time: what `setTimeout` itself takes would be told of the first alone.
    socket.on("timeout", () => this.#silent());
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || !this.#socket.readable;
  }

  /** A request is held back for the burst, on a connection that had others before. */
  get #hasNotLeft(): boolean {
    return this.#usableUntil > 0 && this.#socket.writableCorked > 0;
  }

  isUsable(now: number): boolean {
    return !this.isClosed && now < this.#usableUntil;
  }

  send(exchange: Exchange): void {
    exchange.connection = this;
    this.#exchange = exchange;
    this.#head = null;
    this.#reader.begin(exchange.isBodiless);
    inOneBurst(this.#socket);
    this.#socket.write(exchange.head, "latin1");
    if (exchange.body !== null) this.#socket.write(exchange.body);
  }

  /** Does nothing for an exchange that is over: the connection may carry another one by now. */
  resume(exchange: Exchange): void {
    if (this.#exchange === exchange) this.#socket.resume();
  }

  /** Does nothing for an exchange that is over, either. */
  abort(exchange: Exchange): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = null;
    this.close(null);
  }

  close(reason: Error | null): void {
    this.#failure ??= reason;
    this.#isUnsent ||= this.#hasNotLeft;
    this.#socket.destroy();
  }

  /** @returns false to be told of no more until the socket is resumed */
  #take(piece: Buffer): boolean {
    const exchange = this.#exchange;
    // What comes before the request has left is no answer to it.
    const isUnasked = exchange === null || this.#hasNotLeft;
    const part = this.#reader.read(piece);
    if (isUnasked || part.isBad) {
      this.close(new Error("the server sent what is no answer to a request"));
      return false;
    }
    return this.#passOn(exchange, part, piece);
  }

  #passOn(exchange: Exchange, part: ResponsePart, piece: Buffer): boolean {
    if (part.head) this.#head = part.head;
    let goesOn: boolean;
    try {
      goesOn = exchange.taker.onPart(part, piece);
    } catch (error) {
      // A fault of the taker ends this answer, and not the process that has many others under way.
      this.close(error as Error);
      return false;
    }
    if (part.isOver) this.#over(exchange, part.keepsAlive);
    return goesOn || part.isOver;
  }

  #over({ taker }: Exchange, keepsAlive: boolean): void {
    this.#exchange = null;
    if (this.#head && keepsAlive) {
      this.#usableUntil = performance.now() + keptMs(this.#head.rawHeaders);
      this.tell.idle();
    } else this.close(null);
    taker.onOver();
  }

  /** The server has closed its half: the end of a body that had no length, or a loss. */
  #finish(): void {
    const exchange = this.#exchange;
    const part = this.#reader.finish();
    if (!exchange || !part.isOver) {
      this.close(new Error("the server closed the connection"));
      return;
    }
    this.#passOn(exchange, { ...part, keepsAlive: false }, NOTHING);
  }

  /** Nothing has moved for long. An answer that has begun may pause as long as it likes. */
  #silent(): void {
    if (this.#exchange && this.#head) return;
    this.#timedOut = this.#exchange !== null;
    this.close(this.#timedOut ? new Error("the server did not answer in time") : null);
  }

  #lost(): void {
    this.#reader.free();
    this.tell.closed();
    const exchange = this.#exchange;
    this.#exchange = null;
    if (!exchange) return;
    if (this.#isUnsent) this.tell.unsent(exchange);
    else exchange.taker.onFailure(this.#failure ?? new Error("the connection was closed"), this.#timedOut);
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
