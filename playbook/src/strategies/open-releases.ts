import type { Clock, LedgerEvent, Problem, ProblemData, Release, Releases } from "../terms/index.js";
import type { ReleaseOrder, RollbackByHandOrder } from "./ports.js";
import { neverBegan } from "./problems.js";

/** Opens the releases of a stage, all or none: one that cannot be opened closes those before it. */
export async function openAll(
  world: { releases: Releases; clock: Clock },
  orders: readonly ReleaseOrder[],
): Promise<{ problem: ProblemData | null }> {
  const opened: ReleaseOrder[] = [];
  for (const order of orders) {
    const { problem } = await openOne(world, releaseOf(order), order);
    if (problem === null) opened.push(order);
    else {
      const at = world.clock.now();
      for (const one of opened) {
        const because = `${order.service} could not be begun, so the stage was not`;
        await world.releases.change(one.release, { state: "failed", endedAt: at, because }, [
          {
            ...startedEvent(one),
            key: `${one.release}/ended`,
            kind: "release.ended",
            at,
            data: { state: "failed", because },
          },
        ]);
      }
      return { problem };
    }
  }
  return { problem: null };
}

/** Opens one release; a problem when it cannot be begun, or was begun before and has ended. */
export async function openOne(
  { releases }: { releases: Releases },
  release: Release,
  order: ReleaseOrder | RollbackByHandOrder,
): Promise<{ problem: ProblemData | null }> {
  try {
    const { state, problem } = await releases.open(release, [startedEvent(order)]);
    if (state === "running") return { problem: null };
    // An earlier try opened it and closed it again, or it was found lost: what has ended is not begun a second time.
    return { problem: problem ?? neverBegan({ release: order.release }).toJSON() };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "Problem") throw error;
    return { problem: (error as Problem).toJSON() };
  }
}

/** A release as it is when it is opened. */
export const releaseOf = (order: ReleaseOrder): Release =>
  openedRelease(order, {
    strategy: order.strategy,
    version: order.version,
    phase: "preflight",
    source: order.source,
  });

/** A rollback by hand as it is when it is opened. It ships nothing, so it has no source. */
export const rollbackOf = (order: RollbackByHandOrder, version: string): Release =>
  openedRelease(order, { strategy: "rollback", version, phase: "rollback", source: "" });

/** What every order says, whatever kind of release it is for. */
type AnyOrder = Pick<
  ReleaseOrder,
  "release" | "service" | "environment" | "platform" | "actor" | "startedAt"
>;

/** A release of any kind as it is when it is opened: running, with no traffic moved. */
export function openedRelease(
  order: AnyOrder,
  own: Pick<Release, "strategy" | "version" | "phase" | "source">,
): Release {
  const { release: id, service, environment, platform, actor: startedBy, startedAt } = order;
  return { id, service, environment, platform, state: "running", startedBy, startedAt, split: 0, ...own };
}

/** The first entry of the story of a release or a rollback by hand. */
export const startedEvent = (order: ReleaseOrder | RollbackByHandOrder): LedgerEvent =>
  beganEvent(
    order,
    "strategy" in order
      ? {
          strategy: order.strategy,
          platform: order.platform,
          version: order.version,
          source: order.source,
          variables: Object.keys(order.variables),
          skip: order.skip,
          overrides: order.overrides,
          now: order.now,
          ...(order.existing === undefined ? {} : { existing: order.existing.id }),
        }
      : { strategy: "rollback", platform: order.platform, to: order.to ?? null, because: order.because },
  );

/** The first entry of the story of a release of any kind. */
export function beganEvent(order: AnyOrder, data: LedgerEvent["data"]): LedgerEvent {
  const { release, service, environment, startedAt, actor } = order;
  return {
    key: `${release}/started`,
    kind: "release.started",
    at: startedAt,
    actor,
    service,
    environment,
    release,
    data,
  };
}
