import { existsSync, mkdirSync, statSync } from "node:fs";
import { appendFile, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isDiskFull } from "./disk-full.js";

const FLUSH_MS = 40;
const PENDING_MAX = 4 * 1024 * 1024;

/**
 * A log of JSON lines with a size limit: when the file is full it becomes the old half (`.1`) and a new one begins, so
 * at most twice `maxBytes` are on disk and the newest entries are always there.
 */
export class BoundedLog<T> {
  #pending: string[] = [];
  #pendingBytes = 0;
  #size: number;
  /** The file may end in the middle of a line, which must not take the next one with it. */
  #isTorn: boolean;
  #work: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  readonly #listeners = new Set<(entry: T) => void>();

  constructor(
    private readonly path: string,
    private readonly maxBytes: number,
  ) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#size = existsSync(path) ? statSync(path).size : 0;
    this.#isTorn = this.#size > 0;
  }

  append(entry: T): void {
    this.appendLine(JSON.stringify(entry));
    for (const listener of this.#listeners) listener(entry);
  }

  /** Writes an entry that is a line of JSON already. Listeners are not called. */
  appendLine(json: string): void {
    this.#pending.push(`${json}\n`);
    this.#pendingBytes += json.length;
    if (this.#pendingBytes > PENDING_MAX) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Resolves at once unless the disk is far behind the writer; wait for it to keep memory bounded. */
  async room(): Promise<void> {
    if (this.#pendingBytes > PENDING_MAX) await this.flush();
  }

  /** Calls `listener` for every later entry. @returns a function that ends it */
  subscribe(listener: (entry: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All entries that are still kept, oldest first. */
  async read(): Promise<T[]> {
    await this.flush();
    const texts = await Promise.all(
      [`${this.path}.1`, this.path].map((path) => readFile(path, "utf8").catch(() => "")),
    );
    const entries: T[] = [];
    for (const line of texts.join("\n").split("\n")) {
      if (line === "") continue;
      try {
        entries.push(JSON.parse(line) as T);
      } catch {
        // A line torn by a killed process; the entries around it are whole.
      }
    }
    return entries;
  }

  /** Writes what is pending. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#work = this.#work.then(() => this.#write());
    return this.#work;
  }

  /** Removes the log from the disk. */
  async remove(): Promise<void> {
    await this.flush();
    await Promise.all([this.path, `${this.path}.1`].map((path) => rm(path, { force: true })));
  }

  async #write(): Promise<void> {
    const lines = this.#isTorn && this.#pending.length > 0 ? ["\n", ...this.#pending] : this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      for (const piece of pieces(lines, this.maxBytes / 2)) {
        if (this.#size > 0 && this.#size + piece.length > this.maxBytes) {
          await rename(this.path, `${this.path}.1`);
          this.#size = 0;
        }
        this.#isTorn = true;
        await appendFile(this.path, piece, { mode: 0o600 });
        this.#isTorn = false;
        this.#size += piece.length;
      }
    } catch (error) {
      // The folder of a deleted deployment is gone: its last lines have nowhere to go. A full disk must not stop traffic.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" && !isDiskFull(error)) throw error;
    }
  }
}

/** Lines as bytes, in pieces of at most `maxBytes`, or of one line that is longer. */
function pieces(lines: readonly string[], maxBytes: number): Buffer[] {
  const all = Buffer.from(lines.join(""));
  if (all.length <= maxBytes || lines.length < 2) return all.length > 0 ? [all] : [];
  const half = lines.length >> 1;
  return [...pieces(lines.slice(0, half), maxBytes), ...pieces(lines.slice(half), maxBytes)];
}
