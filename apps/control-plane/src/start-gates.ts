import {
  type Actor,
  type Gate,
  type GateAnswer,
  type GateOverrides,
  type GatePoint,
  type GateSubject,
  gatesAt,
  Problem,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { gatePortsBefore } from "./gate-ports.js";

const reason = z.string().trim().min(3, "expected a reason that others will understand").max(500);

/** The member of a verb's input by which somebody goes past gates on purpose. */
export const overrides = z
  .strictObject({
    freeze: reason.optional(),
    pin: reason.optional(),
    incident: reason.optional(),
    "emergency-freeze": reason.optional(),
  })
  .default({})
  .transform(
    (given): GateOverrides =>
      Object.fromEntries(Object.entries(given).filter(([, why]) => why !== undefined)) as GateOverrides,
  )
  .describe("Gates to go past, each with the reason that is kept in the ledger.");

type Wish = { strategy: string; overrides: GateOverrides; startedBy: Actor };

/** What a release that is not there yet is to a gate. */
export const wishedFor = ({ service, environment }: OpenPlaybook, wish: Wish): GateSubject => ({
  service,
  environment,
  ...wish,
});

/** How the gates of a point stand now, as far as that can be said without asking anybody outside. */
export async function lookAtGates(
  plane: ControlPlane,
  open: OpenPlaybook,
  point: GatePoint,
  wish: Wish,
): Promise<{ gate: Gate; answer: GateAnswer | undefined }[]> {
  const ports = await gatePortsBefore(plane, open);
  const now = plane.clock.now();
  return Promise.all(
    gatesAt(open.settings.gates, point, wishedFor(open, wish)).map(async (gate) => ({
      gate,
      answer: await gate.look?.(ports, { now, since: now }, AbortSignal.timeout(10_000)),
    })),
  );
}

/**
 * A release that a gate refuses anyway is not even begun; the refusal is in the ledger. One that may wait is begun, and
 * waits where everybody sees it.
 * @throws The gate's problem.
 */
export async function refuseAtTheStart(plane: ControlPlane, open: OpenPlaybook, wish: Wish): Promise<void> {
  for (const { gate, answer } of await lookAtGates(plane, open, "start", wish)) {
    if (answer?.is !== "refused") continue;
    const at = plane.clock.now();
    const { ledger } = await plane.store();
    const { service, environment } = open;
    const data = { gate: gate.id, point: "start", because: answer.because, problem: answer.problem.code };
    await ledger.append([
      {
        key: `gate/${environment}/${gate.id}/refused/${at}`,
        kind: "gate.refused",
        at,
        actor: wish.startedBy,
        service,
        environment,
        data,
      },
    ]);
    throw Problem.from(answer.problem);
  }
}
