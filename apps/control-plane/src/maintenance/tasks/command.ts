import { dirname } from "node:path";
import { atomsItself, maintenanceEvent } from "@atoms/playbook";
import { runCommand } from "../../workspace/index.js";
import { TaskFailed, type TaskWork } from "./task.js";

/** Runs a shell command in the playbook's folder. Whether it may be run twice only its writer knows. */
export const runCommandTask: TaskWork<"command"> = async (input) => {
  const { plane, open, task, order, say, timeoutMs, signal } = input;
  const { ledger } = await plane.store();
  const at = plane.clock.now();
  const run = `${process.pid}-${Math.round(plane.clock.monotonic())}`;
  const [begun] = await ledger.append([
    maintenanceEvent(order, "maintenance.command", at, atomsItself, { task: task.name, run }, task.name),
  ]);
  if (!task.repeatable && begun?.data["run"] !== run)
    throw new TaskFailed(
      "the process that ran it died, and it is not said to be repeatable: look at what it has done",
    );
  const ended = await runCommand(task.run, {
    cwd: dirname(order.playbook.path),
    env: { ...plane.env, ATOMS_MAINTENANCE: order.maintenance },
    timeoutMs,
    signal,
    redact: open.secrets.redact,
    onLine: (line) => say(line.slice(0, 120)),
  });
  signal.throwIfAborted();
  const last = ended.lastLines.at(-1) ?? "";
  if (ended.notStarted !== undefined) throw new TaskFailed(`it could not be started: ${ended.notStarted}`);
  if (ended.exit !== 0)
    throw new TaskFailed(
      `it ended with ${ended.exit ?? "a signal"}${last === "" ? "" : `; its last line: ${last.slice(0, 200)}`}`,
    );
  return last === "" ? "it ended with 0" : last.slice(0, 200);
};
