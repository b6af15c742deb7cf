import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Flow } from "@atoms/playbook";
import { openStore, type Store } from "@atoms/store";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineContract } from "./engine.contract.js";
import { openDbosEngine, systemClock } from "./index.js";
import { createDatabase, emptyJournal, type TestDatabase } from "./journal.contract.js";

describe("on the embedded store", () => {
  let store: Store;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "atoms-engine-"));
    store = await openStore({ folder });
  });
  afterAll(async () => {
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  engineContract("DBOS, embedded", async () => {
    await emptyJournal(store.pool);
    return {
      open: (flows, clock = systemClock) =>
        openDbosEngine({ connectionString: store.connectionString, flows, clock }),
      close: async () => undefined,
    };
  });

  it("is one per process at a time, says nothing, and keeps its tables in a schema of its own", async () => {
    const said: string[] = [];
    const write = process.stdout.write;
    process.stdout.write = ((text: string) => said.push(text) > 0) as typeof write;
    try {
      const engine = await openDbosEngine({ connectionString: store.connectionString, flows: [] });
      await expect(
        openDbosEngine({ connectionString: store.connectionString, flows: [] }),
      ).rejects.toMatchObject({
        code: "ATM-716",
      });
      await engine.close();
      await engine.close();
    } finally {
      process.stdout.write = write;
    }
    expect(said).toEqual([]);
    const { rows } = await store.pool.query(
      "select distinct schemaname from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    expect(rows.map((row) => row.schemaname).sort()).toEqual(["atoms", "atoms_engine"]);
  });

  it("tells what the engine underneath says to whoever asks, and opens after a failed try", async () => {
    const nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    await expect(openDbosEngine({ connectionString: nowhere, flows: [] })).rejects.toThrow();
    const said: string[] = [];
    const engine = await openDbosEngine({
      connectionString: store.connectionString,
      flows: [],
      log: (level, text) => said.push(`${level} ${text}`),
    });
    await engine.close();
    expect(said.some((line) => line.startsWith("info "))).toBe(true);
  });

  it("uses the flow's id as the workflow's, and can be called from within a step", async () => {
    await emptyJournal(store.pool);
    const other = { name: "other", version: 1, run: async (_: Flow, n: number) => n * 2 };
    const outer = {
      name: "outer",
      version: 1,
      run: (flow: Flow) =>
        flow.step("start another", async () => {
          await engine.start(other, "rel_2", 21);
          return engine.result<number>("rel_2", 5_000);
        }),
    };
    const engine = await openDbosEngine({ connectionString: store.connectionString, flows: [outer, other] });
    await engine.start(outer, "rel_1", null);
    expect(await engine.result("rel_1", 5_000)).toBe(42);
    await engine.close();
    const { rows } = await store.pool.query(
      "select workflow_uuid as id from atoms_engine.workflow_status order by 1",
    );
    expect(rows).toEqual([{ id: "rel_1" }, { id: "rel_2" }]);
  });
});

const url = process.env["ATOMS_TEST_DB"];
if (url !== undefined)
  describe("on PostgreSQL", () => {
    let database: TestDatabase;
    let pool: pg.Pool;
    const silent = { ...systemClock };
    beforeAll(async () => {
      database = await createDatabase(url);
      pool = new pg.Pool({ connectionString: database.url });
      // `end` does not wait for the server: dropping the database then ends connections that are still closing.
      pool.on("error", () => undefined);
    });
    afterAll(async () => {
      await pool?.end();
      await database?.drop();
    });

    engineContract("DBOS, shared", async () => {
      await emptyJournal(pool);
      return {
        open: (flows, clock = systemClock) =>
          openDbosEngine({ connectionString: database.url, flows, shared: true, clock }),
        close: async () => undefined,
      };
    });

    it("lets go of its flows when the database has not heard of it for too long", async () => {
      await emptyJournal(pool);
      let skew = 0;
      const clock = { ...silent, monotonic: () => systemClock.monotonic() + skew };
      const did: string[] = [];
      const long = {
        name: "long",
        version: 1,
        run: async (flow: Flow) => {
          await flow.step("hold", (signal) => {
            did.push("hold");
            return new Promise<void>((resolve, reject) => {
              if (did.length > 1) return resolve();
              signal.addEventListener("abort", () => reject(signal.reason));
            });
          });
          return did.length;
        },
      };
      const engine = await openDbosEngine({
        connectionString: database.url,
        flows: [long],
        shared: true,
        clock,
      });
      await engine.start(long, "l", null);
      while (did.length === 0) await systemClock.sleep(5);
      expect(engine.mayAct()).toBe(true);
      // As after a pause of the whole process: the timers come late, and by then another may have taken over.
      skew = 8_000;
      // Known at once, before any timer has fired.
      expect(engine.mayAct()).toBe(false);
      while ((await engine.state("l")).state === "running" && did.length === 1) await systemClock.sleep(20);
      // It lives again, nobody took the flow: it picks it up by itself.
      expect(await engine.result("l", 10_000)).toBe(2);
      await engine.close();
    });

    it("goes on when the database did not answer while it waited", async () => {
      await emptyJournal(pool);
      const waits = {
        name: "waits",
        version: 1,
        run: async (flow: Flow) => (await flow.waitFor<string>("go", 60_000)) ?? "nothing came",
      };
      const engine = await openDbosEngine({ connectionString: database.url, flows: [waits], shared: true });
      await engine.start(waits, "w", null);
      await pool.query("alter table atoms_engine.atoms_signal rename to away");
      while ((await engine.state("w")).state === "running") await systemClock.sleep(20);
      await pool.query("alter table atoms_engine.away rename to atoms_signal");
      await engine.signal("w", "go", "came");
      await engine.resume();
      expect(await engine.result("w", 15_000)).toBe("came");
      await engine.close();
    });

    it("does not act for a flow that another worker has taken over", async () => {
      await emptyJournal(pool);
      const did: string[] = [];
      const slow = {
        name: "slow",
        version: 1,
        run: async (flow: Flow) => {
          await flow.waitFor("go", 10_000);
          await flow.step("act", async () => {
            did.push("act");
          });
        },
      };
      const engine = await openDbosEngine({ connectionString: database.url, flows: [slow], shared: true });
      await engine.start(slow, "s", null);
      const other = "atoms-elsewhere";
      await pool.query(
        "insert into atoms_engine.atoms_worker (executor, seen_at) values ($1, now() + interval '1 hour')",
        [other],
      );
      const taken = await pool.query(
        "update atoms_engine.workflow_status set executor_id = $1, owner_xid = 'another' where workflow_uuid = 's'",
        [other],
      );
      expect(taken.rowCount).toBe(1);
      await engine.signal("s", "go", true);
      await systemClock.sleep(700);
      expect(did).toEqual([]);
      expect(await engine.state("s")).toEqual({ state: "running" });
      expect(await engine.resume()).toEqual([]);
      await engine.close();
    });
  });
