import { type DatabasePlan, listFullBackups, noSuchDatabase, planDatabaseRecovery } from "@atoms/playbook";
import { z } from "zod";
import { fullPorts, listFull } from "../backups/index.js";
import { lookAtDatabase } from "../recovery/look.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** How every database of the playbook would be brought back after a failure. Reads only. @throws ATM-241 without any. */
export const planRecovery = defineVerb({
  name: "plan recovery",
  method: "POST",
  role: "operator",
  path: "/recovery/database_failure/plan",
  summary: "Say how the databases would be brought back after a failure",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<DatabasePlan[]> {
    const open = await plane.open(input);
    const { backup, service } = open.settings;
    const named = Object.entries(backup.databases);
    if (named.length === 0) throw noSuchDatabase({ name: "database", known: [] });
    const ports = fullPorts(plane, open, [], () => undefined);
    const tried = new Map((await listFull(plane, open)).map(({ id, verified }) => [id, verified?.sound]));
    const known = (await listFullBackups(ports)).flatMap((entry) => {
      if (!entry.sound) return [];
      const { manifest } = entry.backup;
      if (manifest.service !== open.service || manifest.environment !== open.environment) return [];
      const sound = tried.get(entry.id);
      return [{ backup: entry.backup, ...(sound === undefined ? {} : { sound }) }];
    });
    const world = { now: plane.clock.now(), health: service.health };
    return Promise.all(
      named.map(async ([name, settings]) =>
        planDatabaseRecovery(
          await lookAtDatabase(name, settings, known, ports.databases, plane.leaving),
          world,
        ),
      ),
    );
  },
});
