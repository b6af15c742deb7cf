import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { systemClock } from "@atoms/engine";
import { type Clock, isProblem } from "@atoms/playbook";
import { afterEach, describe, expect, it } from "vitest";
import { serviceDatabases } from "../service-databases.js";
import { placeOf } from "./address.js";
import { startService, type TestService, tarOf } from "./dump.world.js";
import { embeddedDatabases } from "./embedded-databases.js";
import { putDump } from "./service.js";

// Services that do not do as they should; those that do are in embedded-databases.long.test.ts.

const token = "t0ken-of-the-test";
const patience = { silentMs: 60_000, wholeMs: 60_000 };
const waits: number[] = [];
/** Waits for nothing, and writes down how long it would have. */
const clock: Clock = { ...systemClock, sleep: async (ms) => void waits.push(ms) };
const databases = embeddedDatabases({ clock, patience });
const hasty = embeddedDatabases({ clock, patience: { ...patience, silentMs: 300 } });
const whole = tarOf({ "/base/1": "x".repeat(700), "/PG_VERSION": "18\n" });

let service: TestService | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const says =
  (status: number, body: string | Buffer = "", headers: Record<string, string> = {}): Answer =>
  (request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(status, headers).end(body));
  };

/** The problem that something ends with; it never tells the token. */
async function problemOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isProblem(error)) throw new Error(`no problem, but ${String(error)}`);
  const { code, happened, fix, stillTrue } = error;
  expect(`${happened} ${fix} ${stillTrue}`).not.toContain(token);
  return { code, happened };
}

describe("the address of an embedded database", () => {
  const all = serviceDatabases({ clock: systemClock });

  it.each([
    ["pglite+https://:t%40ken@shop.example/database", true],
    ["pglite+http://:token@127.0.0.1:5000/a/b", true],
    ["pglite+http://127.0.0.1:5000/a", false],
    ["pglite+http://:token@127.0.0.1:5000/", false],
    ["pglite+http://name:token@127.0.0.1/a", false],
    ["pglite+http://:token@127.0.0.1/a?b=c", false],
    ["pglite+ftp://:token@127.0.0.1/a", false],
    ["pglite+", false],
    ["postgres://shop@db.example/shop", true],
  ])("%s: %s", (address, understood) => expect(all.understands(address)).toBe(understood));

  it("is shown without its token, which may hold what an address may not", () => {
    const address = "pglite+https://:t%40ken%2F1@shop.example:8443/a/database";
    expect(all.shown(address)).toBe("shop.example:8443/a/database");
    expect(placeOf(address)).toMatchObject({ token: "t@ken/1", where: "shop.example:8443/a/database" });
    expect(placeOf(address).url.href).toBe("https://shop.example:8443/a/database");
    expect(all.dumpKind(address)).toBe("pglite");
    expect(all.dumpKind("postgres://h/d")).toBe("pg_dump");
  });

  it("is refused when it is none, before anything is asked", async () => {
    expect(await problemOf(databases.facts(`pglite+http://:${token}@127.0.0.1:1/`))).toMatchObject({
      code: "ATM-247",
    });
  });
});

