import type { MaintenanceOrder, MaintenanceTask } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";

/** What a task of a kind does: answers with one line of what it did. What it throws is its failure. */
export type TaskWork<K extends MaintenanceTask["kind"]> = (input: {
  plane: ControlPlane;
  open: OpenPlaybook;
  task: Extract<MaintenanceTask, { kind: K }>;
  order: MaintenanceOrder;
  /** Says what it does at the moment. */
  say(doing: string): void;
  timeoutMs: number;
  /** Fires when the time is up. */
  signal: AbortSignal;
}) => Promise<string>;

/** A task that failed by its own word: one line, told as it is. */
export class TaskFailed extends Error {
  override readonly name = "TaskFailed";
}
