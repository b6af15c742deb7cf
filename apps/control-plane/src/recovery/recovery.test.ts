import { describe, expect, it } from "vitest";
import { databases, type RecoveryTestWorld, recoveryWorlds } from "./recovery.world.js";

// To a standby: recovery.long.test.ts.
describe("atoms recover database_failure", { timeout: 180_000 }, () => {
  const freshWorld = recoveryWorlds();
  let world: RecoveryTestWorld;
  const rowsOf = async (url: string) => Number(await world.sql(url, "select count(*) from notes"));

  it("restores in place when only the database is gone, and deploys nothing", async () => {
    world = await freshWorld();
    await world.backup();
    await databases.drop(world.direct);
    expect(await world.health()).toMatchObject({ status: "unhealthy" });
    expect(await world.recover()).toMatchObject({ state: "released" });
    expect(await rowsOf(world.direct)).toBe(300);
    expect(await world.health()).toEqual({ status: "healthy", target: databases.target(world.mainUrl) });
    expect((await world.platform.production()).deployment?.id).toBe(world.first);
  });

  it.each([
    { what: "no standby is named", given: { standby: false }, code: "ATM-667" },
    { what: "there is no backup", given: {}, without: "backup", code: "ATM-665" },
  ])("is refused, and says what to do, when $what", async ({ given, without, code }) => {
    world = await freshWorld(given);
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
});
