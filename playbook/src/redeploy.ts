import { buildFailed } from "./strategies/problems.js";
import { type ReleaseRun, type RunOrder, type RunWorld, Stop } from "./strategies/run.js";
import {
  type Deployment,
  type HealthProof,
  healthSeen,
  type OperationOrder,
  type Platform,
  type ProblemData,
  type Releases,
} from "./terms/index.js";

/** A deployment by its id, and where it answers. */
export type Artefact = {
  id: string;
  address: string;
  /** Where it runs, by the platform's names, where that is known. */
  regions?: string[];
};

/** What having an artefact run anew needs from outside. */
export interface RedeployWorld extends RunWorld {
  platform: Pick<Platform, "production" | "redeploy" | "deployment" | "promote">;
  settings: {
    /** Milliseconds. `settle`: for health to say that it is well. */
    deadlines: { deploy: number; settle: number; shift: number };
  };
}

type Run = ReleaseRun<RunOrder & { version: string }, RedeployWorld>;

/** How far it has come: what the end is told from. */
export type RedeployProgress = {
  /** Traffic may have moved. */
  moving: boolean;
  /** Production was proven to serve it. */
  shifted: boolean;
  candidate?: Artefact;
};

const artefactOf = ({ id, address, regions }: Deployment): Artefact => ({
  id,
  address,
  ...(regions === undefined ? {} : { regions: [...regions] }),
});

/** What production serves: the artefact that is deployed again. */
export const served = (run: Run): Promise<Artefact | null> =>
  run.act(
    "read what production serves",
    "reading what production serves",
    async (signal) => {
      const { deployment } = await run.world.platform.production(signal);
      return deployment === undefined ? null : artefactOf(deployment);
    },
    { attempts: 4 },
  );

/**
 * Deploys what production serves once more, proves it at its own address, and points production at it. Until that proof users
 * have what they had.
 * @param how.nothing Why it cannot be, when production serves nothing. @param how.before What is done to what it gets, e.g. its
 *   variables. @param how.prove Proves that it is well; throws Stop when it is not.
 * @param how.regions Where it shall run; where it does when left out.
 * @returns The hosts that serve it, proven.
 * @throws Stop when it cannot be built, is not proven, or is aborted.
 */
export async function redeployServing(
  run: Run,
  progress: RedeployProgress,
  how: {
    nothing: () => ProblemData;
    before?: (serving: Artefact) => Promise<void>;
    regions?: readonly string[];
    prove: (name: string, candidate?: Artefact) => Promise<{ hosts: HealthProof[]; ms: number }>;
  },
): Promise<{ candidate: Artefact; serving: Artefact; hosts: HealthProof[] }> {
  const { world } = run;
  const { deadlines } = world.settings;
  const { candidate, serving } = await run.inPhase("deploy", deadlines.deploy, async () => {
    const serving = await served(run);
    if (serving === null) throw new Stop("failed", how.nothing());
    await how.before?.(serving);
    return { serving, candidate: await build(run, serving, how.regions) };
  });
  progress.candidate = candidate;
  await run.inPhase(
    "validate",
    deadlines.settle + 60_000,
    () => how.prove("prove the candidate", candidate),
    "validate candidate",
  );
  const hosts = await run.inPhase("shift", deadlines.shift + deadlines.settle, async () => {
    await run.change("write down the intent to shift", { split: 0 }, () => [
      run.event("traffic.shifting", "traffic/shifting", { to: candidate.id, split: 1 }),
    ]);
    progress.moving = true;
    await run.act(
      "promote",
      `pointing production at ${candidate.id}`,
      (signal) => world.platform.promote(candidate.id, signal),
      { attempts: 4, timeoutMs: 60_000, abortable: false },
    );
    const { hosts, ms } = await how.prove("prove every host");
    await run.change("write down the shift", { split: 1 }, () => [
      run.event("traffic.shifted", "traffic/shifted", { to: candidate.id, split: 1, ms, hosts }),
    ]);
    progress.shifted = true;
    return hosts;
  });
  return { candidate, serving, hosts };
}

async function build(run: Run, serving: Artefact, regions?: readonly string[]): Promise<Artefact> {
  const { world, order } = run;
  const made = await run.act(
    "deploy again",
    `deploying the artefact of ${serving.id} again`,
    async (signal) => {
      const { id, address } = await world.platform.redeploy(
        {
          deployment: serving.id,
          release: order.release,
          version: order.version,
          ...(regions === undefined ? {} : { regions }),
        },
        signal,
      );
      await world.releases.change(
        order.release,
        { candidate: { id, address }, previous: { id: serving.id, address: serving.address } },
        [
          run.event("deployment.created", "deployment/created", {
            deployment: id,
            address,
            version: order.version,
            of: serving.id,
          }),
        ],
      );
      return { id, address };
    },
    { attempts: 4 },
  );
  const built = await run.untilAnswered(
    "read the build",
    `waiting for the build of ${made.id}`,
    500,
    async (signal) => {
      const found = await world.platform.deployment(made.id, signal);
      if (found?.state === "building") return undefined;
      return { state: found?.state ?? "gone", why: found?.failure ?? found?.state ?? "gone" };
    },
  );
  if (built.state !== "ready")
    throw new Stop("failed", buildFailed({ deployment: made.id, why: built.why, lines: "" }).toJSON());
  return made;
}

/** Asks addresses until each is well by its own word, and is served by the deployment; reads only. */
export type ProveWell = (
  input: { hosts: readonly string[]; deployment: string; timeoutMs: number },
  signal: AbortSignal,
) => Promise<{ proven: boolean; hosts: HealthProof[]; ms: number }>;

/**
 * Proves an artefact well by the service's own word: a candidate at its own address, or what production was moved to, on all hosts.
 * @param how.name The step's name. @param how.candidate Left out once production was moved.
 * @param how.problem Why the release stops when it is not.
 * @throws Stop when it is not well in time.
 */
export async function proveArtefact(
  run: ReleaseRun<RunOrder & { version: string }, RedeployWorld & { proveWell: ProveWell }>,
  progress: RedeployProgress,
  how: {
    name: string;
    candidate: Artefact | undefined;
    problem: (seen: { deployment: string; saw: string; moved: boolean }) => ProblemData;
  },
): Promise<{ hosts: HealthProof[]; ms: number }> {
  const { world } = run;
  const { candidate } = how;
  const { id: deployment = "" } = candidate ?? progress.candidate ?? {};
  const proof = await run.act(
    how.name,
    "waiting until the service says that it is well",
    async (signal) =>
      world.proveWell(
        {
          hosts:
            candidate === undefined ? (await world.platform.production(signal)).hosts : [candidate.address],
          deployment,
          timeoutMs: world.settings.deadlines.settle,
        },
        signal,
      ),
    { attempts: 3 },
  );
  if (!proof.proven) {
    const moved = candidate === undefined;
    throw new Stop("failed", how.problem({ deployment, saw: healthSeen(proof.hosts), moved }));
  }
  return proof;
}

/**
 * What was proven good before is so as its copy; the one before it is no way back any more, as it is the same artefact. Safe to run
 * twice.
 */
export async function proveCopy(
  releases: Pick<Releases, "proven" | "prove" | "disprove">,
  { release, service, environment, version }: OperationOrder,
  { candidate, from, at }: { candidate: Artefact; from: string; at: number },
): Promise<void> {
  const known = await releases.proven(service, environment, 100);
  const { id: deployment, address } = candidate;
  if (!known.some((one) => one.deployment === from || one.deployment === deployment)) return;
  await releases.prove({ service, environment, deployment, address, version, release, at }, []);
  await releases.disprove(service, environment, from);
}
