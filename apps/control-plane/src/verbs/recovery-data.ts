import {
  choiceMistaken,
  choiceWords,
  type DataChoice,
  type Release,
  recoveryNotConfirmed,
} from "@atoms/playbook";
import { z } from "zod";
import { fullPorts } from "../backups/index.js";
import { startJob } from "../jobs.js";
import { chooseData, compareData, dataFlowOf, settingsOf } from "../recovery/index.js";
import { recoveryKind, startOperation } from "../start-operation.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

const moment = z.iso.datetime({ offset: true });

const asking = {
  ...playbookRef,
  database: z.string().min(1).optional().describe("By the playbook's name; the only one when left out."),
  backup: z
    .string()
    .min(1)
    .optional()
    .describe("Id of a backup; the newest good one from before the rows went wrong when left out."),
  since: moment
    .optional()
    .describe("When the rows were right for the last time; what the ledger says when left out."),
  until: moment.optional().describe("When it was over; now when left out."),
  tables: z
    .array(z.string().min(1))
    .max(100)
    .default([])
    .describe("Tables whose rows are meant; `public.` may be left out."),
  only: z
    .enum(["missing", "changed", "both"])
    .default("both")
    .describe("Rows that are gone, rows that are other now, or both."),
  where: z
    .string()
    .min(1)
    .max(10_000)
    .optional()
    .describe("A condition in SQL on rows as the backup has them, of the one table."),
  rows: z
    .array(z.string().min(1))
    .max(10_000)
    .default([])
    .describe("Primary keys of rows of the one table; JSON where the key has several columns."),
  keys: z.array(z.string().min(1)).default([]).describe("Files of private age keys."),
};

type Asked = z.output<z.ZodObject<typeof asking>>;

/** The rows that are meant; undefined when no table is named. @throws ATM-686. */
function rowsMeant({ tables, only, where, rows }: Asked): DataChoice | undefined {
  if ((where !== undefined || rows.length > 0) && tables.length !== 1)
    throw choiceMistaken({
      because: `A condition or keys are of one table, and ${tables.length === 0 ? "none was" : `${tables.length} were`} named`,
    });
  if (tables.length === 0) return undefined;
  return {
    take: "rows",
    rows: tables.map((table) => ({
      table,
      only,
      ...(where === undefined ? {} : { where }),
      ...(rows.length === 0 ? {} : { keys: rows }),
    })),
  };
}

const askOf = ({ database, backup, since, until }: Asked) => ({
  database,
  backup,
  since: since === undefined ? undefined : Date.parse(since),
  until: until === undefined ? undefined : Date.parse(until),
});

/** Finds when rows went wrong, restores a backup from before it beside, and compares. Answers with a `DataComparison`. */
export const compareWithBackup = defineVerb({
  name: "compare data",
  method: "POST",
  role: "operator",
  path: "/recovery/data_corruption/compare",
  summary: "Compare the database with a backup from before its rows went wrong",
  input: z.strictObject(asking),
  async run(plane, input): Promise<{ job: string }> {
    const open = await plane.open(input);
    const asked = { ...askOf(input), choice: rowsMeant(input), keys: input.keys };
    return {
      job: startJob(plane, "comparing with a backup", (job) => compareData(plane, open, asked, job)),
    };
  },
});

/** The word that confirms it. */
const word = "data_corruption";

/**
 * Takes rows back that went wrong, or the whole database. Answers at once; `follow` tells how it goes.
 * @throws ATM-672 when the word is wrong, ATM-686 for no choice, or two, and as `chooseData`.
 */
export const recoverData = defineVerb({
  name: "recover data",
  method: "POST",
  role: "admin",
  path: "/recovery/data_corruption",
  summary: "Take rows back that went wrong",
  input: z.strictObject({
    ...asking,
    whole: z
      .boolean()
      .default(false)
      .describe("The whole database; the one in use is kept under another name."),
    confirm: z.string().describe("The scenario's name."),
  }),
  async run(plane, input, actor): Promise<Release> {
    if (input.confirm !== word) throw recoveryNotConfirmed({ wanted: word });
    const rows = rowsMeant(input);
    if (input.whole && rows !== undefined)
      throw choiceMistaken({ because: "Tables and the whole database were both asked for" });
    const choice: DataChoice | undefined = input.whole ? { take: "whole" } : rows;
    if (choice === undefined)
      throw choiceMistaken({ because: "Neither a table nor the whole database was named" });
    const open = await plane.open(input);
    const { database, window, backup } = await chooseData(plane, open, askOf(input));
    const { shown } = fullPorts(plane, open, [], () => undefined).databases;
    return startOperation(
      plane,
      open,
      input.playbook,
      {
        kind: recoveryKind,
        own: {
          database,
          backup: { id: backup.id, takenAt: Date.parse(backup.manifest.created_at) },
          window,
          choice,
          keys: input.keys,
        },
        began: {
          scenario: word,
          databases: [database],
          backup: backup.id,
          window,
          choice: choiceWords(choice, shown(settingsOf(open, database).url)),
        },
        flow: dataFlowOf(plane),
      },
      actor,
    );
  },
});
