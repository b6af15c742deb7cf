import { describe, expect, it } from "vitest";
import { recoverData } from "../verbs/recovery-data.js";
import { ada, databases, type RecoveryTestWorld, recoveryWorlds } from "./recovery.world.js";

// Taking back chosen rows, and what is refused: recovery-data.long.test.ts.
describe("atoms recover data_corruption", { timeout: 180_000 }, () => {
  const freshWorld = recoveryWorlds();
  let world: RecoveryTestWorld;
  const rows = async (url = world.direct) => Number(await world.sql(url, "select count(*) from notes"));

  it("puts the whole in place, keeps what was there under another name, and proves the service's health", async () => {
    world = await freshWorld();
    const { backup } = await world.backup();
    await world.sql(
      world.direct,
      "delete from notes where id > 5; insert into notes (body) values ('by a user')",
    );
    const asked = { playbook: world.playbook, confirm: "data_corruption", backup: backup.id, whole: true };
    const { id } = await recoverData.run(world.plane, recoverData.input.parse(asked), ada);
    const release = await world.ended(id);
    expect(release).toMatchObject({ state: "released" });
    expect(await rows()).toBe(300);
    expect(await world.health()).toEqual({ status: "healthy", target: databases.target(world.mainUrl) });
    const aside = new URL(world.direct);
    aside.pathname = `/${String((await world.events("recovery.swapped"))[0]?.data["aside"])}`;
    expect(await rows(aside.href)).toBe(6);
    expect(release.because).toMatch(/1 row written since the backup is only in/);
    expect((await world.events("recovery.proven")).length).toBe(1);
    expect((await world.platform.production()).deployment?.id).toBe(world.first);
  });
});
