import {
  type Asked,
  approvalGate,
  type Gate,
  type GateMove,
  gatesAt,
  longestWait,
  waitsText,
} from "../gates/index.js";
import type { Phase } from "../terms/index.js";
import { approvalNeeded } from "./canary/decide.js";
import { GateWait, subjectOf } from "./gate-wait.js";
import type { Candidate, ReleaseOrder, ReleaseSettings } from "./ports.js";
import { type ReleaseRun, Stop } from "./run.js";

/** Before anything is done: a release that may not go is refused while nothing was touched. @throws Stop */
export async function passTheStart(run: ReleaseRun): Promise<void> {
  const subject = subjectOf(run);
  const gates = gatesAt(run.world.settings.gates, "start", subject);
  await pass(run, "preflight", new GateWait(run, "start", subject, gates), gates);
}

/** Before any traffic moves. @throws Stop when a gate refuses or is not open in time. */
export async function passTheShift(
  run: ReleaseRun,
  candidate: Candidate,
  previous: Candidate | undefined,
): Promise<void> {
  const { settings } = run.world;
  const subject = subjectOf(run, { candidate: candidate.id, share: firstShare(run.order, settings) });
  const asked = askedBeforeTheShift(settings, candidate.id, previous?.id);
  const gates = gatesAt(settings.gates, "shift", subject, asked);
  await pass(run, "shift", new GateWait(run, "shift", subject, gates), gates);
}

/** What people have to approve before the shift. */
function askedBeforeTheShift(
  { gates: { approval } }: ReleaseSettings,
  candidate: string,
  previous: string | undefined,
): Asked | undefined {
  if (!approval.before_shift) return undefined;
  const about = [`giving traffic to ${candidate}${previous === undefined ? "" : ` in place of ${previous}`}`];
  return { of: "shift", about, waitMs: approval.expires };
}

/** The share of traffic that the shift begins with, 0 to 1. */
function firstShare({ strategy }: ReleaseOrder, { canary }: ReleaseSettings): number {
  return strategy === "canary" ? (canary.steps[0] ?? 100) / 100 : 1;
}

/**
 * The gates before the next step of a canary. They are asked when the step itself may end, while both arms are still
 * measured: whoever waits for a person goes on watching.
 * @param stage Index of the step that ends. @param next Percent of traffic of the next.
 */
export function stepGates(run: ReleaseRun, candidate: Candidate, stage: number, next: number): GateWait {
  const { settings } = run.world;
  const subject = subjectOf(run, { candidate: candidate.id, share: next / 100 });
  const asked: Asked | undefined = approvalNeeded(next, settings.canary)
    ? {
        of: `step ${stage + 1}`,
        about: [`giving ${candidate.id} ${next} % of the traffic`],
        waitMs: settings.canary.hold,
      }
    : undefined;
  return new GateWait(run, `step ${stage + 1}`, subject, gatesAt(settings.gates, "step", subject, asked));
}

/** The longest that the gates between two steps keep a canary waiting, in milliseconds. */
export function longestStepWait({ gates, canary }: ReleaseSettings): number {
  const nobody = { kind: "atoms", name: "", via: "flow" } as const;
  const subject = { service: "", environment: "", strategy: "canary", startedBy: nobody, overrides: {} };
  const asks = canary.approve === "never" ? undefined : { of: "step", about: [], waitMs: canary.hold };
  return longestWait(gatesAt(gates, "step", subject, asks));
}

/**
 * Waits until people have approved something before traffic moves. An abort ends the wait at once. Silence is never
 * approval here: what is asked about may break users.
 * @param ask.of Stable name of what is asked about, e.g. "contract".
 * @throws Stop when nobody has approved in time, somebody said no, or somebody aborts.
 */
export async function waitForApproval(
  run: ReleaseRun,
  ask: { of: string; questions: readonly string[]; waitMs: number },
): Promise<void> {
  const subject = subjectOf(run);
  const { of, questions: about, waitMs } = ask;
  const gate = approvalGate(
    run.world.settings.gates.approval,
    { of, about, waitMs, otherwise: "refuse" },
    subject,
  );
  const wait = new GateWait(run, of, subject, [gate]);
  await goThrough(run, wait, await wait.ask());
}

async function pass(run: ReleaseRun, phase: Phase, wait: GateWait, gates: readonly Gate[]): Promise<void> {
  if (gates.length === 0) return;
  await run.stopIfAborted();
  const move = await wait.ask();
  if (move.do === "wait")
    await run.inPhase(
      phase,
      longestWait(gates) + 120_000,
      () => goThrough(run, wait, move),
      `${phase}/gates`,
    );
  else await goThrough(run, wait, move);
}

async function goThrough(run: ReleaseRun, wait: GateWait, first: GateMove): Promise<void> {
  for (let move = first, round = 1; move.do !== "pass"; move = await wait.ask(), round++) {
    if (move.do === "refuse") throw new Stop("failed", move.answer.problem);
    const { waits, ms } = move;
    await run.act(`wait at the gates ${round}`, `waiting for ${waitsText(waits)}`, async () => null, {
      waits,
    });
    await run.pause(ms);
  }
}
