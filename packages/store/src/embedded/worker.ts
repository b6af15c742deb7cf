import { constants, cpSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketHandler, type PGLiteSocketHandlerOptions } from "@electric-sql/pglite-socket";
import { QueryQueue } from "./query-queue.js";
import { fillFromTemplate } from "./template.js";

/** What the worker is started with. */
export interface EmbeddedOrder {
  /** Folder of the database itself. */
  data: string;
  /** Where the Unix socket is to be. */
  socket: string;
}

/** What the worker is asked. */
export type EmbeddedRequest = { ask: "close" } | { ask: "copy"; to: string };

/** What the worker says. */
export type EmbeddedWord =
  | { word: "ready" }
  | { word: "copied"; to: string; because?: string }
  | { word: "failed"; code?: string | undefined; because: string }
  | { word: "closed" };

const port = parentPort;
if (port === null) throw new Error("the embedded store's worker is a worker thread");
const order = workerData as EmbeddedOrder;
const say = (word: EmbeddedWord) => port.postMessage(word);

try {
  fillFromTemplate(order.data);
  mkdirSync(order.data, { recursive: true, mode: 0o700 });
  const db = await PGlite.create({ dataDir: order.data, onStdout: () => false, onStderr: () => false });
  const queue = new QueryQueue(db);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // The handler knows its queue by four methods, which ours has; its type names the class it comes with.
    const queryQueue = queue as unknown as PGLiteSocketHandlerOptions["queryQueue"];
    new PGLiteSocketHandler({ queryQueue, closeOnDetach: true }).attach(socket).catch(() => socket.destroy());
  });
  server.listen(order.socket, () => say({ word: "ready" }));
  server.on("error", (error) => say({ word: "failed", because: error.message }));

  /** Copies the database's files in a state from which it starts without recovery; a copy is there whole or not at all. */
  const copy = (to: string) =>
    queue.between(async () => {
      const draft = `${to}.draft`;
      try {
        await db.exec("checkpoint");
        cpSync(order.data, draft, { recursive: true, mode: constants.COPYFILE_FICLONE });
        renameSync(draft, to);
      } finally {
        rmSync(draft, { recursive: true, force: true });
      }
    });

  port.on("message", async (request: EmbeddedRequest) => {
    if (request.ask === "copy") {
      const { to } = request;
      await copy(to).then(
        () => say({ word: "copied", to }),
        (error: Error) => say({ word: "copied", to, because: error.message }),
      );
      return;
    }
    for (const socket of sockets) socket.destroy();
    server.close();
    await db.close().catch(() => undefined);
    say({ word: "closed" });
    port.close();
  });
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  say({ word: "failed", code, because: message ?? String(error) });
  port.close();
}
