import { z } from "zod";

/** Which keys of a server are meant: those of a prefix, or all of one numbered database. */
export type CacheExtent = { prefix: string } | { whole: true };

/** How far the clearing of a cache is. */
export type CacheProgress = {
  doing: "counting" | "removing" | "counting what is left";
  /** Keys that were looked at, or while removing: removed. */
  keys: number;
  /** Of how many. */
  of: number;
};

/** What came of clearing a cache, in keys. `after`: what was written meanwhile. */
export type CacheCleared = { before: number; removed: number; after: number };

/** Clears caches of services. */
export interface CacheCare {
  /**
   * Removes the keys that are meant, and no others, in small batches. Safe to repeat: what is gone stays gone.
   * @param at.ca Certificates in PEM by which the server's is trusted, besides those that Node trusts.
   * @throws ATM-644 when it is away, or was lost half-way; 645 for what it refuses; the signal's reason.
   */
  clear(
    at: { url: string; ca?: string },
    extent: CacheExtent,
    onProgress: (progress: CacheProgress) => void,
    signal?: AbortSignal,
  ): Promise<CacheCleared>;
}

const isRedisAddress = (url: string): boolean =>
  /^rediss?:\/\/./.test(url) && URL.canParse(url) && /^(\/\d*)?$/.test(new URL(url).pathname);
const namesItsDatabase = (url: string): boolean => URL.canParse(url) && /^\/\d+$/.test(new URL(url).pathname);

/** A cache that may be cleared. */
export const CacheSettings = z
  .strictObject({
    url: z
      .string()
      .refine(isRedisAddress, {
        error: "expected redis://… or rediss://… (TLS), with the number of a database at the end or none",
      })
      .describe(
        `Address of the Redis server, or of any node of a cluster (6 or later, or Valkey), such as rediss://user:password@host:6379/0; write it as a variable such as \${SHOP_REDIS_URL}.`,
      ),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe(
        "File with the certificates (PEM) of whoever signed the server's, from the playbook's folder; for rediss:// with an authority of your own.",
      ),
    prefix: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe("The keys that begin so are the cache. No pattern: a star is a star."),
    whole: z
      .boolean()
      .default(false)
      .describe(
        "true, in place of a prefix: all keys of the numbered database in the address are the cache. Other databases of the server are left alone; a cluster has one only, /0.",
      ),
  })
  .refine(({ prefix, whole }) => whole === (prefix === undefined), {
    path: ["prefix"],
    error: "expected either a prefix, or whole: true for every key of the database",
  })
  .refine(({ url, whole }) => !whole || namesItsDatabase(url), {
    path: ["url"],
    error: "expected an address that ends with the number of the database, such as /0, because whole is true",
  });
export type CacheSettings = z.output<typeof CacheSettings>;

/** Which keys a cache of the playbook is. */
export const extentOf = ({ prefix }: CacheSettings): CacheExtent =>
  prefix === undefined ? { whole: true } : { prefix };

/** What is cleared, in a few words. */
export const extentText = (extent: CacheExtent): string =>
  "whole" in extent ? "every key" : `keys that begin with ${JSON.stringify(extent.prefix)}`;
