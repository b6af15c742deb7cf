import type { Server } from "node:http";
import type { Socket } from "node:net";
import { KEEP_ALIVE_MS, PlainResponse } from "./plain-response.js";
import { type PlainRequest, readRequest } from "./read-request.js";

/** A silent connection is closed so much later than visitors are told, as a request may be under way by then. */
const MARGIN_MS = 5_000;

/** Answers a request, at once or later. */
export type Answering = (request: PlainRequest, response: PlainResponse) => void;

/**
 * Has plain requests answered without Node's own server. A connection with any other request is left to the server, which
 * keeps it to its end.
 * @returns a function that ends the connections that the server does not have
 */
export function answerPlainRequests(server: Server, answer: Answering): () => void {
  const visitors = new Set<Visitor>();
  // The server takes connections by listening to this event; whoever has one for it may emit it too.
  const toServer = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const visitor: Visitor = new Visitor(socket, answer, {
      handOver: () => {
        visitors.delete(visitor);
        for (const listener of toServer) listener.call(server, socket);
      },
      closed: () => visitors.delete(visitor),
    });
    visitors.add(visitor);
  });
  return () => {
    for (const visitor of visitors) visitor.close();
  };
}

/** One connection. */
class Visitor {
  #response: PlainResponse | null = null;
  /** What came behind a request that is being answered, or whose answer is not taken yet. */
  #held: Buffer | null = null;
  /** The visitor has sent its last request; what it sends behind it is not read. */
  #isLast = false;

  constructor(
    private readonly socket: Socket,
    private readonly answer: Answering,
    private readonly tell: { readonly handOver: () => void; readonly closed: () => void },
  ) {
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    socket.on("drain", this.#onDrain);
    socket.on("timeout", this.#onTimeout);
    socket.setTimeout(KEEP_ALIVE_MS + MARGIN_MS);
  }

  close(): void {
    this.socket.destroy();
  }

  readonly #onData = (piece: Buffer): void => {
    if (this.#isLast) return;
    if (this.#response || this.socket.writableNeedDrain) {
      this.#held = this.#held ? Buffer.concat([this.#held, piece]) : piece;
      this.socket.pause();
      return;
    }
    const { socket } = this;
    const request = readRequest(piece, socket);
    if (!request) {
      this.#handOver(piece);
      return;
    }
    this.#isLast = !request.keepsAlive;
    this.#response = new PlainResponse(socket, request, () => this.#answered());
    this.answer(request, this.#response);
  };

  /** A visitor that closes its sending half has left, as for nginx and Node. */
  readonly #onEnd = (): void => {
    if (this.#response) this.socket.destroy();
    else this.socket.end();
  };

  readonly #onError = (): void => {
    this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.tell.closed();
    this.#response?.left();
    this.#response = null;
  };

  readonly #onDrain = (): void => {
    if (this.#response) this.#response.drained();
    else this.#readHeld();
  };

  readonly #onTimeout = (): void => {
    // A visitor that has not yet taken all of its answer may pause as long as it likes.
    if (!this.#response && this.socket.writableLength === 0) this.socket.destroy();
  };

  #answered(): void {
    this.#response = null;
    if (this.#isLast) this.socket.end();
    // Not now: whoever has answered is still at it.
    else if (this.#held) setImmediate(() => this.#readHeld());
  }

  #readHeld(): void {
    const held = this.#held;
    if (!held || this.#response || this.socket.destroyed) return;
    this.#held = null;
    this.socket.resume();
    this.#onData(held);
  }

  #handOver(piece: Buffer): void {
    const { socket } = this;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    socket.off("drain", this.#onDrain);
    socket.setTimeout(0);
    socket.off("timeout", this.#onTimeout);
    socket.pause();
    socket.unshift(piece);
    this.tell.handOver();
    socket.resume();
  }
}
