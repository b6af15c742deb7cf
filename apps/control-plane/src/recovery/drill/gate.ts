import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server: whoever connects to `server` reaches `to`, until it is cut. */
export interface Gate {
  /** Not listening yet. */
  readonly server: Server;
  /** Ends the connections that are open. */
  cut(): void;
}

/** @param to Host and port that it leads to. */
export function gateTo(to: { host: string; port: number }): Gate {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const there = connect(to.port, to.host);
    for (const socket of [from, there]) {
      open.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          open.delete(socket);
          from.destroy();
          there.destroy();
        });
    }
    from.pipe(there).pipe(from);
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return { server, cut };
}
