import {
  type CacheCare,
  type CacheCleared,
  type CacheExtent,
  type CacheProgress,
  cacheAway,
  cacheRefused,
  isProblem,
} from "@atoms/playbook";
import { shownAddress, withoutPasswords } from "./address.js";
import { keysAtOnce, type RedisKeys, withRedis } from "./redis-keys.js";

/**
 * Clears caches on Redis.
 * @param how.answerWithin A server that says nothing for so long counts as away, in milliseconds.
 */
export function redisCaches({ answerWithin = 30_000 } = {}): CacheCare {
  return {
    async clear(at, extent, onProgress, signal) {
      const soFar: SoFar = { removed: 0, before: undefined };
      try {
        return await withRedis(at, answerWithin, signal, (redis) =>
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
  redis: RedisKeys,
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
  redis: RedisKeys,
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
      keys = Math.min(of, keys + keysAtOnce);
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

async function* batches(redis: RedisKeys, prefix: string, signal: AbortSignal | undefined) {
  const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
  for (const server of redis.servers) {
    let cursor = "0";
    do {
      signal?.throwIfAborted();
      const found = await server.keys(cursor, pattern);
      yield found.keys;
      cursor = found.cursor;
    } while (cursor !== "0");
  }
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
