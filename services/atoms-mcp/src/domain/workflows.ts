import type { Sql } from "../storage/database.js";
import { refusalFrom } from "./from-postgres.js";
import type { Refusal } from "./refusal.js";

/** One step as results tell it. */
export interface Step {
  step: string;
  status: "success" | "failed" | "rolled_back";
  id?: string;
  error?: string;
}

/** Runs steps: together in one transaction, or each standing alone. */
export interface Steps {
  /**
   * Runs one step.
   * @param name what it does, for the caller
   * @returns what the work answered; undefined when it failed and steps stand alone
   */
  run<T extends { id?: string } | undefined>(
    name: string,
    work: (sql: Sql) => Promise<T>,
  ): Promise<T | undefined>;
}

/** The first failure of steps that stand together. */
class StepFailed extends Error {}

/** How a workflow went. */
export interface Ran<Ids> {
  readonly ids: Ids | undefined;
  readonly steps: Step[];
  /** Why it counts as failed; undefined when it succeeded. */
  readonly failure: Refusal | undefined;
}

/**
 * Runs a workflow.
 * @param together true: the first failure undoes everything; false: each step stands alone
 * @param transaction opens a transaction as the caller
 * @throws anything that is not a refusal, after everything together was undone
 */
export async function runWorkflow<Ids>(
  together: boolean,
  transaction: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>,
  workflow: (steps: Steps) => Promise<Ids>,
): Promise<Ran<Ids>> {
  const steps: Step[] = [];
  let failure: Refusal | undefined;
  const attempt = async <T extends { id?: string } | undefined>(name: string, work: () => Promise<T>) => {
    try {
      const result = await work();
      steps.push({ step: name, status: "success", ...(result?.id === undefined ? {} : { id: result.id }) });
      return result;
    } catch (error) {
      const refusal = refusalFrom(error);
      if (!refusal) throw error;
      failure ??= refusal;
      steps.push({ step: name, status: "failed", error: refusal.message });
      if (together) throw new StepFailed();
      return undefined;
    }
  };
  if (!together) {
    const ids = await workflow({ run: (name, work) => attempt(name, () => transaction(work)) });
    const worked = steps.some(({ status }) => status === "success");
    return { ids, steps, failure: worked || steps.length === 0 ? undefined : failure };
  }
  try {
    const ids = await transaction((sql) => workflow({ run: (name, work) => attempt(name, () => work(sql)) }));
    return { ids, steps, failure: undefined };
  } catch (error) {
    const refusal = error instanceof StepFailed ? failure : refusalFrom(error);
    if (!refusal) throw error;
    for (const step of steps) {
      if (step.status !== "success") continue;
      step.status = "rolled_back";
      delete step.id;
    }
    return { ids: undefined, steps, failure: refusal };
  }
}
