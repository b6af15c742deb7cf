import {
  type Actor,
  type FlowDefinition,
  isProblem,
  type LedgerEvent,
  type PlatformName,
  type ProblemData,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { findExisting } from "../existing-deployment.js";
import { newReleaseId } from "../release-id.js";
import { startRelease } from "../start-release.js";

/** A release that a build is to begin. */
type TriggerOrder = {
  service: string;
  environment: string;
  deployment: string;
  /** Id of the delivery that told of it. */
  delivery: string;
  /** Id that the release has, if it begins. */
  release: string;
  playbook: string;
  platform: PlatformName | null;
};

/** Whoever set the trigger in the playbook. */
const trigger: Actor = { kind: "atoms", name: "triggers.vercel", via: "flow" };

const flows = new WeakMap<ControlPlane, FlowDefinition<TriggerOrder, null>>();

/** The flow by which a build begins a release; the same one whenever it is asked for. */
export function triggerFlowOf(plane: ControlPlane): FlowDefinition<TriggerOrder, null> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

/** Has a build begin a release, durably; nothing when that deployment was ever told of. */
export async function startTrigger(
  plane: ControlPlane,
  { service, environment }: OpenPlaybook,
  own: PlaybookRef,
  { deployment, delivery }: Pick<TriggerOrder, "deployment" | "delivery">,
): Promise<void> {
  const engine = await plane.engine();
  await engine.start(triggerFlowOf(plane), `trigger/${service}/${environment}/${deployment}`, {
    service,
    environment,
    deployment,
    delivery,
    release: newReleaseId(plane.clock.now()),
    playbook: own.playbook,
    platform: own.platform ?? null,
  });
}

const makeFlow = (plane: ControlPlane): FlowDefinition<TriggerOrder, null> => ({
  name: "trigger",
  version: 1,
  async run(flow, order) {
    const startedAt = await flow.now();
    // A platform that is away for minutes is asked again; what refuses the release does so once.
    for (let tried = 1; ; tried++) {
      const { problem, again } = await flow.step("begin the release", () => begin(plane, order, startedAt), {
        attempts: 3,
      });
      if (problem === null) return null;
      if (!again || tried >= 20) {
        await flow.step("say why it did not begin", () => refused(plane, order, problem), { attempts: 10 });
        return null;
      }
      await flow.sleep(Math.min(60_000, 2_000 * 2 ** tried));
    }
  },
});

/** Begins the release unless it was begun. Safe to repeat: the release has its id, its time and its version beforehand. */
async function begin(
  plane: ControlPlane,
  { deployment, delivery, release, playbook, platform }: TriggerOrder,
  startedAt: number,
): Promise<{ problem: ProblemData | null; again: boolean }> {
  const { releases } = await plane.store();
  const known = await releases.get(release);
  // Opened by an earlier try that died before the release was begun: it is begun now, under the same id.
  const begun = known !== undefined && (await (await plane.engine()).state(release)).state !== "unknown";
  if (begun || (known !== undefined && known.state !== "running")) return { problem: null, again: false };
  try {
    const open = await plane.open({ playbook, ...(platform === null ? {} : { platform }) });
    const found = await findExisting(plane, open, { deployment, skip: [] });
    const because = { trigger: "vercel", delivery, deployment };
    const folder = open.sourceFolder;
    await startRelease(plane, open, found, { playbook, folder, release, startedAt, because }, trigger);
    return { problem: null, again: false };
  } catch (error) {
    if (!isProblem(error)) throw error;
    // The platform is away or still checks it.
    const again = error.code.startsWith("ATM-30") || error.code === "ATM-903" || error.code === "ATM-967";
    return { problem: error.toJSON(), again };
  }
}

async function refused(plane: ControlPlane, order: TriggerOrder, problem: ProblemData): Promise<void> {
  const { ledger } = await plane.store();
  const { service, environment } = order;
  const event: LedgerEvent = {
    key: `trigger/${service}/${environment}/${order.deployment}/refused`,
    kind: "trigger.refused",
    at: plane.clock.now(),
    actor: trigger,
    service,
    environment,
    data: {
      deployment: order.deployment,
      problem: problem.code,
      because: problem.happened,
      next: `atoms deploy --deployment ${order.deployment}`,
    },
  };
  await ledger.append([event]);
}
