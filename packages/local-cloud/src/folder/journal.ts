import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** One record set (`value`) or removed (`value` null) in a named table. */
export type Change = readonly [table: string, id: string, value: unknown];

/**
 * An append-only file of transactions: one line is one transaction, an array of changes. A line is in the kernel's
 * hands before `append` returns, so `kill -9` loses nothing; the disk is told within `SYNC_MS`, so a power cut loses at
 * most that much. A torn last line is cut off when the file is opened.
 */
export class Journal {
  static readonly SYNC_MS = 25;
  #fd: number;
  #timer: NodeJS.Timeout | null = null;
  #lines = 0;
  #size: number;

  private constructor(readonly path: string) {
    this.#fd = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#fd).size;
  }

  /** Opens the file and hands every stored transaction to `replay`, oldest first. */
  static open(path: string, replay: (changes: readonly Change[]) => void): Journal {
    if (existsSync(path)) {
      const bytes = readFileSync(path);
      const whole = bytes.lastIndexOf(0x0a) + 1;
      let lines = 0;
      for (const line of bytes.subarray(0, whole).toString("utf8").split("\n")) {
        if (line === "") continue;
        lines++;
        replay(parsed(line, path, lines));
      }
      if (whole < bytes.length) truncateSync(path, whole);
      const journal = new Journal(path);
      journal.#lines = lines;
      return journal;
    }
    return new Journal(path);
  }

  /** Transactions in the file. */
  get lines(): number {
    return this.#lines;
  }

  /** @throws the file system's error; nothing of the transaction is stored then */
  append(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const line = Buffer.from(`${JSON.stringify(changes)}\n`);
    try {
      let written = 0;
      while (written < line.length) written += writeSync(this.#fd, line, written);
    } catch (error) {
      // Half a line in the middle of the file would spoil all that follows it.
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
    this.#size += line.length;
    this.#lines++;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // A failed sync is not an answer to anybody; the next append meets the same disk and reports it.
      fdatasync(this.#fd, () => undefined);
    }, Journal.SYNC_MS).unref();
  }

  /** Replaces the history by `changes`, which must describe the whole state. */
  compact(changes: readonly Change[]): void {
    const next = `${this.path}.next`;
    const fd = openSync(next, "w", 0o600);
    for (const change of changes) writeSync(fd, `${JSON.stringify([change])}\n`);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(next, this.path);
    const folder = openSync(dirname(this.path), "r");
    fsyncSync(folder);
    closeSync(folder);
    closeSync(this.#fd);
    this.#fd = openSync(this.path, "a", 0o600);
    this.#size = fstatSync(this.#fd).size;
    this.#lines = changes.length;
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    fdatasyncSync(this.#fd);
    closeSync(this.#fd);
  }
}

function parsed(line: string, path: string, number: number): Change[] {
  try {
    return JSON.parse(line) as Change[];
  } catch {
    throw new Error(
      `The journal ${path} is damaged in line ${number}. Nothing was changed. Put a copy of the folder back, or move ` +
        "the folder away to begin anew.",
    );
  }
}