describe("a service that is asked for its database", () => {
  it.each<{ does: string; asker?: typeof hasty; answer: Answer; code: string; says: RegExp }>([
    { does: "refuses the token", answer: says(401, "no"), code: "ATM-252", says: /answered 401/ },
    { does: "has no such path", answer: says(404), code: "ATM-251", says: /answered 404/ },
    {
      does: "leads elsewhere, where the token does not go",
      answer: says(302, "", { location: "http://127.0.0.1:1/" }),
      code: "ATM-251",
      says: /answered 302/,
    },
    {
      does: "is broken, and tells the token",
      answer: says(500, JSON.stringify({ message: `it hurts, ${token}` })),
      code: "ATM-232",
      says: /answered 500: it hurts, \*\*\*/,
    },
    {
      does: "says nothing",
      asker: hasty,
      answer: (request) => request.resume(),
      code: "ATM-232",
      says: /silent for 0.3 s/,
    },
    {
      does: "falls silent in the middle",
      asker: hasty,
      answer: (_, response) => void response.writeHead(200, { "content-length": "1000" }).write("x"),
      code: "ATM-232",
      says: /silent for 0.3 s|broke off/,
    },
    {
      does: "breaks off",
      answer: (_, response) => {
        response.writeHead(200, { "content-length": "1000" }).write("x");
        setTimeout(() => response.destroy(), 20);
      },
      code: "ATM-232",
      says: /broke off/,
    },
    { does: "answers nothing", answer: says(200), code: "ATM-253", says: /nothing was answered/ },
    { does: "answers a page", answer: says(200, "<html>"), code: "ATM-253", says: /not packed by gzip/ },
    {
      does: "answers a dump of pg_dump",
      answer: says(200, "PGDMP"),
      code: "ATM-253",
      says: /not packed by gzip/,
    },
    {
      does: "answers something packed that is no tar",
      answer: says(200, gzipSync("hello")),
      code: "ATM-253",
      says: /no tar of a database/,
    },
    {
      does: "answers a dump that was cut short",
      answer: says(200, gzipSync(whole).subarray(0, 50)),
      code: "ATM-253",
      says: /cut short/,
    },
    {
      does: "answers a dump of another version",
      answer: says(200, gzipSync(tarOf({ "/PG_VERSION": "17\n" }))),
      code: "ATM-253",
      says: /PostgreSQL 17, and what Atoms reads dumps with is 18/,
    },
  ])("and $does", async ({ asker = databases, answer, code, says: words }) => {
    service = await startService(answer);
    const problem = await problemOf(asker.facts(service.address(token)));
    expect(problem).toMatchObject({ code, happened: expect.stringMatching(words) });
  });

  it("and is busy is asked again when it says, but not for ever", async () => {
    let asked = 0;
    service = await startService((request, response) => {
      asked++;
      says(503, "busy", { "retry-after": asked === 1 ? "2" : "90" })(request, response);
    });
    waits.length = 0;
    expect(await problemOf(databases.facts(service.address(token)))).toMatchObject({
      code: "ATM-232",
      happened: expect.stringMatching(/answered 503: busy/),
    });
    expect([asked, waits]).toEqual([4, [2_000, 30_000, 30_000]]);
  });

  it("and is not there", async () => {
    const gone = await startService(says(200));
    const address = gone.address(token);
    await gone.close();
    expect(await problemOf(databases.facts(address))).toMatchObject({ code: "ATM-232" });
  });

  it("is let go when whoever waits has gone", async () => {
    service = await startService((request) => request.resume());
    const stop = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 20);
    const patient = embeddedDatabases({ clock: systemClock });
    await expect(patient.facts(service.address(token), stop.signal)).rejects.toBe(reason);
  });
});

describe("a service that is sent a database", () => {
  const dump = gzipSync(whole);
  const send = (address: string) => putDump(placeOf(address), dump, "shop_before", { patience, clock });

  it("gets the very bytes, the token, and the name to keep its own under", async () => {
    const got: { method?: string; headers?: IncomingMessage["headers"]; body?: Buffer } = {};
    service = await startService(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      Object.assign(got, { method: request.method, headers: request.headers, body: Buffer.concat(pieces) });
      response.end("{}");
    });
    await send(service.address(token));
    expect(got).toMatchObject({
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "x-atoms-aside": "shop_before" },
    });
    expect(got.body?.equals(dump)).toBe(true);
  });

  it.each<{ does: string; answer: Answer; code: string; says: RegExp }>([
    { does: "refuses the token", answer: says(403), code: "ATM-252", says: /403/ },
    { does: "takes none", answer: says(405), code: "ATM-251", says: /405/ },
    {
      does: "refuses the dump",
      answer: says(422, '{"message":"Nothing was changed: it is of another service."}'),
      code: "ATM-254",
      says: /[^t] answered 422: Nothing was changed: it is of another service\.$/,
    },
    { does: "is busy", answer: says(503), code: "ATM-254", says: /503/ },
    {
      does: "is answered for by an edge",
      answer: says(504, "gateway time-out"),
      code: "ATM-255",
      says: /between answered 504/,
    },
    {
      does: "does not say how it went",
      answer: (request, response) => void request.resume().on("end", () => response.destroy()),
      code: "ATM-255",
      says: /The whole dump was sent/,
    },
  ])("and $does", async ({ answer, code, says: words }) => {
    service = await startService(answer);
    expect(await problemOf(send(service.address(token)))).toMatchObject({
      code,
      happened: expect.stringMatching(words),
    });
  });

  it("and is not there", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as { port: number };
    await new Promise((resolve) => gone.close(resolve));
    expect(await problemOf(send(`pglite+http://:${token}@127.0.0.1:${port}/d`))).toMatchObject({
      code: "ATM-232",
    });
  });
});
