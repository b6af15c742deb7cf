import { type Actor, type Release, type RestartOrder, type RestartWorld, restartFlow } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { startOperation } from "../start-operation.js";
import { whenPossible } from "../when-possible.js";
import { proveWell } from "./health.js";

const flows = new WeakMap<ControlPlane, ReturnType<typeof makeFlow>>();

/** The flow of restarts of a control plane; the same one whenever it is asked for. */
export function restartFlowOf(plane: ControlPlane): ReturnType<typeof makeFlow> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

const makeFlow = (plane: ControlPlane) =>
  restartFlow((order) => whenPossible(plane, order.release, () => worldOf(plane, order)));

async function worldOf(plane: ControlPlane, order: RestartOrder): Promise<RestartWorld> {
  const { playbook } = order;
  const open = await plane.open({ playbook: playbook.path, platform: order.platform }, playbook.text);
  const platform = await open.platform();
  const { releases } = await plane.store();
  return {
    settings: { deadlines: restartDeadlines(open) },
    platform,
    releases,
    clock: plane.clock,
    interrupted: plane.interrupted(order.release),
    proveWell: (input, signal) => proveWell(plane, open, platform, input, signal),
  };
}

/** How long the parts of a restart may take, in milliseconds. */
export const restartDeadlines = ({ settings: { deadlines, recovery } }: OpenPlaybook) => ({
  deploy: deadlines.deploy,
  settle: recovery.settle,
  shift: deadlines.shift,
});

/**
 * Begins a restart: a release of its own kind, so that nothing else moves traffic meanwhile. Answers when its flow runs.
 * @throws ATM-501 when the environment is held.
 */
export async function startRestart(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
  because: string,
  actor: Actor,
): Promise<Release> {
  return startOperation(
    plane,
    open,
    ref.playbook,
    {
      kind: { strategy: "restart", phase: "deploy" },
      own: { because },
      began: { because },
      flow: restartFlowOf(plane),
    },
    actor,
  );
}
