import { isProblem } from "@atoms/playbook";
import type { RedisClientOptions, RedisClientType, RedisClusterType } from "@redis/client";

/** Keys that are looked at in one go; the server answers others in between. */
export const keysAtOnce = 1_000;
const connectMs = 10_000;

/** A server, or a cluster of them, and the few of its many words that clearing a cache needs. */
export type RedisKeys = {
  /** The server; of a cluster every master, each of which has a part of the keys. */
  servers: readonly { keys(cursor: string, pattern: string): Promise<{ cursor: string; keys: Buffer[] }> }[];
  unlink(keys: Buffer[]): Promise<number>;
  size(): Promise<number>;
  flush(): Promise<unknown>;
};

type Address = { url: string; ca?: string };

/**
 * Runs work on connections of its own, and closes them. Cut short by the signal.
 * @param answerWithin A server that says nothing for so long counts as away, in milliseconds.
 */
export async function withRedis<T>(
  { url, ca }: Address,
  answerWithin: number,
  signal: AbortSignal | undefined,
  work: (redis: RedisKeys) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const { createClient, createCluster, ErrorReply, RESP_TYPES } = await import("@redis/client");
  const options = {
    name: "atoms",
    disableClientInfo: true,
    // Keys are bytes; as text some of them would be others.
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    socket: {
      connectTimeout: connectMs,
      socketTimeout: answerWithin,
      // What was lost is told, and how far it came; a new connection would begin in the middle of it.
      reconnectStrategy: false,
      ...(ca === undefined ? {} : { ca: await trusted(ca) }),
    },
  } as const satisfies RedisClientOptions;
  let lost: unknown;
  const told = (error: unknown) => {
    lost ??= error;
  };
  const opened: { readonly isOpen: boolean; destroy(): void }[] = [];
  const cut = () => {
    for (const one of opened) if (one.isOpen) one.destroy();
  };
  signal?.addEventListener("abort", cut, { once: true });
  try {
    const client = createClient({ ...options, url }).on("error", told);
    opened.push(client);
    await client.connect();
    const { mode } = await client.hello();
    if (String(mode) !== "cluster") return await work(keysOf(client as unknown as Bytes));
    const cluster = createCluster({
      rootNodes: [{ ...options, url }],
      defaults: { ...options, ...credentialsIn(url), socket: { ...options.socket, ...tlsIn(url) } },
    });
    cluster.on("error", told).on("node-error", told);
    opened.push(cluster);
    await cluster.connect();
    return await work(await keysOfCluster(cluster as unknown as BytesOfCluster));
  } catch (error) {
    // A command that was cut off knows less than the connection.
    throw lost === undefined || error instanceof ErrorReply || isProblem(error) ? error : lost;
  } finally {
    signal?.removeEventListener("abort", cut);
    cut();
  }
}

type Bytes = Pick<RedisClientType, "unlink" | "dbSize" | "flushDb"> & {
  scan(cursor: string, how: { MATCH: string; COUNT: number }): Promise<{ cursor: unknown; keys: Buffer[] }>;
};
type BytesOfCluster = Pick<RedisClusterType, "masters" | "unlink"> & {
  nodeClient(node: RedisClusterType["masters"][number]): Promise<Bytes>;
};

function keysOf(client: Bytes): RedisKeys {
  return {
    servers: [scanned(client)],
    unlink: (keys) => client.unlink(keys),
    size: () => client.dbSize(),
    flush: () => client.flushDb("ASYNC"),
  };
}

async function keysOfCluster(cluster: BytesOfCluster): Promise<RedisKeys> {
  const masters = await Promise.all(cluster.masters.map((node) => cluster.nodeClient(node)));
  return {
    servers: masters.map(scanned),
    // One at a time, all on their way at once: keys of different slots may not be named together. The cluster's client asks
    // the master that has a key now, also while slots move.
    unlink: async (keys) => sum(await Promise.all(keys.map((key) => cluster.unlink(key)))),
    size: async () => sum(await Promise.all(masters.map((master) => master.dbSize()))),
    flush: () => Promise.all(masters.map((master) => master.flushDb("ASYNC"))),
  };
}

const scanned = (client: Bytes): RedisKeys["servers"][number] => ({
  async keys(cursor, pattern) {
    const found = await client.scan(cursor, { MATCH: pattern, COUNT: keysAtOnce });
    return { cursor: String(found.cursor), keys: found.keys };
  },
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function credentialsIn(url: string): { username?: string; password?: string } {
  const { username, password } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}

const tlsIn = (url: string): { tls?: true } => (url.startsWith("rediss:") ? { tls: true } : {});

/** What Node trusts by itself, and these. */
async function trusted(ca: string): Promise<string[]> {
  const { rootCertificates } = await import("node:tls");
  return [...rootCertificates, ca];
}
