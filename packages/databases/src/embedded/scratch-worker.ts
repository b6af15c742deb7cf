import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";

/** What the worker is started with. */
export type ScratchOrder = { tar: Uint8Array<ArrayBuffer> };

/** What the worker is asked. */
export type ScratchRequest = { id: number; text: string; values: readonly unknown[] };

/** What the worker says. */
export type ScratchWord =
  | { word: "ready" }
  | { word: "failed"; because: string }
  | { word: "rows"; id: number; rows: Record<string, unknown>[] }
  | { word: "refused"; id: number; because: string };

const port = parentPort;
if (port === null) throw new Error("a scratch database's worker is a worker thread");
const say = (word: ScratchWord) => port.postMessage(word);
const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A tar as PGlite wants to have it, without the two copies that a Blob of it would be. */
class TarBlob extends Blob {
  override readonly arrayBuffer = async () => {
    const { tar } = workerData as Partial<ScratchOrder>;
    // The database has it all from here on.
    delete (workerData as Partial<ScratchOrder>).tar;
    if (tar === undefined) throw new Error("a dump is opened once");
    return tar.buffer;
  };
}

try {
  const db = await PGlite.create({
    loadDataDir: new TarBlob([]),
    onStdout: () => false,
    onStderr: () => false,
  });
  port.on("message", async ({ id, text, values }: ScratchRequest) => {
    try {
      // Several statements at once go without values only, as with `pg`.
      const rows =
        values.length === 0
          ? ((await db.exec(text)).at(-1)?.rows ?? [])
          : (await db.query(text, [...values])).rows;
      say({ word: "rows", id, rows: rows as Record<string, unknown>[] });
    } catch (error) {
      say({ word: "refused", id, because: wordsOf(error) });
    }
  });
  say({ word: "ready" });
} catch (error) {
  say({ word: "failed", because: wordsOf(error) });
  port.close();
}
