import {
  type BackupVault,
  type ByteStream,
  type Clock,
  type S3Settings,
  storeRefused,
  takenAt,
} from "@atoms/playbook";
import { S3mini } from "s3mini";

/** A file is kept in pieces of this size: each is sent whole and again when that fails, and no store has to know of parts. */
const pieceBytes = 16 * 1_024 * 1_024;
const requestMs = 180_000;
const tries = 4;

/**
 * Full backups in a bucket that speaks S3. A file of a backup is a row of objects, `<id>/<file>/00000` and on, which its
 * manifest tells the whole length and digest of.
 */
export function s3Vault(
  settings: S3Settings,
  world: { clock: Clock; pieceBytes?: number; fetch?: typeof fetch },
): BackupVault {
  const { endpoint, bucket, prefix } = settings;
  const where = `${endpoint.replace(/\/$/, "")}/${bucket}${prefix === "" ? "" : `/${prefix}`}`;
  const top = prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`;
  const size = world.pieceBytes ?? pieceBytes;
  const store = new S3mini({
    endpoint: `${endpoint.replace(/\/$/, "")}/${bucket}`,
    region: settings.region,
    accessKeyId: settings.access_key_id,
    secretAccessKey: settings.secret_access_key,
    requestAbortTimeout: requestMs,
    ...(world.fetch === undefined ? {} : { fetch: world.fetch }),
  });

  /** Tries again what may help to try again, with growing waits. */
  const asked = async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    for (let turn = 1; ; turn++) {
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        const status = (error as { status?: number }).status ?? 0;
        const final = status >= 400 && status < 500 && status !== 408 && status !== 429;
        if (final || turn === tries) throw storeRefused({ where, because: wordsOf(error) });
        await world.clock.sleep(500 * 2 ** turn, signal);
      }
    }
  };

  const keysUnder = async (under: string): Promise<string[]> => {
    const found = await asked(() => store.listObjects("/", under));
    if (found === null) throw storeRefused({ where, because: "there is no such bucket" });
    return found.map((object) => object.Key).sort();
  };

  const pieceKey = (id: string, file: string, at: number) =>
    `${top}${id}/${file}/${String(at).padStart(5, "0")}`;

  return {
    where,

    async ids() {
      const names = (await keysUnder(top)).map((key) => key.slice(top.length).split("/")[0] ?? "");
      return [...new Set(names)].filter((name) => takenAt(name) !== undefined);
    },

    async write(id, file, data, signal) {
      let at = 0;
      for await (const piece of inPieces(data, size)) {
        const key = pieceKey(id, file, at++);
        await asked(() => store.putObject(key, piece), signal);
      }
    },

    async read(id, file, signal) {
      const keys = await keysUnder(`${top}${id}/${file}/`);
      return keys.length === 0 ? undefined : readAll(keys, signal);
    },

    async remove(id) {
      if (takenAt(id) === undefined) throw new TypeError(`not the id of a full backup: ${id}`);
      const keys = await keysUnder(`${top}${id}/`);
      const manifest = keys.filter((key) => key.includes("/manifest.json/"));
      for (const key of [...manifest, ...keys.filter((key) => !manifest.includes(key))])
        await asked(() => store.deleteObject(key));
    },
  };

  async function* readAll(keys: readonly string[], signal: AbortSignal | undefined): ByteStream {
    for (const key of keys) {
      // One piece at a time in memory, so that one that is cut can be asked for again.
      const piece = await asked(() => store.getObjectArrayBuffer(key), signal);
      if (piece === null) throw storeRefused({ where, because: `${key} has just been removed` });
      yield new Uint8Array(piece);
    }
  }
}

/** Cuts a stream into pieces of one size; the last may be shorter, and an empty stream is one empty piece. */
async function* inPieces(data: ByteStream, size: number): ByteStream {
  let kept: Uint8Array[] = [];
  let length = 0;
  let any = false;
  for await (const given of data) {
    let piece = given;
    while (length + piece.length >= size) {
      const room = size - length;
      yield Buffer.concat([...kept, piece.subarray(0, room)]);
      any = true;
      piece = piece.subarray(room);
      kept = [];
      length = 0;
    }
    if (piece.length > 0) kept.push(piece);
    length += piece.length;
  }
  if (length > 0 || !any) yield Buffer.concat(kept);
}

/** What a store says may quote a signature: only its status and its own word for it are passed on. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { status, code, cause } = error as Error & { status?: number; code?: string };
  if (status !== undefined) return `it answered ${status}${code === undefined ? "" : ` (${code})`}`;
  const inner = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : undefined;
  return error.name === "TimeoutError" ? "no answer in time" : (inner ?? code ?? error.message);
}
