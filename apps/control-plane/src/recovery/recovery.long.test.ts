import { describe, expect, it } from "vitest";
import { recoveryHistory } from "../verbs/recovery.js";
import { ada, databases, type RecoveryTestWorld, recoveryWorlds } from "./recovery.world.js";

describe("atoms recover database_failure", { timeout: 180_000 }, () => {
  const freshWorld = recoveryWorlds();
  let world: RecoveryTestWorld;
  const rowsOf = async (url: string) => Number(await world.sql(url, "select count(*) from notes"));

  it("restores to the standby when the server is away, points the service at it, and proves that on every host", async () => {
    world = await freshWorld();
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
});
