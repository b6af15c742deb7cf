import { readFile } from "node:fs/promises";
import { redisCaches } from "@atoms/databases";
import type { CacheProgress } from "@atoms/playbook";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { password, type RedisServer, startRedis, startRedisCluster } from "./redis.world.js";

// A real Redis, Debian's.

let server: RedisServer;
const quiet = () => undefined;
const caches = redisCaches();

const refused = async (clearing: Promise<unknown>) => {
  const problem = await clearing.then(
    () => ({ code: "it went well", happened: "" }),
    (error: { code: string; happened: string }) => error,
  );
  expect(problem.happened).not.toContain("a-secret");
  return problem;
};

beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server?.close();
});
beforeEach(async () => {
  await server.run("flushall");
});

describe("clearing a cache by prefix", () => {
  it("removes every key that begins so, tells how far it is, and leaves all others", async () => {
    await server.fill("shop:pages", 4_500);
    await server.fill("shop:sessions", 1_200);
    await server.fill("shop:pages", 7, 1);
    await server.run("config resetstat");
    const told: CacheProgress[] = [];
    const done = await caches.clear({ url: `${server.url}/0` }, { prefix: "shop:pages:" }, (p) =>
      told.push(p),
    );
    expect(done).toEqual({ before: 4_500, removed: 4_500, after: 0 });
    expect(await server.run("dbsize")).toBe("1200");
    expect(await server.run("dbsize", 1)).toBe("7");
    expect(new Set(told.map(({ doing }) => doing))).toEqual(
      new Set(["counting", "removing", "counting what is left"]),
    );
    const removing = told.filter(({ doing }) => doing === "removing");
    expect(removing.length).toBeGreaterThan(4);
    expect(removing.at(-1)).toEqual({ doing: "removing", keys: 4_500, of: 4_500 });
    expect(await server.run("info commandstats")).not.toMatch(/cmdstat_(keys|flushall|flushdb|del):/);
  });

  it("may be run again", async () => {
    await server.fill("a", 10);
    const clear = () => caches.clear({ url: server.url }, { prefix: "a" }, quiet);
    expect(await clear()).toMatchObject({ removed: 10 });
    expect(await clear()).toEqual({ before: 0, removed: 0, after: 0 });
  });

  it.each([
    { prefix: "a*", goes: "a*1", stays: "ab1" },
    { prefix: "a?", goes: "a?1", stays: "ax1" },
    { prefix: "[ab]", goes: "[ab]1", stays: "a" },
    { prefix: "a\\\\*", goes: "a\\\\*1", stays: "a*" },
    { prefix: "ü:", goes: "ü:1", stays: "u:1" },
  ])("takes $prefix as it is written", async ({ prefix, goes, stays }) => {
    const plain = prefix.replaceAll("\\\\", "\\");
    await server.run(`set "${goes}" 1\nset "${stays}" 1`);
    expect(await caches.clear({ url: server.url }, { prefix: plain }, quiet)).toMatchObject({ removed: 1 });
    expect(await server.run(`exists "${goes}"`)).toBe("0");
    expect(await server.run(`exists "${stays}"`)).toBe("1");
  });

  it("removes keys that are bytes and no text", async () => {
    await server.run('set "a:\\xff\\xfe\\x00" 1\nset "a:\\xc3" 1');
    expect(await caches.clear({ url: server.url }, { prefix: "a:" }, quiet)).toEqual({
      before: 2,
      removed: 2,
      after: 0,
    });
  });
});

describe("clearing a whole database", () => {
  it("empties the numbered one, and no other", async () => {
    await server.fill("a", 300, 2);
    await server.fill("a", 30);
    const done = await caches.clear({ url: `${server.url}/2` }, { whole: true }, quiet);
    expect(done).toEqual({ before: 300, removed: 300, after: 0 });
    expect(await server.run("dbsize")).toBe("30");
  });
});

