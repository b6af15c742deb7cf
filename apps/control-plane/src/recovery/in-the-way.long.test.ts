import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { databases, type RecoveryTestWorld, recoveryWorlds } from "./recovery.world.js";

describe("atoms recover database_failure, when something is in the way", { timeout: 180_000 }, () => {
  const freshWorld = recoveryWorlds();
  let world: RecoveryTestWorld;
  const dumpOf = (id: string) => join(world.backups, id, "database-main.dump.age");
  const rowsOf = async (url: string) => Number(await world.sql(url, "select count(*) from notes"));

  it("leaves a database that answers alone; replaced on purpose, it is kept under another name", async () => {
    world = await freshWorld();
    await world.backup();
    await world.sql(world.direct, "delete from notes where id > 5");
    expect(await world.recover()).toMatchObject({
      state: "released",
      because: expect.stringMatching(/answers/),
    });
    expect(await rowsOf(world.direct)).toBe(5);
    expect(await world.recover({ overInUse: true })).toMatchObject({ state: "released" });
    expect(await rowsOf(world.direct)).toBe(300);
    const aside = String((await world.events("recovery.restored"))[0]?.data["aside"]);
    const before = new URL(world.direct);
    before.pathname = `/${aside}`;
    expect(await rowsOf(before.href)).toBe(5);
  });

  it("takes the backup before it when the newest is truncated, and says so", async () => {
    world = await freshWorld();
    const { backup: older } = await world.backup();
    const { backup: newest } = await world.backup();
    truncateSync(dumpOf(newest.id), 700);
    await world.cutMain();
    expect(await world.recover()).toMatchObject({ state: "released" });
    expect((await world.events("recovery.backup_refused")).map(({ data }) => data["backup"])).toEqual([
      newest.id,
    ]);
    expect((await world.events("recovery.restored")).map(({ data }) => data["backup"])).toEqual([older.id]);
  });

  it.each([
    {
      what: "every backup is truncated",
      harm: async () => {
        for (const id of readdirSync(world.backups).filter((name) => name.startsWith("backup_")))
          truncateSync(dumpOf(id), 700);
        await world.cutMain();
      },
      code: "ATM-666",
    },
    {
      what: "the newest was rewritten together with its manifest",
      harm: async () => {
        for (const id of readdirSync(world.backups).filter((name) => name.startsWith("backup_"))) {
          const file = join(world.backups, id, "manifest.json");
          writeFileSync(file, readFileSync(file, "utf8").replace('"rows": 300', '"rows": 299'));
        }
        await world.cutMain();
      },
      code: "ATM-666",
    },
    {
      what: "the standby belongs to somebody else",
      harm: async () => {
        await databases.make(world.direct, { name: new URL(world.standby).pathname.slice(1) });
        await world.sql(world.standby, "create table films (id int)");
        await world.cutMain();
      },
      code: "ATM-669",
      ask: { overInUse: true },
    },
    {
      what: "the standby holds newer rows",
      harm: async () => {
        await databases.make(world.direct, { name: new URL(world.standby).pathname.slice(1) });
        await world.sql(
          world.standby,
          "create table notes (id serial primary key, body text); insert into notes (body) values ('newer')",
        );
        await world.cutMain();
      },
      code: "ATM-668",
    },
  ])("changes nothing when $what", async ({ harm, code, ask }) => {
    world = await freshWorld();
    await world.backup();
    await harm();
    const release = await world.recover(ask);
    expect(release).toMatchObject({ state: "failed", problem: { code } });
    expect((await world.platform.production()).deployment?.id).toBe(world.first);
    const left = await databases.facts(world.standby);
    if (code === "ATM-668") expect(await rowsOf(world.standby)).toBe(1);
    else if (code === "ATM-669")
      expect(await world.sql(world.standby, "select count(*) from films")).toBe("0");
    else expect(left).toBeUndefined();
  });

  it("that stops half-way says what was done and what was not, and goes on from there when it is asked again", async () => {
    world = await freshWorld();
    await world.backup();
    await world.cutMain();
    const faults = (init: RequestInit) =>
      fetch(`${world.cloud.apiUrl}/atoms/faults`, {
        ...init,
        headers: { authorization: `Bearer ${world.cloud.token}` },
      });
    // The platform takes no variable any more.
    const refuses = { path: "/env", method: "POST|PATCH", kind: "before", status: 403, times: 100 };
    for (const method of refuses.method.split("|"))
      expect((await faults({ method: "POST", body: JSON.stringify({ ...refuses, method }) })).ok).toBe(true);
    const stopped = await world.recover();
    expect(stopped).toMatchObject({
      state: "failed",
      problem: {
        stillTrue: expect.stringMatching(
          /Done: main was restored from backup_\S+ to \S+, compared: 300 rows in 1 tables\. Not done: pointing DATABASE_URL at .*; deploying again.*; proving/,
        ),
        fix: expect.stringMatching(/atoms recover database_failure/),
      },
    });
    expect((await world.platform.production()).deployment?.id).toBe(world.first);
    await faults({ method: "DELETE" });
    expect(await world.recover()).toMatchObject({ state: "released" });
    expect((await world.events("recovery.restored")).map(({ data }) => data["again"])).toEqual([false, true]);
    expect(await world.health()).toEqual({ status: "healthy", target: databases.target(world.standby) });
  });

  it("does not call itself proven when the service names no target", async () => {
    world = await freshWorld({ recovery: "  settle: 3s", variables: { SILENT: "yes" } });
    await world.backup();
    await world.cutMain();
    const release = await world.recover();
    expect(release).toMatchObject({
      state: "failed",
      problem: {
        code: "ATM-670",
        stillTrue: expect.stringMatching(/Done: main was restored .*Not done: deploying again/),
      },
    });
    // The service was not moved to what could not be proven.
    expect((await world.platform.production()).deployment?.id).toBe(world.first);
  });

  it("holds its environment: no second recovery beside it", async () => {
    world = await freshWorld();
    await world.backup();
    await world.cutMain();
    const first = await world.start();
    await expect(world.start()).rejects.toMatchObject({ code: "ATM-501" });
    expect(await world.ended(first.id)).toMatchObject({ state: "released" });
  });
});
