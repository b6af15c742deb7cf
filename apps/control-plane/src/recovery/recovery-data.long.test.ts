import { truncateSync } from "node:fs";
import { join } from "node:path";
import type { DataComparison, Release } from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import { jobNews } from "../jobs.js";
import { compareWithBackup, recoverData } from "../verbs/recovery-data.js";
import type { InputOf } from "../verbs/verb.js";
import { ada, type RecoveryTestWorld, recoveryWorlds } from "./recovery.world.js";

describe("atoms recover data_corruption", { timeout: 180_000 }, () => {
  const freshWorld = recoveryWorlds();
  let world: RecoveryTestWorld;

  const bodies = (where: string) =>
    world.sql(world.direct, `select string_agg(body, ', ' order by id) from notes where ${where}`);
  const rows = async (url = world.direct) => Number(await world.sql(url, "select count(*) from notes"));

  async function compare(asked: Partial<InputOf<typeof compareWithBackup>> = {}): Promise<DataComparison> {
    const { playbook, plane } = world;
    const { job } = await compareWithBackup.run(
      plane,
      compareWithBackup.input.parse({ playbook, ...asked }),
      ada,
    );
    let after = 0;
    for (;;) {
      const news = await jobNews(plane, job, after, 500);
      after += news.lines.length;
      if (news.state === "done") return news.result as DataComparison;
      if (news.state === "failed") throw Object.assign(new Error(news.problem?.happened), news.problem);
    }
  }

  const start = (asked: Partial<InputOf<typeof recoverData>>): Promise<Release> =>
    recoverData.run(
      world.plane,
      recoverData.input.parse({ playbook: world.playbook, confirm: "data_corruption", ...asked }),
      ada,
    );
  const take = async (asked: Partial<InputOf<typeof recoverData>>) => world.ended((await start(asked)).id);
  const scratches = async () =>
    (await world.sql(world.direct, "select datname from pg_database where datname like 'atoms_scratch_%'"))
      .split("\n")
      .filter((name) => name !== "");

  it("compares without changing anything, takes chosen rows back, and keeps what was written since", async () => {
    world = await freshWorld();
    const { backup } = await world.backup();
    await world.sql(
      world.direct,
      `delete from notes where id <= 10; update notes set body = 'wrong' where id between 11 and 30;
       insert into notes (body) values ('by a user'); create table extra (x int); insert into extra values (1)`,
    );
    const before = await rows();
    const found = await compare({ backup: backup.id });
    expect(found).toMatchObject({ database: "main", backup: { id: backup.id }, window: null });
    expect(found.tables).toMatchObject([
      { table: "public.extra", state: "not by rows" },
      {
        table: "public.notes",
        key: ["id"],
        rows: { backup: 300, now: 291 },
        state: "differs",
        difference: { missing: 10, changed: 20, added: 1, examples: { added: ['["301"]'] } },
      },
    ]);
    expect(await rows()).toBe(before);
    expect(await scratches()).toEqual([]);

    const release = await take({
      backup: backup.id,
      tables: ["notes"],
      only: "changed",
      where: "id <= 20",
    });
    expect(release).toMatchObject({ state: "released", strategy: "recovery" });
    expect(await bodies("id between 11 and 20")).not.toMatch(/wrong/);
    expect(await bodies("id between 21 and 30")).toBe(Array(10).fill("wrong").join(", "));
    expect(await bodies("id > 300")).toBe("by a user");
    expect(await rows()).toBe(before);
    expect(await scratches()).toEqual([]);

    // What was there before is in a backup of its own, taken before the first row was written.
    const [taken] = await world.events("recovery.taken_back");
    expect(taken?.data["tables"]).toEqual([
      { table: "public.notes", inserted: 0, updated: 10, kept: 0, keptKeys: [] },
    ]);
    const kept = String(taken?.data["kept"]);
    expect(kept).not.toBe(backup.id);
    expect(release.because).toContain(kept);
    expect((await compare({ backup: kept, tables: ["notes"] })).tables).toMatchObject([
      { difference: { missing: 0, changed: 10, added: 0 } },
    ]);
    const [finished] = await world.events("recovery.finished");
    expect(finished?.data).toMatchObject({ scenario: "data_corruption", state: "released", added: 1 });
    const notices = await (await world.store()).outbox.list({ release: release.id, limit: 10 });
    expect(notices.at(-1)?.text).toMatch(
      /10 as in the backup again.*1 row written since the backup was kept/,
    );

    // Again: there is nothing left to take, so nothing is written, and no backup is taken.
    const again = await take({ backup: backup.id, tables: ["notes"], only: "changed", where: "id <= 20" });
    expect(again).toMatchObject({
      state: "released",
      because: expect.stringMatching(/nothing had to be taken back/),
    });
    expect(await world.events("recovery.taken_back")).toHaveLength(1);
  });

  it("finds the window in the ledger, and takes the backup from before it", async () => {
    world = await freshWorld();
    const { backup } = await world.backup();
    const { ledger } = await world.store();
    const at = world.plane.clock.now();
    const of = { actor: ada, service: world.name, environment: "production" };
    await ledger.append([
      { ...of, key: `${world.name}/shift`, kind: "traffic.shifted", at, data: { to: "dpl_bad", split: 1 } },
      { ...of, key: `${world.name}/alert`, kind: "alert.firing", at: at + 1, data: { rule: "wrong_totals" } },
    ]);
    await world.sql(world.direct, "update notes set body = 'wrong' where id = 7");
    const { backup: later } = await world.backup();
    const found = await compare();
    expect(found.backup.id).toBe(backup.id);
    expect(found.backup.id).not.toBe(later.id);
    expect(found.window).toMatchObject({ since: at, by: "the ledger" });
    expect(found.window?.suspects).toHaveLength(2);
    expect(found.tables).toMatchObject([{ difference: { missing: 0, changed: 1, added: 0 } }]);
    expect(await take({ tables: ["public.notes"], rows: ["7"] })).toMatchObject({ state: "released" });
    expect(await bodies("id = 7")).toBe("staple-battery 7");

    // Said by hand, it counts for more than what the ledger says.
    const since = new Date(Date.parse(later.manifest.created_at) + 1).toISOString();
    expect((await compare({ since })).backup.id).toBe(later.id);
  });

  it("refuses before anything is touched, and says why", async () => {
    world = await freshWorld();
    await world.sql(world.direct, "create table loose (x int); create table grown (id int primary key)");
    const { backup } = await world.backup();
    await world.sql(
      world.direct,
      "alter table grown add column more text; create table young (id int primary key); delete from notes where id = 7",
    );
    await expect(start({ confirm: "yes", tables: ["notes"] })).rejects.toMatchObject({ code: "ATM-672" });
    const wrong: [Partial<InputOf<typeof recoverData>>, string][] = [
      [{}, "ATM-686"],
      [{ tables: ["notes"], whole: true }, "ATM-686"],
      [{ tables: ["notes", "loose"], where: "true" }, "ATM-686"],
      [{ tables: ["notes"] }, "ATM-684"],
      [{ tables: ["notes"], since: "2020-01-01T00:00:00Z" }, "ATM-685"],
      [{ tables: ["notes"], since: "2020-01-02T00:00:00Z", until: "2020-01-01T00:00:00Z" }, "ATM-693"],
      [{ tables: ["notes"], backup: "backup_20200101_000000_abcd" }, "ATM-665"],
      [{ tables: ["notes"], database: "other" }, "ATM-241"],
    ];
    for (const [asked, code] of wrong) await expect(start(asked), code).rejects.toMatchObject({ code });
    const { releases } = await world.store();
    expect(await releases.list({ service: world.name, environment: "production", limit: 5 })).toEqual([]);

    const late: [Partial<InputOf<typeof recoverData>>, string][] = [
      [{ tables: ["nots"] }, "ATM-687"],
      [{ tables: ["young"] }, "ATM-687"],
      [{ tables: ["loose"] }, "ATM-688"],
      [{ tables: ["grown"] }, "ATM-689"],
      [{ whole: true }, "ATM-238"],
      [{ tables: ["notes"], where: "boddy = 'x'" }, "ATM-691"],
    ];
    for (const [asked, code] of late) {
      const release = await take({ backup: backup.id, ...asked });
      expect(release, code).toMatchObject({ state: "failed", problem: { code } });
    }
    expect(await scratches()).toEqual([]);
    expect(await rows()).toBe(299);
  });

  it("stops at a truncated backup, and does not choose it again", async () => {
    world = await freshWorld();
    const { backup: older } = await world.backup();
    const { backup } = await world.backup();
    await world.sql(world.direct, "delete from notes where id = 7");
    truncateSync(join(world.backups, backup.id, "database-main.dump.age"), 700);
    const since = new Date().toISOString();
    expect(await take({ since, tables: ["notes"] })).toMatchObject({
      state: "failed",
      problem: { code: "ATM-237", happened: expect.stringContaining(backup.id) },
    });
    expect(await rows()).toBe(299);
    expect(await take({ since, tables: ["notes"] })).toMatchObject({ state: "released" });
    expect((await world.events("recovery.taken_back"))[0]?.data["backup"]).toBe(older.id);
    expect(await rows()).toBe(300);
  });
});
