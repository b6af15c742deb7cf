import {
  type DatabasePlan,
  databasesNotToldApart,
  type LedgerEntry,
  planDatabaseRecovery,
  type Release,
  recoveryNotConfirmed,
} from "@atoms/playbook";
import { z } from "zod";
import { fullPorts } from "../backups/index.js";
import type { OpenPlaybook } from "../control-plane.js";
import { recoverySettingsOf } from "../recovery/facts.js";
import { lookAtDatabase, recoveryFlowOf } from "../recovery/index.js";
import { databasesMeant, knownBackups } from "../recovery/known.js";
import { recoveryKind, startOperation } from "../start-operation.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

const databases = z
  .array(z.string().min(1))
  .default([])
  .describe("By the playbook's names; all when left out.");

/** How every database of the playbook would be brought back after a failure. Reads only. @throws ATM-241 without any. */
export const planRecovery = defineVerb({
  name: "plan recovery",
  method: "POST",
  role: "operator",
  path: "/recovery/database_failure/plan",
  summary: "Say how the databases would be brought back after a failure",
  input: z.strictObject({ ...playbookRef, databases }),
  async run(plane, input): Promise<DatabasePlan[]> {
    const open = await plane.open(input);
    const { backup, service } = open.settings;
    const meant = databasesMeant(open, input.databases);
    const ports = fullPorts(plane, open, [], () => undefined);
    const known = await knownBackups(plane, open);
    const world = { now: plane.clock.now(), health: service.health };
    return Promise.all(
      Object.entries(backup.databases)
        .filter(([name]) => meant.includes(name))
        .map(async ([name, settings]) => {
          const standby = recoverySettingsOf(open, name).standby_url;
          return planDatabaseRecovery(
            await lookAtDatabase(name, settings, known, ports.databases, plane.leaving),
            { ...world, ...(standby === undefined ? {} : { standby: ports.databases.shown(standby) }) },
          );
        }),
    );
  },
});

/** The word that confirms a recovery of databases. */
const word = "database_failure";

/**
 * Brings the databases back after a failure. Answers at once; `follow` tells how it goes.
 * @throws ATM-672 when the word is wrong, ATM-241 for a database that the playbook lacks, ATM-675.
 */
export const recoverDatabases = defineVerb({
  name: "recover databases",
  method: "POST",
  role: "admin",
  path: "/recovery/database_failure",
  summary: "Bring the databases back after a failure",
  input: z.strictObject({
    ...playbookRef,
    databases,
    backup: z.string().min(1).optional().describe("Id of a backup; the newest good one when left out."),
    overInUse: z
      .boolean()
      .default(false)
      .describe("Also replace a database that has tables; it is kept under another name."),
    keys: z.array(z.string().min(1)).default([]).describe("Files of private age keys."),
    confirm: z.string().describe("The scenario's name."),
  }),
  async run(plane, input, actor): Promise<Release> {
    if (input.confirm !== word) throw recoveryNotConfirmed({ wanted: word });
    const open = await plane.open(input);
    const meant = databasesMeant(open, input.databases);
    refuseIfNotToldApart(open, meant);
    return startOperation(
      plane,
      open,
      input.playbook,
      {
        kind: recoveryKind,
        own: {
          databases: meant,
          consent: {
            overInUse: input.overInUse,
            ...(input.backup === undefined ? {} : { backup: input.backup }),
          },
          keys: input.keys,
        },
        began: { scenario: word, databases: meant, overInUse: input.overInUse },
        flow: recoveryFlowOf(plane),
      },
      actor,
    );
  },
});

function refuseIfNotToldApart(open: OpenPlaybook, meant: readonly string[]): void {
  const byField = new Map<string, string[]>();
  for (const name of meant) {
    const { target } = recoverySettingsOf(open, name);
    byField.set(target, [...(byField.get(target) ?? []), name]);
  }
  for (const [field, names] of byField)
    if (names.length > 1) throw databasesNotToldApart({ databases: names, field });
}

/** Recoveries and drills of the past, newest first: `recovery.finished` and `drill.finished` of the ledger. */
export const recoveryHistory = defineVerb({
  name: "recovery history",
  method: "GET",
  role: "viewer",
  path: "/recovery/history",
  summary: "List recoveries and drills of the past",
  input: z.strictObject({ ...playbookRef, limit: z.int().min(1).max(500).default(50) }),
  async run(plane, input): Promise<LedgerEntry[]> {
    const { service, environment } = await plane.open(input);
    const { ledger } = await plane.store();
    const read = (kind: string) => ledger.read({ kind, environment, last: true, limit: input.limit });
    const found = [...(await read("recovery.finished")), ...(await read("drill.finished"))];
    return found
      .filter((entry) => entry.service === service)
      .sort((a, b) => b.seq - a.seq)
      .slice(0, input.limit);
  },
});
