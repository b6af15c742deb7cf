import {
  formatDuration,
  isProblem,
  type MaintenanceOrder,
  type MaintenanceTask,
  type TaskOutcome,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { setDoing } from "../doing.js";
import { runCacheTask } from "./cache.js";
import { runCommandTask } from "./command.js";
import { runDependenciesTask } from "./dependencies/index.js";
import { TaskFailed, type TaskWork } from "./task.js";
import { runVacuumTask } from "./vacuum.js";

const kinds: { [K in MaintenanceTask["kind"]]: TaskWork<K> } = {
  vacuum: runVacuumTask,
  cache: runCacheTask,
  dependencies: runDependenciesTask,
  command: runCommandTask,
};

/** Runs a task of the playbook to its end, its time, or the signal. What goes wrong is an outcome. */
export async function runTask(
  plane: ControlPlane,
  open: OpenPlaybook,
  order: MaintenanceOrder,
  name: string,
  forMs: number,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const began = plane.clock.monotonic();
  const task = open.settings.maintenance.tasks.find((one) => one.name === name);
  const outcome = (how: TaskOutcome["outcome"], saw: string): TaskOutcome => ({
    task: name,
    outcome: how,
    saw,
    ms: Math.round(plane.clock.monotonic() - began),
  });
  if (task === undefined) return outcome("failed", "the playbook has no such task");
  const timeoutMs = Math.max(1, Math.min(task.within, forMs));
  const late = AbortSignal.timeout(timeoutMs);
  const say = (doing: string) => setDoing(plane, order.maintenance, `${name}: ${doing}`);
  say("begins");
  try {
    const work = kinds[task.kind] as (input: object) => Promise<string>;
    const stop = AbortSignal.any([late, signal]);
    return outcome("done", await work({ plane, open, task, order, say, timeoutMs, signal: stop }));
  } catch (error) {
    // The engine lets go of the flow: it is no failure, and the task is run again later.
    if (signal.aborted) throw error;
    const said = error instanceof TaskFailed ? `: ${error.message}` : "";
    if (late.aborted)
      return outcome("failed", `it was not done after ${formatDuration(timeoutMs)}, and was stopped${said}`);
    if (error instanceof TaskFailed) return outcome("failed", error.message);
    if (isProblem(error)) return outcome("failed", `${error.code} ${error.happened}`);
    plane.reportBug(`task ${name} of ${order.maintenance}`, error);
    return outcome("failed", "it broke by an error that Atoms has no name for; see .atoms/logs/errors.log");
  } finally {
    setDoing(plane, order.maintenance, undefined);
  }
}
