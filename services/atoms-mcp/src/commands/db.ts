import { openPglite, pgliteDriver } from "../storage/embedded.js";
import { migrate } from "../storage/migrate.js";

const MAX_CONNECTIONS = 50;

/**
 * Runs the embedded database as a Postgres endpoint on loopback, so that several servers can share it, until a signal.
 * @param options port to listen on (0 picks a free one) and the folder to keep rows in
 */
export async function serveDatabase(options: { port: number; data?: string | undefined }): Promise<void> {
  const db = await openPglite(options.data);
  await migrate(pgliteDriver(db, "embedded"));
  const { PGLiteSocketServer } = await import("@electric-sql/pglite-socket");
  const server = new PGLiteSocketServer({
    db,
    host: "127.0.0.1",
    port: options.port,
    maxConnections: MAX_CONNECTIONS,
  });
  await server.start();
  const url = `postgres://postgres@${server.getServerConn()}/postgres`;
  process.stdout.write(`${JSON.stringify({ event: "listening", url, pid: process.pid })}\n`);
  const stop = () => {
    server
      .stop()
      .then(() => db.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
