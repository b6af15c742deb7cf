import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { recoveryHistory } from "../verbs/recovery.js";
import {
  ada,
  databases,
  type RecoveryTestBase,
  type RecoveryTestWorld,
  recoveryBase,
  recoveryWorld,
} from "./recovery.world.js";

// Each has a real PostgreSQL, a real local cloud and a real service, which a busy machine takes its time for.
describe("atoms recover database_failure", { timeout: 180_000 }, () => {
  let base: RecoveryTestBase;
  let world: RecoveryTestWorld;
  beforeAll(async () => {
    base = await recoveryBase();
  }, 60_000);
  afterAll(async () => {
    await base?.end();
  }, 60_000);
  afterEach(async () => {
    await world?.end();
  });
  const dumpOf = (id: string) => join(world.backups, id, "database-main.dump.age");
  const rowsOf = async (url: string) => Number(await world.sql(url, "select count(*) from notes"));

  it("restores to the standby when the server is away, points the service at it, and proves that on every host", async () => {
    world = await recoveryWorld(base);
    const { backup } = await world.backup();
    expect(await world.health()).toMatchObject({ status: "healthy" });
    await world.sql(world.direct, "insert into notes (body) values ('after the backup')");
    await world.cutMain();
    expect(await world.health()).toMatchObject({ status: "unhealthy" });

    const release = await world.recover();
    expect(release).toMatchObject({ state: "released", strategy: "recovery" });
    expect(await rowsOf(world.standby)).toBe(300);
    expect(await world.health()).toEqual({ status: "healthy", target: databases.target(world.standby) });
    const production = await world.platform.production();
    expect(production.deployment?.id).toBe(release.candidate?.id);
    expect(production.deployment?.id).not.toBe(world.first);

    const told = (await (await world.store()).ledger.read({ release: release.id })).map(({ kind }) => kind);
    expect(told).toEqual(
      expect.arrayContaining([
        "release.started",
        "recovery.chosen",
        "recovery.restored",
        "recovery.pointed",
        "deployment.created",
        "recovery.proven",
        "traffic.shifted",
        "recovery.finished",
        "release.ended",
      ]),
    );
    const [finished] = await world.events("recovery.finished");
    expect(finished?.data).toMatchObject({ state: "released", restored: 1, met: true });
    expect(finished?.data["rpoMs"]).toBeGreaterThan(0);
    expect(finished?.data["rtoMs"]).toBeLessThan(300_000);
    expect(JSON.stringify(finished?.data["afterwards"])).toMatch(/backup\.databases\.main\.url/);
    // The way back of a later release must not lead to the lost database.
    const proven = await (await world.store()).releases.proven(world.name, "production", 10);
    expect(proven.map(({ deployment }) => deployment)).toEqual([release.candidate?.id]);
    const notices = await (await world.store()).outbox.list({ release: release.id, limit: 10 });
    expect(notices.map(({ channel }) => channel)).toEqual(["#incidents", "#incidents"]);
    expect(notices.at(-1)?.text).toMatch(/is recovered.*RTO .*kept.*RPO .*kept/);
    // Neither the addresses' passwords nor the addresses are written down.
    expect(JSON.stringify(await (await world.store()).ledger.read({ limit: 500 }))).not.toMatch(
      /postgres(ql)?:\/\//,
    );

    // Asked for once more, it sees that there is nothing to do, and replaces nothing.
    await world.sql(world.standby, "insert into notes (body) values ('written since')");
    const again = await world.recover();
    expect(again).toMatchObject({ state: "released", because: expect.stringContaining("uses") });
    expect(await rowsOf(world.standby)).toBe(301);
    expect(backup.id).toBe((await world.events("recovery.restored"))[0]?.data["backup"]);
    const past = await recoveryHistory.run(world.plane, { playbook: world.playbook, limit: 10 }, ada);
    expect(past.map(({ data }) => data["restored"])).toEqual([0, 1]);
  });

  it("restores in place when only the database is gone, and deploys nothing", async () => {
    world = await recoveryWorld(base);
    await world.backup();
    await databases.drop(world.direct);
    expect(await world.health()).toMatchObject({ status: "unhealthy" });
    expect(await world.recover()).toMatchObject({ state: "released" });
    expect(await rowsOf(world.direct)).toBe(300);
    expect(await world.health()).toEqual({ status: "healthy", target: databases.target(world.mainUrl) });
    expect((await world.platform.production()).deployment?.id).toBe(world.first);
  });

  it("leaves a database that answers alone; replaced on purpose, it is kept under another name", async () => {
    world = await recoveryWorld(base);
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
    world = await recoveryWorld(base);
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
    world = await recoveryWorld(base);
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

  it.each([
    { what: "no standby is named", given: { standby: false }, code: "ATM-667" },
    { what: "there is no backup", given: {}, without: "backup", code: "ATM-665" },
  ])("is refused, and says what to do, when $what", async ({ given, without, code }) => {
    world = await recoveryWorld(base, given);
    if (without !== "backup") await world.backup();
    await world.cutMain();
    const release = await world.recover();
    expect(release).toMatchObject({
      state: "failed",
      problem: { code, stillTrue: expect.stringMatching(/Nothing was changed/) },
    });
    await expect(world.start({ confirm: "yes" })).rejects.toMatchObject({ code: "ATM-672" });
    await expect(world.start({ databases: ["second"] })).rejects.toMatchObject({ code: "ATM-241" });
  });

  it("that stops half-way says what was done and what was not, and goes on from there when it is asked again", async () => {
    world = await recoveryWorld(base);
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
    world = await recoveryWorld(base, { recovery: "  settle: 3s", variables: { SILENT: "yes" } });
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
    world = await recoveryWorld(base);
    await world.backup();
    await world.cutMain();
    const first = await world.start();
    await expect(world.start()).rejects.toMatchObject({ code: "ATM-501" });
    expect(await world.ended(first.id)).toMatchObject({ state: "released" });
  });
});
