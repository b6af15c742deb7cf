import { databaseCare } from "@atoms/databases";
import { TaskFailed, type TaskWork } from "./task.js";

const care = databaseCare();

/** Cleans every table of a database of the playbook. May be run again. */
export const runVacuumTask: TaskWork<"vacuum"> = async ({ open, task, say, signal }) => {
  const database = open.settings.backup.databases[task.database];
  if (database === undefined) throw new TaskFailed(`the playbook has no database ${task.database}`);
  const { tables, refused } = await care.vacuum(
    database.url,
    ({ table, done, of, phase, scanned, blocks }) => {
      const share =
        scanned === undefined || blocks === undefined || blocks === 0
          ? ""
          : `, ${Math.min(100, Math.floor((100 * scanned) / blocks))} %`;
      say(`table ${done + 1} of ${of}, ${table}${phase === undefined ? "" : `: ${phase}${share}`}`);
    },
    signal,
  );
  if (refused.length > 0)
    throw new TaskFailed(
      `${tables} tables were cleaned; the role of the address does not own ${refused.join(", ")}`,
    );
  return `${tables} ${tables === 1 ? "table was" : "tables were"} cleaned and analysed`;
};
