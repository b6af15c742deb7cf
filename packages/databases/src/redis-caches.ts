import {
  type CacheCare,
  type CacheCleared,
  type CacheExtent,
  type CacheProgress,
  cacheAway,
  cacheIsACluster,
  cacheRefused,
  isProblem,
} from "@atoms/playbook";
import { shownAddress, withoutPasswords } from "./address.js";

/** Keys that are looked at in one go; the server answers others in between. */
const batch = 1_000;
const connectMs = 10_000;

/** Which of the server's many words it is asked. */
type Redis = {
  keys(cursor: string, pattern: string): Promise<{ cursor: string; keys: Buffer[] }>;
  unlink(keys: Buffer[]): Promise<number>;
  size(): Promise<number>;
  flush(): Promise<unknown>;
};

/**
 * Clears caches on Redis.
 * @param how.answerWithin A server that says nothing for so long counts as away, in milliseconds.
 */
export function redisCaches({ answerWithin = 30_000 } = {}): CacheCare {
  return {
    async clear(at, extent, onProgress, signal) {
      const soFar: SoFar = { removed: 0, before: undefined };
      try {
        return await connected(at, answerWithin, signal, (redis) =>
          "whole" in extent
            ? flush(redis, soFar, onProgress)
            : removeByPrefix(redis, extent, soFar, onProgress, signal),
        );
      } catch (error) {
        signal?.throwIfAborted();
        throw await problemOf(error, at.url, soFar);
      }
    },
  };
}

type SoFar = { removed: number; before: number | undefined };

async function flush(
  redis: Redis,
  soFar: SoFar,
  onProgress: (progress: CacheProgress) => void,
): Promise<CacheCleared> {
  const before = await redis.size();
  soFar.before = before;
  onProgress({ doing: "removing", keys: 0, of: before });
  await redis.flush();
  soFar.removed = before;
  return { before, removed: before, after: await redis.size() };
}

async function removeByPrefix(
  redis: Redis,
  { prefix }: Extract<CacheExtent, { prefix: string }>,
  soFar: SoFar,
  onProgress: (progress: CacheProgress) => void,
  signal: AbortSignal | undefined,
): Promise<CacheCleared> {
  const count = async (doing: "counting" | "counting what is left") => {
    const of = await redis.size();
    let found = 0;
    let keys = 0;
    for await (const some of batches(redis, prefix, signal)) {
      found += some.length;
      // How many were looked at the server does not say; it looks at about this many.
      keys = Math.min(of, keys + batch);
      onProgress({ doing, keys, of });
    }
    return found;
  };
  const before = await count("counting");
  soFar.before = before;
  for await (const keys of batches(redis, prefix, signal)) {
    // The server may show a key twice; it counts those it removes.
    if (keys.length > 0) soFar.removed += await redis.unlink(keys);
    onProgress({ doing: "removing", keys: soFar.removed, of: before });
  }
  return { before, removed: soFar.removed, after: await count("counting what is left") };
}

async function* batches(redis: Redis, prefix: string, signal: AbortSignal | undefined) {
  const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
  let cursor = "0";
  do {
    signal?.throwIfAborted();
    const found = await redis.keys(cursor, pattern);
    yield found.keys;
    cursor = found.cursor;
  } while (cursor !== "0");
}

/** Runs work on a connection of its own, and closes it. Cut short by the signal. */
async function connected<T>(
  { url, ca }: { url: string; ca?: string },
  answerWithin: number,
  signal: AbortSignal | undefined,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const { createClient, ErrorReply, RESP_TYPES } = await import("@redis/client");
  const client = createClient({
    url,
    name: "atoms",
    disableClientInfo: true,
    socket: {
      connectTimeout: connectMs,
      socketTimeout: answerWithin,
      // What was lost is told, and how far it came; a new connection would begin in the middle of it.
      reconnectStrategy: false,
      ...(ca === undefined ? {} : { ca: await trusted(ca) }),
    },
  });
  let lost: unknown;
  client.on("error", (error) => {
    lost ??= error;
  });
  const cut = () => client.isOpen && client.destroy();
  signal?.addEventListener("abort", cut, { once: true });
  try {
    await client.connect();
    const { mode } = await client.hello();
    if (mode === "cluster") throw cacheIsACluster({ where: shownAddress(url) });
    // Keys are bytes; as text some of them would be others.
    const inBytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    return await work({
      async keys(cursor, pattern) {
        const found = await inBytes.scan(cursor, { MATCH: pattern, COUNT: batch });
        return { cursor: String(found.cursor), keys: found.keys };
      },
      unlink: (keys) => client.unlink(keys),
      size: () => client.dbSize(),
      flush: () => client.flushDb("ASYNC"),
    });
  } catch (error) {
    // A command that was cut off knows less than the connection.
    throw lost === undefined || error instanceof ErrorReply || isProblem(error) ? error : lost;
  } finally {
    signal?.removeEventListener("abort", cut);
    cut();
  }
}

/** What Node trusts by itself, and these. */
async function trusted(ca: string): Promise<string[]> {
  const { rootCertificates } = await import("node:tls");
  return [...rootCertificates, ca];
}

async function problemOf(error: unknown, url: string, soFar: SoFar): Promise<unknown> {
  if (isProblem(error) || !(error instanceof Error)) return error;
  const { ErrorReply } = await import("@redis/client");
  const where = shownAddress(url);
  const words = error.message || (error as NodeJS.ErrnoException).code || error.name;
  const because = withoutPasswords(words, [url]).replace(/\.$/, "");
  return error instanceof ErrorReply
    ? cacheRefused({ where, because, ...soFar })
    : cacheAway({ where, because, ...soFar });
}
