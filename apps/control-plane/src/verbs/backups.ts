import type { FullCheck, Restored } from "@atoms/playbook";
import { z } from "zod";
import {
  type FullBackupLine,
  listFull,
  planRestore,
  pruneFull,
  type RestorePlan,
  restoreFull,
  takeFull,
  tryFull,
} from "../backups/index.js";
import { startJob } from "../jobs.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

const keys = z.array(z.string().min(1)).default([]).describe("Files of private age keys.");

/** What a full backup answers with, when it is done. */
export type BackupMade = { id: string; bytes: number; where: string; tables: number; rows: number };

/** Takes a full backup: the databases, what production serves, its variables. */
export const createBackup = defineVerb({
  name: "create backup",
  method: "POST",
  role: "operator",
  path: "/backups",
  summary: "Take a full backup",
  input: z.strictObject({
    ...playbookRef,
    databases: z.array(z.string().min(1)).optional().describe("All of the playbook when left out."),
  }),
  async run(plane, input, actor): Promise<{ job: string }> {
    const open = await plane.open(input);
    return {
      job: startJob(plane, "taking a backup", async (job) => {
        const { backup } = await takeFull(plane, open, { databases: input.databases, actor }, job);
        const tables = backup.manifest.databases.flatMap(({ contents }) => contents.tables);
        return {
          id: backup.id,
          bytes: backup.bytes,
          where:
            open.settings.backup.s3 === undefined
              ? open.settings.backup.folder
              : open.settings.backup.s3.bucket,
          tables: tables.length,
          rows: tables.reduce((sum, { rows }) => sum + rows, 0),
        } satisfies BackupMade;
      }),
    };
  },
});

/** Full backups, newest first. */
export const listBackups = defineVerb({
  name: "list backups",
  method: "GET",
  role: "viewer",
  path: "/backups",
  summary: "List full backups",
  input: z.strictObject({ ...playbookRef }),
  run: async (plane, input): Promise<FullBackupLine[]> => listFull(plane, await plane.open(input)),
});

/** Tries full backups by restoring them into scratch databases. Answers with a list of `FullCheck`. */
export const verifyBackups = defineVerb({
  name: "verify backups",
  method: "POST",
  role: "operator",
  path: "/backups/verify",
  summary: "Try backups by restoring them into a scratch database",
  input: z.strictObject({
    ...playbookRef,
    id: z.string().optional().describe("The newest when left out."),
    all: z.boolean().default(false),
    keys,
  }),
  async run(plane, input, actor): Promise<{ job: string }> {
    const open = await plane.open(input);
    return {
      job: startJob(plane, "verifying backups", async (job) => {
        const ids = input.all ? (await listFull(plane, open)).map(({ id }) => id) : [input.id];
        const checks: FullCheck[] = [];
        for (const id of ids) checks.push(await tryFull(plane, open, { id, keys: input.keys, actor }, job));
        return checks;
      }),
    };
  },
});

const restoring = {
  ...playbookRef,
  id: z.string().optional().describe("The newest when left out."),
  database: z.string().optional().describe("By the playbook's name; the only one when left out."),
  into: z.string().optional().describe("Address of another database to restore to."),
  overNewer: z.boolean().default(false).describe("Also over a database that has what the backup lacks."),
  keys,
};

/** What a restore would do, and the word that confirms it. */
export const planBackupRestore = defineVerb({
  name: "plan restore",
  method: "POST",
  role: "admin",
  path: "/backups/restore/plan",
  summary: "Say what restoring a backup would do",
  input: z.strictObject(restoring),
  run: async (plane, input): Promise<RestorePlan> =>
    (await planRestore(plane, await plane.open(input), input)).plan,
});

/** Restores a database from a full backup. Answers with `Restored`. */
export const restoreBackup = defineVerb({
  name: "restore backup",
  method: "POST",
  role: "admin",
  path: "/backups/restore",
  summary: "Restore a database from a backup",
  input: z.strictObject({
    ...restoring,
    confirm: z.string().describe("The name of the database that is replaced."),
  }),
  async run(plane, input, actor): Promise<{ job: string }> {
    const open = await plane.open(input);
    return {
      job: startJob(
        plane,
        "restoring a backup",
        async (job): Promise<Restored> => restoreFull(plane, open, { ...input, actor }, job),
      ),
    };
  },
});

/** Removes the full backups that need not be kept. */
export const pruneBackups = defineVerb({
  name: "prune backups",
  method: "POST",
  role: "admin",
  path: "/backups/prune",
  summary: "Remove the backups that need not be kept",
  input: z.strictObject({ ...playbookRef, pretend: z.boolean().default(false) }),
  run: async (plane, input, actor): Promise<{ removed: string[]; kept: number }> =>
    pruneFull(plane, await plane.open(input), { actor, pretend: input.pretend }),
});
