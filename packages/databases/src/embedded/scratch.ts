import { Worker } from "node:worker_threads";
import { databaseRefused, dumpUnusable } from "@atoms/playbook";
import type { Connection } from "../connect.js";
import type { OpenDump } from "./dump-file.js";
import type { ScratchOrder, ScratchRequest, ScratchWord } from "./scratch-worker.js";

/** A dump opens within seconds; one that takes longer than this is taken for stuck. */
const openMs = 120_000;
/** The longest that one statement over a database of at most 1 GiB may take. */
const statementMs = 600_000;

/** A database that was opened from a dump, in the memory of a thread of this process: nothing of it is on a disk. */
export interface Scratch {
  db: Connection;
  /** Ends the thread, and the database with it. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens a dump in a thread of its own.
 * @param where Where the dump comes from, to be shown.
 * @throws ATM-253 when it does not open.
 */
export async function openScratch({ tar }: OpenDump, where: string, signal?: AbortSignal): Promise<Scratch> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("../../dist/embedded/scratch-worker.js", import.meta.url), {
    workerData: { tar } satisfies ScratchOrder,
    transferList: [tar.buffer],
    stdout: true,
    stderr: true,
    execArgv: [],
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const close = async () => void (await worker.terminate());
  const cut = () => void close();
  signal?.addEventListener("abort", cut, { once: true });
  worker.once("exit", () => signal?.removeEventListener("abort", cut));
  const ask = asking(worker);
  try {
    const word = await ask((one) => one.word === "ready" || one.word === "failed", openMs);
    if (word.word !== "ready")
      throw dumpUnusable({ where, because: `it does not open: ${"because" in word ? word.because : ""}` });
  } catch (error) {
    await close();
    signal?.throwIfAborted();
    throw error;
  }
  let last = 0;
  return {
    close,
    db: {
      async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
        const id = ++last;
        const answer = ask((one) => "id" in one && one.id === id, statementMs);
        worker.postMessage({ id, text, values } satisfies ScratchRequest);
        const word = await answer;
        if (word.word === "rows") return word.rows as Row[];
        signal?.throwIfAborted();
        throw databaseRefused({
          where,
          because: `what was opened from its dump says: ${"because" in word ? word.because : "nothing"}`,
        });
      },
    },
  };
}

/** Waits for a word of the worker; its end, an error and the time are words too. */
function asking(worker: Worker) {
  return (fits: (word: ScratchWord) => boolean, ms: number): Promise<ScratchWord> =>
    new Promise((resolve) => {
      const done = (word: ScratchWord) => {
        clearTimeout(timer);
        worker.off("message", onMessage);
        worker.off("error", onError);
        worker.off("exit", onExit);
        resolve(word);
      };
      const onMessage = (word: ScratchWord) => fits(word) && done(word);
      const onError = (error: Error) => done({ word: "failed", because: error.message });
      const onExit = () => done({ word: "failed", because: "its thread ended" });
      const timer = setTimeout(() => done({ word: "failed", because: `nothing within ${ms / 1_000} s` }), ms);
      worker.on("message", onMessage);
      worker.on("error", onError);
      worker.on("exit", onExit);
    });
}
