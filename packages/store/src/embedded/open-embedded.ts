import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { isProblem } from "@atoms/playbook";
import { storeDamaged, storeFull } from "../problems.js";
import { copiesOf } from "./copies.js";
import { lockFolder } from "./folder-lock.js";
import type { EmbeddedOrder, EmbeddedRequest, EmbeddedWord } from "./worker.js";

/** The embedded database, running. */
export interface Embedded {
  /** Where `pg` reaches it; holds no secret. */
  connectionString: string;
  close(): Promise<void>;
}

/** Longest path of a Unix socket, in bytes, with its ending zero. */
const longestSocketPath = 107;
/** A first start takes seconds on a slow disk; after this it is taken for stuck. */
const startMs = 60_000;
const closeMs = 10_000;
const copyMs = 60_000;
/** When it is looked whether a copy is due: after a while, now and again, and at the end. In milliseconds. */
const firstLookMs = 30_000;
const lookMs = 60 * 60 * 1_000;
/** The name `pg` gives a Unix socket in a folder. */
const socketName = ".s.PGSQL.5432";

/**
 * Starts the embedded database on a folder, in a thread of its own, behind a Unix socket only this user can reach.
 * @throws storeInUse, storeDamaged, storeFull.
 */
export async function openEmbedded(folder: string): Promise<Embedded> {
  const home = resolve(folder);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw openProblem(home, error as NodeJS.ErrnoException);
  }
  const unlock = locked(home);
  let sockets = "";
  const leave = () => {
    rmSync(sockets, { recursive: true, force: true });
    unlock();
  };
  try {
    sockets = socketFolder(home);
    const socket = join(sockets, socketName);
    rmSync(socket, { force: true });
    const worker = await startWorker(home, { data: join(home, "data"), socket });
    const looking = keepCopies(home, worker);
    return {
      connectionString: `postgresql://postgres@localhost:5432/postgres?host=${encodeURIComponent(sockets)}`,
      async close() {
        await looking.stop();
        await stopWorker(worker);
        leave();
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}

function locked(home: string): () => void {
  try {
    return lockFolder(home);
  } catch (error) {
    throw isProblem(error) ? error : openProblem(home, error as NodeJS.ErrnoException);
  }
}

/** A private folder with a short path, the same for the same store, so that nothing is left over after a crash. */
function socketFolder(home: string): string {
  const name = `atoms-${process.getuid?.() ?? 0}-${createHash("sha256").update(home).digest("hex").slice(0, 12)}`;
  const roots = [tmpdir(), "/tmp"].filter(
    (root) => Buffer.byteLength(join(root, name, socketName)) < longestSocketPath,
  );
  const root = roots[0] ?? "/tmp";
  const path = join(root, name);
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())) {
      chmodSync(path, 0o700);
      return path;
    }
    // Somebody else sits on the name: take one that nobody can know beforehand.
    return mkdtempSync(join(root, "atoms-"));
  }
}

async function startWorker(home: string, order: EmbeddedOrder): Promise<Worker> {
  const worker = new Worker(new URL("../../dist/embedded/worker.js", import.meta.url), {
    workerData: order,
    stdout: true,
    stderr: true,
    execArgv: [],
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const word = await Promise.race([
    heard(worker, (one) => one.word !== "closed"),
    later(startMs, `it did not start within ${startMs / 1000} s`),
  ]);
  if (word.word === "ready") {
    worker.on("error", () => undefined);
    // A process that has nothing else to do may end; its store is safe at any moment.
    worker.unref();
    return worker;
  }
  await worker.terminate();
  throw openProblem(home, word.word === "failed" ? { code: word.code, message: word.because } : {});
}

/** Makes a copy when one is due, while the store is open and when it is closed. */
function keepCopies(home: string, worker: Worker): { stop(): Promise<void> } {
  const copies = copiesOf(home);
  let copying: Promise<void> | undefined;
  const copy = async () => {
    const to = copies.due(Date.now());
    if (to === undefined) return;
    worker.ref();
    const done = Promise.race([
      heard(worker, (word) => word.word === "copied" && word.to === to),
      later(copyMs, "late"),
    ]);
    ask(worker, { ask: "copy", to });
    await done;
    copies.prune();
    worker.unref();
  };
  const look = () => {
    // A copy that fails, e.g. for want of space, is no reason to end what the store is open for; the next try comes.
    copying ??= copy()
      .catch(() => undefined)
      .finally(() => {
        copying = undefined;
      });
    return copying;
  };
  const first = setTimeout(look, firstLookMs).unref();
  const next = setInterval(look, lookMs).unref();
  return {
    async stop() {
      clearTimeout(first);
      clearInterval(next);
      await look();
    },
  };
}

function ask(worker: Worker, request: EmbeddedRequest): void {
  worker.postMessage(request);
}

async function stopWorker(worker: Worker): Promise<void> {
  worker.ref();
  const closed = Promise.race([heard(worker, (word) => word.word === "closed"), later(closeMs, "late")]);
  ask(worker, { ask: "close" });
  await closed;
  await worker.terminate();
}

function heard(worker: Worker, fits: (word: EmbeddedWord) => boolean): Promise<EmbeddedWord> {
  return new Promise((resolve) => {
    worker.on("message", (word: EmbeddedWord) => fits(word) && resolve(word));
    worker.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ word: "failed", code: error.code, because: error.message }),
    );
    worker.on("exit", () => resolve({ word: "failed", because: "its thread ended by itself" }));
  });
}

function later(ms: number, because: string): Promise<EmbeddedWord> {
  return new Promise((resolve) => {
    setTimeout(() => resolve({ word: "failed", because }), ms).unref();
  });
}

function openProblem(home: string, error: { code?: string | undefined; message?: string }): Error {
  const because = error.message ?? "it did not start";
  if (error.code === "ENOSPC" || /ENOSPC|no space left/i.test(because)) return storeFull({ where: home });
  return storeDamaged({ data: join(home, "data"), because, copy: copiesOf(home).newest() });
}