describe("what stands in the way", () => {
  it.each([
    {
      what: "a wrong password",
      at: () => server.url.replace("default:", "default:x"),
      code: "ATM-645",
      says: "WRONGPASS",
    },
    { what: "no password", at: () => server.url.replace(/default:.*@/, ""), code: "ATM-645", says: "NOAUTH" },
    {
      what: "a server that is away",
      at: () => "redis://a:a-secret@127.0.0.1:9/0",
      code: "ATM-644",
      says: "REFUSED",
    },
    {
      what: "a database that it has not",
      at: () => `${server.url}/9`,
      code: "ATM-645",
      says: "out of range",
    },
    { what: "an unknown certificate", at: () => server.tlsUrl, code: "ATM-644", says: "certificate" },
  ])("$what is said, and that nothing was removed", async ({ at, code, says }) => {
    const problem = await refused(caches.clear({ url: at() }, { prefix: "a" }, quiet));
    expect(problem).toMatchObject({ code, happened: expect.stringContaining(says) });
    expect(problem.happened).toContain("No key was removed");
  });

  it("a certificate of an authority of one's own is trusted when that is named", async () => {
    await server.fill("a", 3);
    const at = { url: server.tlsUrl, ca: await readFile(server.ca, "utf8") };
    expect(await caches.clear(at, { prefix: "a" }, quiet)).toMatchObject({ removed: 3 });
  });

  it("a user that may look but not remove is told so, with how many there were", async () => {
    await server.fill("a", 3);
    await server.run(`acl setuser reader on >${password} ~* +scan +dbsize +select`);
    const url = server.url.replace("default", "reader");
    const problem = await refused(caches.clear({ url }, { prefix: "a" }, quiet));
    expect(problem).toMatchObject({ code: "ATM-645", happened: expect.stringContaining("0 of 3 keys") });
    expect(await server.run("dbsize")).toBe("3");
  });

  it("it stops when it is told to, and goes on with the rest later", async () => {
    await server.fill("a", 5_000);
    const stop = new AbortController();
    const reason = new Error("the time is up");
    const onProgress = ({ doing, keys }: CacheProgress) =>
      void (doing === "removing" && keys > 0 && stop.abort(reason));
    const clearing = caches.clear({ url: server.url }, { prefix: "a" }, onProgress, stop.signal);
    await expect(clearing).rejects.toBe(reason);
    const left = Number(await server.run("dbsize"));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(5_000);
    const rest = await caches.clear({ url: server.url }, { prefix: "a" }, quiet);
    expect(rest).toEqual({ before: left, removed: left, after: 0 });
  });
  it.each([
    { what: "dies", signal: "SIGKILL" },
    { what: "hangs", signal: "SIGSTOP" },
  ] as const)("a server that $what half-way is told of, with what was removed", async ({ signal }) => {
    const mortal = await startRedis();
    try {
      await mortal.fill("a", 5_000);
      let removed = 0;
      const onProgress = (progress: CacheProgress) => {
        if (progress.doing !== "removing" || progress.keys === 0) return;
        removed ||= progress.keys;
        mortal.signal(signal);
      };
      const clearing = redisCaches({ answerWithin: 5_000 }).clear(
        { url: mortal.url },
        { prefix: "a" },
        onProgress,
      );
      const problem = await refused(clearing);
      expect(problem.code).toBe("ATM-644");
      // On a machine that stood still the server may count as away before it was stopped.
      if (removed > 0)
        expect(problem.happened).toMatch(/was lost: .*\. [1-9]\d* of 5000 keys were removed before that/);
    } finally {
      await mortal.close();
    }
  });
});

describe("a cluster", () => {
  let cluster: RedisServer;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 90_000);
  afterAll(() => cluster?.close());
  const set = (prefix: string, count: number) =>
    cluster.run(Array.from({ length: count }, (_, n) => `set ${prefix}:${n} 1`).join("\n"));

  it.each(["url", "tlsUrl"] as const)("loses the keys of a prefix on all its masters (%s)", async (by) => {
    await set("shop:pages", 300);
    await set("shop:sessions", 20);
    const at = { url: cluster[by], ca: await readFile(cluster.ca, "utf8") };
    const told: CacheProgress[] = [];
    const done = await caches.clear(at, { prefix: "shop:pages:" }, (p) => told.push(p));
    expect(done).toEqual({ before: 300, removed: 300, after: 0 });
    expect(told.at(-1)).toMatchObject({ doing: "counting what is left", of: 20 });
    expect(await caches.clear(at, { prefix: "shop:" }, quiet)).toEqual({ before: 20, removed: 20, after: 0 });
  });

  it("loses all keys when the whole is meant", async () => {
    await set("a", 50);
    await set("b", 50);
    const done = await caches.clear({ url: `${cluster.url}/0` }, { whole: true }, quiet);
    expect(done).toEqual({ before: 100, removed: 100, after: 0 });
  });

  it("is away when the node that was named is", async () => {
    const nobody = cluster.url.replace(/:\d+$/, ":1");
    await expect(caches.clear({ url: nobody }, { prefix: "a" }, quiet)).rejects.toMatchObject({
      code: "ATM-644",
    });
  });

  it("of which a master dies half-way is told of, with what was removed", async () => {
    await set("a", 3_000);
    let removed = 0;
    const onProgress = ({ doing, keys }: CacheProgress) => {
      if (doing !== "removing" || keys === 0) return;
      removed ||= keys;
      cluster.signal("SIGKILL");
    };
    const lost = await refused(caches.clear({ url: cluster.url }, { prefix: "a" }, onProgress));
    expect(removed).toBeGreaterThan(0);
    expect(["ATM-644", "ATM-645"]).toContain(lost.code);
    expect(lost.happened).toMatch(/\d+ of 3000 keys/);
  });
});
