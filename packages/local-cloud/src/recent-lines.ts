/** A hundred lines or so: their reading takes a third of a millisecond. */
const CHUNK_BYTES = 64 * 1024;
/** A letter of JavaScript is at most so many bytes of UTF-8. */
const LETTER_BYTES = 3;

/** Lines that came one after the other, and between which times; ms since 1970. */
interface Chunk {
  /** Which of all chunks there ever were it is now. */
  number: number;
  readonly bytes: Buffer;
  used: number;
  lines: number;
  earliest: number;
  latest: number;
}

/**
 * The newest lines of a log, as bytes outside of the heap. Tens of thousands of records that live for a minute would be
 * copied and walked through by the collector again and again, and traffic would wait for it.
 */
export class RecentLines {
  readonly #chunks: Chunk[] = [];
  #lines = 0;

  /** @param max how many lines are kept at least; at most a chunk of 64 KiB more */
  constructor(private readonly max: number) {}

  /**
   * @param line without an end of line in it
   * @param at the time by which it is found, in ms since 1970
   */
  add(line: string, at: number): void {
    const chunk = this.#room((line.length + 1) * LETTER_BYTES);
    chunk.used += chunk.bytes.write(line, chunk.used);
    chunk.bytes[chunk.used++] = 0x0a;
    chunk.lines++;
    chunk.earliest = Math.min(chunk.earliest, at);
    chunk.latest = Math.max(chunk.latest, at);
    this.#lines++;
  }

  /**
   * Lines, newest first, a chunk at a time. Some may be older than `from` or younger than `to`, both in ms since 1970;
   * none is left out.
   */
  *newest(from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): Generator<string[]> {
    const chunks = this.#chunks.map((chunk) => ({ chunk, number: chunk.number })).reverse();
    for (const { chunk, number } of chunks) {
      // While the reader had other things to do, its lines may have been forgotten for newer ones.
      if (chunk.number !== number || chunk.latest < from || chunk.earliest > to) continue;
      // The text ends with an end of line, so that nothing stands behind the last one.
      yield chunk.bytes.toString("utf8", 0, chunk.used).split("\n").slice(0, -1).reverse();
    }
  }

  #room(bytes: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last && last.bytes.length - last.used >= bytes) return last;
    const number = (last?.number ?? 0) + 1;
    const empty = {
      used: 0,
      lines: 0,
      earliest: Number.POSITIVE_INFINITY,
      latest: Number.NEGATIVE_INFINITY,
    };
    const oldest = this.#forgotten();
    // Used again, as new memory beside the heap makes the collector look through all of the old.
    const chunk =
      oldest?.bytes.length === CHUNK_BYTES && bytes <= CHUNK_BYTES
        ? Object.assign(oldest, empty, { number })
        : { ...empty, number, bytes: Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)) };
    this.#chunks.push(chunk);
    return chunk;
  }

  /** Takes the oldest chunk out when there are lines enough without it. */
  #forgotten(): Chunk | undefined {
    const oldest = this.#chunks[0];
    if (!oldest || this.#lines - oldest.lines < this.max) return undefined;
    this.#lines -= oldest.lines;
    return this.#chunks.shift();
  }
}
