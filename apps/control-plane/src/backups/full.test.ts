import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { postgresDatabases } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import { type BackupVault, fullIdAt, isProblem, PlaybookSettings, type S3Settings } from "@atoms/playbook";
import { fakeClock, fakePlatform, memoryLedger } from "@atoms/testkit";
import { generateX25519Identity } from "age-encryption";
import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { placesOf } from "../places.js";
import { listFull, planRestore, pruneFull, restoreFull, takeFull, tryFull } from "./full.js";
import { folderVault } from "./vault-folder.js";
import { s3Vault } from "./vault-s3.js";

const run = promisify(execFile);
const base = mkdtempSync(join(tmpdir(), "atoms-full-"));
let emulator: Emulator;
beforeAll(async () => {
  // Port 0 is not offered; a free one is looked for.
  for (let port = 44_000 + (process.pid % 2_000); ; port++) {
    try {
      emulator = await createEmulator({
        service: "aws",
        port,
        seed: { aws: { s3: { buckets: [{ name: "shop-backups" }] } } },
      });
      return;
    } catch (error) {
      if (port > 46_900 || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
});
afterAll(async () => {
  await emulator?.close();
  rmSync(base, { recursive: true, force: true });
});

const s3 = (change: Partial<S3Settings> = {}): S3Settings => ({
  endpoint: emulator.url,
  bucket: "shop-backups",
  region: "us-east-1",
  prefix: "",
  access_key_id: "AKIAIOSFODNN7EXAMPLE",
  secret_access_key: "wJalrXUtnFEMI-only-on-loopback",
  ...change,
});
const id = (n: number) => fullIdAt(Date.UTC(2026, 10, 27, 3) + n * 1_000, "0a1b");
async function* pieces(...texts: string[]) {
  for (const text of texts) yield new TextEncoder().encode(text);
}
async function textOf(vault: BackupVault, of: string, file: string) {
  const data = await vault.read(of, file);
  if (data === undefined) return undefined;
  const all: Uint8Array[] = [];
  for await (const piece of data) all.push(piece);
  return Buffer.concat(all).toString();
}

describe.each([
  { kind: "folder", open: () => folderVault(join(base, randomBytes(4).toString("hex"))) },
  {
    kind: "S3, in small pieces",
    open: () =>
      s3Vault(s3({ prefix: `atoms/${randomBytes(4).toString("hex")}` }), {
        clock: systemClock,
        pieceBytes: 5,
      }),
  },
])("a vault: $kind", ({ open }) => {
  it("gives back what was written, file by file", async () => {
    const vault = open();
    expect(await vault.ids()).toEqual([]);
    await vault.write(id(1), "database-main.dump.age", pieces("one two ", "three", " four"));
    await vault.write(id(1), "database-main2.dump.age", pieces("12345"));
    await vault.write(id(2), "manifest.json", pieces(""));
    expect((await vault.ids()).sort()).toEqual([id(1), id(2)]);
    expect(await textOf(vault, id(1), "database-main.dump.age")).toBe("one two three four");
    expect(await textOf(vault, id(1), "database-main2.dump.age")).toBe("12345");
    expect(await textOf(vault, id(2), "manifest.json")).toBe("");
    expect(await vault.read(id(1), "manifest.json")).toBeUndefined();
    await vault.remove(id(1));
    await vault.remove(id(1));
    expect(await vault.ids()).toEqual([id(2)]);
    await expect(vault.remove("holiday-photos")).rejects.toBeInstanceOf(TypeError);
  });

  it("stops when what it is given breaks off", async () => {
    async function* broken() {
      yield new Uint8Array(3);
      throw new Error("cut");
    }
    const vault = open();
    await expect(vault.write(id(1), "manifest.json", broken())).rejects.toThrow("cut");
    expect(await vault.read(id(1), "manifest.json")).toBeUndefined();
  });
});

describe("a store that refuses", () => {
  const answering = async (status: number, code: string) => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const clock = fakeClock();
    const vault = s3Vault(s3({ endpoint: `http://127.0.0.1:${port}` }), {
      clock: { ...clock, now: clock.now, monotonic: clock.monotonic, sleep: async () => undefined },
    });
    const error = await vault.write(id(1), "manifest.json", pieces("x")).catch((reason: Error) => reason);
    server.close();
    return { error, asked };
  };

  it("is named with its own word, without keys, and not asked again", async () => {
    const { error, asked } = await answering(403, "SignatureDoesNotMatch");
    expect(error).toMatchObject({
      code: "ATM-244",
      happened: expect.stringContaining("403 (SignatureDoesNotMatch)"),
    });
    expect(JSON.stringify(error)).not.toMatch(/wJalr|AKIA/);
    expect(asked).toBe(1);
  });

  it("is asked again when it is busy", async () => {
    const { error, asked } = await answering(503, "SlowDown");
    expect(error).toMatchObject({ code: "ATM-244" });
    expect(asked).toBe(4);
  });

  it("without the bucket is told as such", async () => {
    const vault = s3Vault(s3({ bucket: "nobody-has-it" }), { clock: systemClock });
    await expect(vault.ids()).rejects.toMatchObject({
      code: "ATM-244",
      happened: expect.stringContaining("no such bucket"),
    });
  });
});

// Each dumps and restores with real programs, which a busy machine takes its time for.
describe("a full backup", { timeout: 120_000 }, () => {
  const server = process.env["ATOMS_TEST_DB"] ?? "";
  const databases = postgresDatabases({ clock: systemClock });
  const actor = { kind: "person", name: "ada", via: "cli" } as const;
  const job = { say: () => undefined, progress: () => undefined, signal: new AbortController().signal };
  const made: string[] = [];
  beforeAll(() => {
    if (server === "") throw new Error("ATOMS_TEST_DB is not set; `npm test -- apps/control-plane` sets it");
  });
  afterAll(async () => {
    for (const url of made) await databases.drop(url);
  });

  /** A playbook with a database of its own. */
  const world = async (store: object = {}) => {
    const root = join(base, randomBytes(4).toString("hex"));
    const url = await databases.make(server, { name: `full_${randomBytes(4).toString("hex")}` });
    made.push(url);
    const sql = async (text: string) => void (await run("psql", ["-q", "--no-psqlrc", url, "-c", text]));
    await sql(
      "create table notes (id serial primary key, body text); insert into notes (body) select 'staple-battery ' || i from generate_series(1, 300) i",
    );
    const platform = fakePlatform({ clock: fakeClock() });
    platform.seed({ id: "dpl_1" }, { inProduction: true });
    await platform.setVariable("MODE", "correct-horse", { secret: false });
    const ledger = memoryLedger();
    const settings = PlaybookSettings.parse({
      version: 1,
      service: { name: "shop" },
      backup: {
        databases: { main: { url } },
        retention: { last: 1, daily: 0, weekly: 0, monthly: 0 },
        ...store,
      },
    });
    const plane = {
      places: placesOf(root),
      env: process.env,
      clock: systemClock,
      store: async () => ({ ledger }),
    } as unknown as ControlPlane;
    const open = {
      settings,
      service: "shop",
      environment: "production",
      platformName: "local",
      platform: async () => platform,
    } as unknown as OpenPlaybook;
    return { root, url, sql, plane, open, ledger, name: new URL(url).pathname.slice(1) };
  };
  const ask = { overNewer: false, keys: [], actor };

  it("is taken, tried and restored from a bucket, and holds no secret in plain text", async () => {
    const { sql, plane, open, ledger, name, url } = await world({
      s3: s3({ prefix: randomBytes(4).toString("hex") }),
    });
    const { backup } = await takeFull(plane, open, { actor }, job);
    expect(backup.manifest).toMatchObject({
      deployment: { id: "dpl_1" },
      variables: { kept: ["MODE"] },
      databases: [{ name: "main", contents: { tables: [{ table: "public.notes", rows: 300 }] } }],
    });
    expect(await tryFull(plane, open, { keys: [], actor }, job)).toMatchObject({
      sound: true,
      databases: [{ rows: 300, differences: [] }],
    });
    await sql("delete from notes where id > 5");
    const { plan } = await planRestore(plane, open, ask);
    expect(plan).toMatchObject({ backup: backup.id, database: "main", inUse: true, word: name });
    await expect(restoreFull(plane, open, { ...ask, confirm: "yes" }, job)).rejects.toMatchObject({
      code: "ATM-240",
    });
    const done = await restoreFull(plane, open, { ...ask, confirm: name }, job);
    expect(done).toMatchObject({ target: databases.target(url), proof: { rows: 300, differences: [] } });
    const aside = new URL(url);
    aside.pathname = `/${done.aside}`;
    made.push(aside.href);
    expect((await databases.contents(aside.href)).tables).toMatchObject([{ rows: 5 }]);
    expect((await databases.contents(url)).tables).toMatchObject([{ rows: 300 }]);
    expect((await ledger.read({})).map(({ kind }) => kind)).toEqual([
      "backup.created",
      "backup.verified",
      "backup.restoring",
      "backup.restored",
    ]);
    expect((await ledger.verify()).intact).toBe(true);
  });

  it("in a folder is encrypted, listed with what its trial showed, and pruned but for the newest proven one", async () => {
    const { root, plane, open } = await world();
    const first = await takeFull(plane, open, { actor }, job);
    expect(first.keyMade).toBe(join(root, ".atoms", "keys", "backup.agekey"));
    const text = readdirSync(join(root, "backups"), { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => readFileSync(join(one.parentPath, one.name), "latin1"))
      .join();
    expect(text).not.toMatch(/staple-battery|correct-horse/);
    await tryFull(plane, open, { keys: [], actor }, job);
    await takeFull(plane, open, { actor }, job);
    await takeFull(plane, open, { actor }, job);
    const listed = await listFull(plane, open);
    expect(listed).toHaveLength(3);
    expect(listed.find((one) => one.id === first.backup.id)).toMatchObject({ verified: { sound: true } });
    const pretended = await pruneFull(plane, open, { actor, pretend: true });
    const pruned = await pruneFull(plane, open, { actor, pretend: false });
    expect(pruned).toEqual(pretended);
    expect(pruned.kept).toBe(2);
    expect((await listFull(plane, open)).map((one) => one.id)).toContain(first.backup.id);
  });

  it.each([
    { what: "cut", harm: (file: string) => truncateSync(file, 700), fault: /has 700 bytes instead of \d+/ },
    { what: "empty", harm: (file: string) => truncateSync(file, 0), fault: /has 0 bytes instead/ },
    {
      what: "changed by one byte",
      harm: (file: string) => {
        const bytes = readFileSync(file);
        bytes[bytes.length - 40] = (bytes.at(-40) ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
      fault: /was changed/,
    },
    { what: "gone", harm: (file: string) => rmSync(file), fault: /is gone/ },
  ])("whose dump is $what is found out, and the database in use is left alone", async ({ harm, fault }) => {
    const { root, plane, open, name, url } = await world();
    const { backup } = await takeFull(plane, open, { actor }, job);
    harm(join(root, "backups", backup.id, "database-main.dump.age"));
    const check = await tryFull(plane, open, { id: backup.id, keys: [], actor }, job);
    expect(check.sound).toBe(false);
    expect(check.faults.join()).toMatch(fault);
    await expect(restoreFull(plane, open, { ...ask, confirm: name }, job)).rejects.toMatchObject({
      code: "ATM-237",
    });
    expect((await databases.contents(url)).tables).toMatchObject([{ rows: 300 }]);
  });

  it("is not restored over a newer database, another schema or for another service, nor without its key", async () => {
    const { plane, open, sql, name, root } = await world();
    await takeFull(plane, open, { actor }, job);
    const refused = (change: object = {}, playbook: OpenPlaybook = open) =>
      restoreFull(plane, playbook, { ...ask, confirm: name, ...change }, job).then(
        () => "restored",
        (error: unknown) => (isProblem(error) ? error.code : error),
      );
    await sql("alter table notes add column late text");
    expect(await refused()).toBe("ATM-238");
    await sql("alter table notes rename to films");
    expect(await refused()).toBe("ATM-239");
    await sql("drop table films");
    expect(await refused({}, { ...open, service: "other" })).toBe("ATM-246");
    expect(await refused({ id: "backup_20200101_000000_0000" })).toBe("ATM-236");
    expect(await refused({ database: "second" })).toBe("ATM-241");
    expect(await refused({ into: "mysql://h/d" })).toBe("ATM-247");
    rmSync(join(root, ".atoms"), { recursive: true });
    expect(await refused()).toBe("ATM-805");
    const other = join(root, "other.key");
    writeFileSync(other, await generateX25519Identity());
    expect(await refused({ keys: [other] })).toBe("ATM-805");
  });

  it("that cannot be dumped leaves nothing behind that looks like a backup", async () => {
    const { plane, open } = await world();
    const without = { ...plane, env: { PATH: "/nowhere" } } as ControlPlane;
    const stopped = new AbortController();
    stopped.abort(new Error("cancelled"));
    await expect(
      takeFull(without, open, { actor }, { ...job, signal: stopped.signal }),
    ).rejects.toBeDefined();
    expect(await listFull(plane, open)).toEqual([]);
  });
});
