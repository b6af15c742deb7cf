import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const SEGMENT_BYTES = 8 * 1024 * 1024;
const SEGMENT = /^(\d{15})\.lines$/;

/** Bounds of what waits; what is over them is dropped, the oldest first. */
export interface WaitingBounds {
  readonly entries: number;
  /** Of all entries together, in UTF-16 units. */
  readonly bytes: number;
}

/** A file of the line: its entries begin with number `first`. */
interface Segment {
  readonly path: string;
  readonly first: number;
}

/**
 * Entries that wait to be delivered, in order, in memory and in a folder of their own, so that they outlive the process
 * (not a power cut). Each entry has a number. A segment holds the entries from its number on, one to a line, and between
 * them lines that are a number: everything before it has left. A segment goes when all its entries have left, so nothing
 * is ever written anew. What was delivered in the moment of a kill may come a second time.
 */
export class WaitingLine {
  readonly #entries: string[] = [];
  #bytes = 0;
  /** The number of the entry that is at the front, and of the next one to come. */
  #front = 0;
  #next = 0;
  readonly #segments: Segment[] = [];
  #fd: number | null = null;
  #size = 0;
  #unwritten: string[] = [];
  #scheduled: NodeJS.Immediate | null = null;
  /** Entries that were dropped because too many waited, since this process began. */
  dropped = 0;

  private constructor(
    private readonly folder: string,
    private readonly bounds: WaitingBounds,
  ) {}

  /**
   * Opens the line in a folder and takes up what an earlier process left there. An entry has no line break and does
   * not begin with a digit.
   */
  static open(folder: string, bounds: WaitingBounds): WaitingLine {
    const line = new WaitingLine(folder, bounds);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    line.#takeUp();
    return line;
  }

  get length(): number {
    return this.#entries.length;
  }

  add(entry: string): void {
    this.#entries.push(entry);
    this.#bytes += entry.length;
    this.#next++;
    this.#write(entry);
    this.#keepBounds();
  }

  /** The oldest entries, at most `count` and about `bytes` of them, but at least one. They stay until they are taken. */
  front(count: number, bytes: number): { readonly from: number; readonly entries: readonly string[] } {
    let end = 0;
    let size = 0;
    while (end < this.#entries.length && end < count) {
      size += this.#entries[end]?.length ?? 0;
      if (end > 0 && size > bytes) break;
      end++;
    }
    return { from: this.#front, entries: this.#entries.slice(0, end) };
  }

  /** Lets go of every entry before the given number. */
  taken(before: number): void {
    const count = before - this.#front;
    if (count <= 0) return;
    for (const entry of this.#entries.splice(0, count)) this.#bytes -= entry.length;
    this.#front = before;
    this.#write(String(before));
  }

  /** Writes what is not on the disk yet and closes the files; entries stay for the next process. */
  close(): void {
    this.#flush();
    this.#closeSegment();
  }

  /** Forgets all entries and removes the folder. */
  remove(): void {
    this.#entries.length = 0;
    this.#unwritten = [];
    this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #keepBounds(): void {
    let count = Math.max(0, this.#entries.length - this.bounds.entries);
    let bytes = this.#bytes;
    for (let i = 0; i < count; i++) bytes -= this.#entries[i]?.length ?? 0;
    while (bytes > this.bounds.bytes && count < this.#entries.length - 1)
      bytes -= this.#entries[count++]?.length ?? 0;
    if (count === 0) return;
    // A few more at once: moving the whole list for each entry that comes would cost more than the entries are worth.
    count = Math.min(this.#entries.length - 1, count + Math.floor(this.bounds.entries / 100));
    this.dropped += count;
    this.taken(this.#front + count);
  }

  /** Lines of one turn of the event loop are written together: a write each would cost more than the rest. */
  #write(line: string): void {
    this.#unwritten.push(line);
    this.#scheduled ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    if (this.#unwritten.length === 0) return;
    const lines = this.#unwritten;
    this.#unwritten = [];
    if (this.#entries.length === 0) {
      this.#dropSegments(this.#segments.length);
      return;
    }
    try {
      const added = lines.filter((line) => !isNumber(line)).length;
      this.#append(Buffer.from(`${lines.join("\n")}\n`), this.#next - added);
    } catch {
      // A full disk must not stop the delivery: these entries are in memory only. A segment that is begun later has the
      // right number again.
      this.#closeSegment();
    }
    const gone = this.#segments.findIndex((_, i) => (this.#segments[i + 1]?.first ?? Infinity) > this.#front);
    if (gone > 0) this.#dropSegments(gone);
  }

  #append(bytes: Buffer, first: number): void {
    if (this.#size > SEGMENT_BYTES) this.#closeSegment();
    if (this.#fd === null) {
      const path = join(this.folder, `${String(first).padStart(15, "0")}.lines`);
      this.#fd = openSync(path, "a", 0o600);
      this.#size = fstatSync(this.#fd).size;
      if (this.#segments.at(-1)?.path !== path) this.#segments.push({ path, first });
    }
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }

  #closeSegment(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    this.#size = 0;
  }

  #dropSegments(count: number): void {
    if (count === this.#segments.length) this.#closeSegment();
    for (const { path } of this.#segments.splice(0, count)) rmSync(path, { force: true });
  }

  #takeUp(): void {
    const names = readdirSync(this.folder)
      .filter((name) => SEGMENT.test(name))
      .sort();
    const numbered: { number: number; entry: string }[] = [];
    for (const name of names) {
      const path = join(this.folder, name);
      const first = Number(SEGMENT.exec(name)?.[1]);
      this.#segments.push({ path, first });
      let number = first;
      const text = readFileSync(path);
      // What follows the last line break was torn by a kill: it is not an entry, and nothing may be written behind it.
      const whole = text.lastIndexOf("\n") + 1;
      if (whole < text.length) truncateSync(path, whole);
      for (const line of text.toString("utf8", 0, whole).split("\n").slice(0, -1)) {
        if (isNumber(line)) this.#front = Math.max(this.#front, Number(line));
        else numbered.push({ number: number++, entry: line });
      }
      this.#next = Math.max(this.#next, number, this.#front);
    }
    const waiting = numbered.filter(({ number }) => number >= this.#front);
    this.#front = this.#next - waiting.length;
    for (const { entry } of waiting) {
      this.#entries.push(entry);
      this.#bytes += entry.length;
    }
    if (waiting.length === 0) this.#dropSegments(this.#segments.length);
    this.#keepBounds();
  }
}

function isNumber(line: string): boolean {
  const code = line.charCodeAt(0);
  return code >= 48 && code <= 57;
}
