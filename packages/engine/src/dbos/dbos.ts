import { randomUUID } from "node:crypto";
import { DBOS, type WorkflowStatus } from "@dbos-inc/dbos-sdk";
import { DBOSExecutor } from "@dbos-inc/dbos-sdk/internal/dbos-executor";
import type { Pool } from "pg";

/**
 * The only file that knows DBOS. DBOS keeps one journal per process: a workflow's input, the result of each of its
 * steps, its outcome. All flows run as one registered workflow, which finds its definition by name; so engines can be
 * opened and closed in one process, and a flow this Atoms does not know is left alone instead of failing.
 */

/** The schema that holds the journal, in the same database as the store. */
export const schema = "atoms_engine";

/** What a flow was started with, as the journal keeps it. */
export interface FlowOrder {
  name: string;
  version: number;
  input: unknown;
}

/** A flow as it stands in the journal. */
export interface JournalEntry {
  id: string;
  ended: boolean;
  /** What the workflow returned; only when it ended. */
  output: unknown;
  order: FlowOrder;
  /** Who runs it, or ran it last. */
  executor: string;
}

/** Runs a flow and returns what is to be written as its outcome. */
export type FlowBody = (id: string, order: FlowOrder) => Promise<unknown>;

const workflowName = "atoms.flow";
let body: FlowBody | undefined;

const workflow = DBOS.registerWorkflow(
  (order: FlowOrder): Promise<unknown> => {
    const id = DBOS.workflowID;
    if (body === undefined || id === undefined) throw new Error("no engine is open");
    return body(id, order);
  },
  // DBOS gives a workflow up after so many recoveries; a release is never given up.
  { name: workflowName, maxRecoveryAttempts: 1_000_000_000 },
);

const silence = () => undefined;

/**
 * Opens the journal and creates or updates its tables.
 * @param executor A name no other engine has or had: what is written under it is ours.
 * @param run Runs flows, now and on resume.
 * @param log Told what DBOS says; without it, nobody is.
 */
export async function openJournal(
  pool: Pool,
  executor: string,
  run: FlowBody,
  log?: (level: "info" | "warning" | "error", text: string) => void,
): Promise<void> {
  DBOS.setConfig({
    name: "atoms",
    systemDatabasePool: pool,
    systemDatabaseSchemaName: schema,
    executorID: executor,
    // Whether a flow can be replayed is decided per flow, by its version.
    applicationVersion: "atoms",
    useListenNotify: false,
    listenQueues: [],
    // What steps return is plain JSON already, and should be readable as such in the tables.
    serializer: {
      name: () => "json",
      stringify: (value) => JSON.stringify(value) ?? "null",
      parse: (text) => (text === null || text === undefined ? null : JSON.parse(text)),
    },
    logger: {
      debug: silence,
      info: (entry) => log?.("info", String(entry)),
      warn: (entry) => log?.("warning", String(entry)),
      error: (entry) => log?.("error", entry instanceof Error ? entry.message : String(entry)),
    },
  });
  body = run;
  await DBOS.launch();
  // Queues, schedules and time-outs of DBOS are not used: flows are begun and taken over here, and sleep by themselves.
  // Asking for them seven times a second was most of what an idle control plane did.
  await DBOSExecutor.globalInstance?.deactivateEventReceivers();
  await DBOSExecutor.globalInstance?.stopWorkflowTimeoutSweep();
}

/** Closes the journal. What runs is left as it is written. */
export async function closeJournal(): Promise<void> {
  await DBOS.shutdown();
  body = undefined;
}

/** Begins a flow, unless one of that id was ever begun. @param ended Told when its outcome is written, if it was begun here. */
export async function begin(id: string, order: FlowOrder, ended: () => void): Promise<void> {
  const handle = await DBOS.startWorkflow(workflow, { workflowID: id })(order);
  if ("workflowPromise" in handle) handle.getResult().then(ended, ended);
}

/** Runs one step of the flow it is called in, or gives the result that is written. */
export function journalled<T>(name: string, work: () => Promise<T>): Promise<T> {
  return DBOS.runStep(work, { name });
}

