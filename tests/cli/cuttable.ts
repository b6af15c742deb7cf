import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can be cut: a TCP proxy on loopback. */
export interface Cuttable {
  /** The server's address by way of the proxy. */
  readonly url: string;
  /**
   * Cuts it off until `heal`. `reset`: connections end, new ones are refused. `silent`: everything stays open and nothing
   * comes through, as when a cable is pulled.
   */
  cut(how: "reset" | "silent"): void;
  heal(): void;
  /**
   * From now on ends the connection of every so many-th transaction of PostgreSQL in the middle of it, in turn after its
   * beginning, after what it says next, and when its commit is on its way and the answer is not.
   */
  cutTransactions(every: number): void;
  /** How many transactions were cut so far, in each of these ways. */
  readonly cutSoFar: Readonly<Record<Moment, number>>;
  close(): Promise<void>;
}

/** When a transaction is cut. */
type Moment = "begun" | "at work" | "committing";
const moments: readonly Moment[] = ["begun", "at work", "committing"];

/** Opens a way to the server of a URL such as `postgres://…@127.0.0.1:5432/name`. Close it when done. */
export async function cuttableWayTo(url: string): Promise<Cuttable> {
  const target = new URL(url);
  const pairs = new Set<[Socket, Socket]>();
  let how: "open" | "reset" | "silent" = "open";
  const cutSoFar: Record<Moment, number> = { begun: 0, "at work": 0, committing: 0 };
  let every = Number.POSITIVE_INFINITY;
  let begun = 0;
  let turn = 0;
  const end = (pair: [Socket, Socket]) => {
    pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  };
  const server = createServer((from) => {
    if (how === "reset") return void from.destroy();
    const to = connect(Number(target.port === "" ? 5432 : target.port), target.hostname);
    const pair: [Socket, Socket] = [from, to];
    pairs.add(pair);
    for (const socket of pair) socket.on("error", () => end(pair)).on("close", () => end(pair));
    let doomed: Moment | undefined;
    from.on("data", (chunk: Buffer) => {
      const said = chunk.toString("latin1");
      const begins = /^Q.{4}\s*(begin|start transaction)\b/is.test(said);
      if (begins && ++begun % every === 0) doomed = moments[turn++ % moments.length];
      const now: Moment = begins ? "begun" : /^Q.{4}\s*commit\b/is.test(said) ? "committing" : "at work";
      // What was said goes through; no answer to it does.
      if (doomed !== undefined && (now === doomed || now === "committing")) {
        cutSoFar[now] += 1;
        doomed = undefined;
        to.unpipe(from);
        setTimeout(() => end(pair), 20);
      }
    });
    from.pipe(to);
    to.pipe(from);
    if (how === "silent") for (const socket of pair) socket.pause();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const own = new URL(url);
  own.hostname = "127.0.0.1";
  own.port = String((server.address() as AddressInfo).port);
  return {
    url: own.href,
    cut(wanted) {
      how = wanted;
      for (const pair of [...pairs]) {
        if (wanted === "reset") end(pair);
        else for (const socket of pair) socket.pause();
      }
    },
    heal() {
      how = "open";
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    cutTransactions(wanted) {
      every = wanted;
    },
    cutSoFar,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const pair of [...pairs]) end(pair);
      }),
  };
}
