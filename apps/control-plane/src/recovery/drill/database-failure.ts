import { failureOf } from "@atoms/playbook";
import { recoverDatabases } from "../../verbs/recovery.js";
import { databasesMeant } from "../known.js";
import type { DrillScenario, Stage } from "./scenario.js";
import {
  backUp,
  drillActor,
  lossesOf,
  proveRecovered,
  seconds,
  stopwatch,
  untilNoticed,
  untilReleased,
  writeTrails,
} from "./steps.js";

/** Rows are written, a backup is taken, more rows are written, the databases are lost, and `atoms recover` brings them back. */
export const databaseFailureDrill: DrillScenario = {
  check: (open) => void databasesMeant(open, []),
  failure: ({ settings: { recovery } }) =>
    failureOf(recovery.drill.failure, recovery.drill.server_url === undefined),
  async rehearse(stage, tell) {
    const { plane, order, signal } = stage;
    tell("writing rows to the databases");
    const trails = await writeTrails(stage);
    tell("taking a backup");
    await backUp(stage);
    tell(`writing on for ${order.afterBackupMs / 1_000} s`);
    await plane.clock.sleep(order.afterBackupMs, signal);

    tell(order.failure === "server" ? "stopping the server of the databases" : "dropping the databases");
    const failedAt = plane.clock.now();
    const since = stopwatch(stage);
    await breakDatabases(stage);
    await Promise.all([...trails.values()].map((trail) => trail.stop()));
    await untilNoticed(stage, "the database");
    const noticedMs = since();

    tell(`the service noticed after ${seconds(noticedMs)}; recovering as in earnest`);
    const asked = recoverDatabases.input.parse({ playbook: order.playbook, confirm: order.scenario });
    await untilReleased(stage, await recoverDatabases.run(plane, asked, drillActor));
    const recoveredMs = since();
    const now = Object.fromEntries(stage.of.map(({ name, main, standby }) => [name, standby ?? main]));
    const { hosts } = await proveRecovered(stage, now);
    const rtoMs = since();
    tell(`well again after ${seconds(rtoMs)}; looking for what was lost`);
    return {
      rtoMs,
      noticedMs,
      recoveryMs: recoveredMs - noticedMs,
      ...(await lossesOf(trails, now, failedAt, signal)),
      hosts,
    };
  },
};

async function breakDatabases({ of, server, order, databases, signal }: Stage): Promise<void> {
  if (order.failure === "server" && server !== undefined) await server.crash();
  else for (const { main } of of) await databases.drop(main, signal);
}
