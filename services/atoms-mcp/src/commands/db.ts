import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { PGLiteSocketHandlerOptions } from "@electric-sql/pglite-socket";
import { openPglite, pgliteDriver } from "../storage/embedded.js";
import { migrate } from "../storage/migrate.js";
import { SharedSession } from "../storage/shared-session.js";

const MAX_CONNECTIONS = 50;

/**
 * Runs the embedded database as a Postgres endpoint on loopback, so that several servers can share it, until a signal.
 * @param options port to listen on (0 picks a free one) and the folder to keep rows in
 */
export async function serveDatabase(options: { port: number; data?: string | undefined }): Promise<void> {
  const db = await openPglite(options.data);
  await migrate(pgliteDriver(db, "embedded"));
  const { PGLiteSocketHandler } = await import("@electric-sql/pglite-socket");
  // The handler uses four methods of its queue, which ours has; its type names the class it comes with.
  const queryQueue = new SharedSession(db) as unknown as PGLiteSocketHandlerOptions["queryQueue"];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    new PGLiteSocketHandler({ queryQueue, closeOnDetach: true }).attach(socket).catch(() => socket.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  process.stdout.write(`${JSON.stringify({ event: "listening", url, pid: process.pid })}\n`);
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    db.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
