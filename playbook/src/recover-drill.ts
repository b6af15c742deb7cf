import {
  type DrillMeasured,
  type DrillOrder,
  type DrillOutcome,
  drillCutOff,
  drillEvent,
  drillFailed,
  judgeDrill,
} from "./recovery/index.js";
import { type FlowDefinition, isInterruption, isProblem, type Ledger } from "./terms/index.js";

/** What a drill needs from outside. */
export interface DrillWorld {
  /**
   * Builds a stage, breaks it, recovers it with the same flow as in earnest, and measures. It is not begun twice: a process
   * that finds the stage of one that died answers `cut off`.
   * @returns `stopped` when a person stopped it. @throws what kept it from beginning, or from recovering.
   */
  rehearse(
    order: DrillOrder,
    tell: (doing: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<DrillMeasured | "stopped" | "cut off">;
  /** Removes everything that the drill made, and waits until it is gone. Safe to run twice. @throws what is left. */
  remove(order: DrillOrder): Promise<void>;
  ledger: Ledger;
  now(): number;
}

const removeMs = 120_000;

/**
 * Rehearses a recovery: on a stage of its own, which is removed whatever happens. Killed in the middle, what it made is
 * removed when the flow goes on, and it is written down as cut off: a time that was measured over a crash says nothing.
 */
export function drillFlow(worldOf: () => Promise<DrillWorld>): FlowDefinition<DrillOrder, DrillOutcome> {
  return {
    name: "drill a recovery",
    version: 1,
    async run(flow, order) {
      const world = await worldOf();
      let outcome = await flow
        .step<DrillMeasured | "stopped" | "cut off">(
          "rehearse",
          (signal) => world.rehearse(order, stepTeller(world, order), signal),
          { timeoutMs: order.deadlineMs },
        )
        .then((came) => outcomeOf(came, order))
        .catch((error: unknown) => {
          if (isInterruption(error)) throw error;
          return failed(error);
        });
      await flow
        .step("remove", () => world.remove(order), { attempts: 4, timeoutMs: removeMs })
        .catch((error: unknown) => {
          if (isInterruption(error)) throw error;
          outcome = { ...outcome, left: isProblem(error) ? error.happened : messageOf(error) };
        });
      const endedAt = await flow.now();
      await flow.step(
        "end",
        () => world.ledger.append([finished(order, outcome, endedAt)]).then(() => null),
        {
          attempts: 5,
        },
      );
      return outcome;
    },
  };
}

const stepTeller = ({ ledger, now }: DrillWorld, order: DrillOrder) => {
  let step = 0;
  return async (doing: string) => {
    step += 1;
    const at = now();
    await ledger.append([
      drillEvent(order, {
        kind: "drill.step",
        key: `${order.drill}/step/${step}`,
        at,
        actor: order.actor,
        data: { doing, ms: at - order.startedAt },
      }),
    ]);
  };
};

function outcomeOf(came: DrillMeasured | "stopped" | "cut off", order: DrillOrder): DrillOutcome {
  if (came === "stopped") return { state: "stopped", because: "a person stopped it" };
  if (came !== "cut off") return judgeDrill(came, order.targets);
  const problem = drillCutOff(order).toJSON();
  return { state: "cut off", because: problem.happened, problem };
}

function failed(error: unknown): DrillOutcome {
  const problem = (isProblem(error) ? error : drillFailed({ because: messageOf(error) })).toJSON();
  return { state: "failed", because: problem.happened, problem };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function finished(order: DrillOrder, outcome: DrillOutcome, endedAt: number) {
  const { state, because, measured, problem, left } = outcome;
  return drillEvent(order, {
    kind: "drill.finished",
    key: `${order.drill}/finished`,
    at: endedAt,
    actor: order.actor,
    data: {
      scenario: order.scenario,
      failure: order.failure ?? null,
      state,
      because,
      ...measured,
      ...(measured === undefined ? {} : { met: state === "passed" }),
      targets: order.targets,
      ms: endedAt - order.startedAt,
      problem: problem?.code ?? null,
      left: left ?? null,
    },
  });
}
