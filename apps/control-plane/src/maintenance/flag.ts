import { type DoorFlag, flagNotConfigured } from "@atoms/playbook";
import type { OpenPlaybook } from "../control-plane.js";

/**
 * The flag of a playbook, where the service reads it: a row of its database, or an item of the platform's Global Config.
 * @throws ATM-632 when there is none.
 */
export function flagOf({ settings, platform }: Pick<OpenPlaybook, "settings" | "platform">): DoorFlag {
  const { maintenance, backup, service } = settings;
  const { flag } = maintenance;
  if (flag?.config !== undefined) {
    const { config, name } = flag;
    return {
      get: async (signal) => (await platform()).configItems.get(config, name, signal),
      set: async (value, signal) => (await platform()).configItems.set(config, name, value, signal),
    };
  }
  const url = backup.databases[flag?.database ?? ""]?.url;
  if (flag === undefined || url === undefined)
    throw flagNotConfigured({ service: service.name, databases: Object.keys(backup.databases) });
  const { table, name } = flag;
  // Loaded when it is needed: a look in an emergency has no time for what it does not use.
  const rows = async () => (await import("@atoms/databases")).databaseFlags();
  return {
    get: async (signal) => (await rows()).get(url, { table, name }, signal),
    set: async (value, signal) => (await rows()).set(url, { table, name, value }, signal),
  };
}
