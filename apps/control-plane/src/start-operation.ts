import {
  type Actor,
  beganEvent,
  type FlowDefinition,
  type LedgerEvent,
  type OperationOrder,
  openedRelease,
  type Release,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { newReleaseId, versionAt } from "./release-id.js";

/** An operation, besides what every one has. */
export type Operation<Own extends object> = {
  kind: Pick<Release, "strategy" | "phase">;
  /** What its order has besides. Plain data without secrets. */
  own: Own;
  /** What the ledger is told at its beginning, besides the kind and the platform. */
  began: LedgerEvent["data"];
  // biome-ignore lint/suspicious/noExplicitAny: what a flow answers with is its own matter
  flow: FlowDefinition<OperationOrder & Own, any>;
  /** Done once the environment is held, before the flow runs. */
  held?: () => Promise<void>;
  /** It is begun although the platform may be away. */
  withoutPlatform?: true;
};

/**
 * Starts what holds its environment as a release does and ships nothing: a restart, a recovery. Answers when its flow runs.
 * @param playbook Path of the open playbook.
 * @throws ATM-501 when the environment is held; the platform's problem when it cannot be reached.
 */
export async function startOperation<Own extends object>(
  plane: ControlPlane,
  open: OpenPlaybook,
  playbook: string,
  { kind, own, began, flow, held, withoutPlatform }: Operation<Own>,
  actor: Actor,
): Promise<Release> {
  // What could not even begin is not opened: it would hold the environment.
  if (withoutPlatform === undefined) await open.platform();
  const startedAt = plane.clock.now();
  const { service, environment, platformName: platform } = open;
  const order: OperationOrder & Own = {
    release: newReleaseId(startedAt),
    service,
    environment,
    platform,
    version: versionAt(startedAt),
    actor,
    startedAt,
    playbook: { path: playbook, text: open.file.text },
    ...own,
  };
  const { releases } = await plane.store();
  const release = await releases.open(openedRelease(order, { ...kind, version: order.version, source: "" }), [
    beganEvent(order, { strategy: kind.strategy, platform, ...began }),
  ]);
  await held?.();
  const engine = await plane.engine();
  await engine.start(flow, order.release, order);
  return release;
}

/** How a recovery of any scenario is listed. */
export const recoveryKind = { strategy: "recovery", phase: "preflight" } as const;