/** How a journalled call failed, when it was not its work that failed (ours never does). */
export function failureOf(error: unknown): { kind: "diverged"; written: string } | { kind: "let go" } {
  const message = error instanceof Error ? error.message : "";
  const written = /function (.*) was recorded when/s.exec(message)?.[1];
  return written === undefined ? { kind: "let go" } : { kind: "diverged", written };
}

/** A flow as it is written, or undefined when none of that id was ever begun. */
export async function entry(id: string): Promise<JournalEntry | undefined> {
  return (await DBOS.listWorkflows({ workflowIDs: [id] })).map(entryOf)[0];
}

/** Flows that have not ended, oldest first. */
export async function unfinished(): Promise<JournalEntry[]> {
  const found = await DBOS.listWorkflows({ workflowName: workflowName, status: ["PENDING", "ENQUEUED"] });
  return found.map(entryOf);
}

/**
 * Takes a flow over from the executor that is known to be gone and runs it here. Only one of several takers gets it,
 * and whatever the former one still tries to write is refused by DBOS: its owner's mark is no longer in the row.
 * @param ended Told when its outcome is written.
 * @returns Whether we got it; false when somebody else was faster.
 */
export async function takeOver(
  pool: Pool,
  flow: JournalEntry,
  executor: string,
  ended: () => void,
): Promise<boolean> {
  const mark = randomUUID();
  const taken = await pool.query(
    `update ${schema}.workflow_status
     set status = 'PENDING', executor_id = $3, owner_xid = $4, queue_name = null,
       recovery_attempts = recovery_attempts + 1, updated_at = (extract(epoch from now()) * 1000)::bigint
     where workflow_uuid = $1 and executor_id = $2 and status in ('PENDING', 'ENQUEUED')`,
    [flow.id, flow.executor, executor, mark],
  );
  const dbos = DBOSExecutor.globalInstance;
  if (taken.rowCount !== 1 || dbos === undefined) return false;
  const status = await dbos.systemDatabase.getWorkflowStatus(flow.id);
  if (status === null) return false;
  const handle = await dbos.executeDequeuedWorkflow(status, mark);
  handle.getResult().then(ended, ended);
  return true;
}

/**
 * Writes an outcome for a flow that nobody runs, so that nobody ever does. The owner's mark goes with it: what a former
 * owner that was only paused still tries to write is refused.
 * @param flow As it was read; undefined when there was none of that id: then one is written that has ended.
 * @returns Whether it was done; false when somebody took it over or began it meanwhile.
 */
export async function giveUp(
  pool: Pool,
  id: string,
  flow: JournalEntry | undefined,
  outcome: unknown,
): Promise<boolean> {
  const output = JSON.stringify(outcome);
  const { rowCount } =
    flow === undefined
      ? await pool.query(
          `insert into ${schema}.workflow_status
             (workflow_uuid, status, name, class_name, config_name, output, serialization, owner_xid)
           values ($1, 'SUCCESS', $2, '', '', $3, 'json', $4) on conflict (workflow_uuid) do nothing`,
          [id, workflowName, output, randomUUID()],
        )
      : await pool.query(
          `update ${schema}.workflow_status
           set status = 'SUCCESS', output = $3, serialization = 'json', owner_xid = $4,
             updated_at = (extract(epoch from now()) * 1000)::bigint
           where workflow_uuid = $1 and executor_id = $2 and status in ('PENDING', 'ENQUEUED')`,
          [id, flow.executor, output, randomUUID()],
        );
  return rowCount === 1;
}

/** Says whether a flow is still this executor's to run. */
export async function isOurs(pool: Pool, id: string, executor: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select 1 from ${schema}.workflow_status where workflow_uuid = $1 and executor_id = $2 and status = 'PENDING'`,
    [id, executor],
  );
  return rowCount === 1;
}

function entryOf(status: WorkflowStatus): JournalEntry {
  const [order] = (status.input ?? []) as [FlowOrder?];
  return {
    id: status.workflowID,
    ended: status.status !== "PENDING" && status.status !== "ENQUEUED",
    // Ended by DBOS itself, without an outcome of ours.
    output: status.output ?? {
      error: { name: "Error", message: `the journal holds no outcome (${status.status})` },
    },
    order: order ?? { name: status.workflowName, version: 0, input: null },
    executor: status.executorId ?? "",
  };
}
