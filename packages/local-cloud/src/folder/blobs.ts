import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The bytes do not hash to the digest they were announced with. */
export class DigestMismatchError extends Error {
  override readonly name = "DigestMismatchError";
}

/** The bytes are more than the limit allows. */
export class BlobTooLargeError extends Error {
  override readonly name = "BlobTooLargeError";
}

const SHA1 = /^[0-9a-f]{40}$/;

/** True for 40 lower-case hexadecimal digits. */
export function isSha1(text: string): boolean {
  return SHA1.test(text);
}

/** Files by the SHA-1 of their bytes. A file is under its name only when it is whole and its digest was checked. */
export class Blobs {
  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {}

  path(sha: string): string {
    if (!isSha1(sha)) throw new Error("not a SHA-1 digest");
    return join(this.folder, sha.slice(0, 2), sha.slice(2));
  }

  has(sha: string): boolean {
    return isSha1(sha) && existsSync(this.path(sha));
  }

  async size(sha: string): Promise<number> {
    return (await stat(this.path(sha))).size;
  }

  read(sha: string): Promise<Buffer> {
    return readFile(this.path(sha));
  }

  stream(sha: string): Readable {
    return createReadStream(this.path(sha));
  }

  async copyTo(sha: string, target: string): Promise<void> {
    await copyFile(this.path(sha), target);
  }

  /**
   * Stores a stream.
   * @param expected the digest it must have; without one the digest found is taken
   * @throws DigestMismatchError, BlobTooLargeError; nothing is kept then
   */
  async write(source: Readable, expected?: string): Promise<{ sha: string; size: number }> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const temporary = join(this.folder, `incoming-${randomBytes(8).toString("hex")}`);
    const hash = createHash("sha1");
    let size = 0;
    const max = this.maxBytes;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size > max) return done(new BlobTooLargeError(`A file may have at most ${max} bytes.`));
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(source, measure, createWriteStream(temporary, { mode: 0o600 }));
      const sha = hash.digest("hex");
      if (expected !== undefined && sha !== expected) {
        throw new DigestMismatchError(`The file's SHA-1 is ${sha}, not ${expected} as announced.`);
      }
      const handle = await open(temporary, "r");
      await handle.sync().finally(() => handle.close());
      const target = this.path(sha);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(temporary, target);
      return { sha, size };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  writeBytes(bytes: Uint8Array): Promise<{ sha: string; size: number }> {
    return this.write(Readable.from([Buffer.from(bytes)]));
  }
}
