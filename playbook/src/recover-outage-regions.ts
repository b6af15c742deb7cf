import type { OutageProgress, OutageRun } from "./recover-outage-end.js";
import { notFromRegion, nothingToRedeploy, type OutageMove } from "./recovery/index.js";
import { type Artefact, redeployServing, served } from "./redeploy.js";
import { Stop } from "./strategies/run.js";
import { type HealthProof, healthSeen } from "./terms/index.js";

/** Deploys what production serves to another region, proves that it answers from there, and points production at it. */
export async function moveToRegion(run: OutageRun, progress: OutageProgress, region: string): Promise<void> {
  progress.left = [`deploying to ${region}`, "pointing production at it"];
  const { was, candidate } = await redeployTo(run, progress, [region], true);
  progress.done.push(`production serves ${candidate.id} from ${region}`);
  progress.afterwards.push(
    `When the outage is over: \`atoms recover service_outage --back\`. Until then a release deploys to the project's own regions${was.length === 0 ? "" : ` (${was.join(", ")} before)`}, and a rollback leads there too.`,
  );
}

/** Deploys what production serves to where it ran before, and proves it there first; unless a release has left the other region since. */
export async function takeRegionsBack(
  run: OutageRun,
  progress: OutageProgress,
  { was, to }: OutageMove & { of: "regions" },
): Promise<void> {
  const where = was.length === 0 ? "the project's own regions" : was.join(", ");
  progress.left = [`deploying to ${where}`, "pointing production at it"];
  const serving = await run.inPhase("preflight", run.world.settings.deadlines.look, () => served(run));
  if (serving === null) throw new Stop("failed", nothingToRedeploy(run.order).toJSON(), true);
  const runsIn = serving.regions ?? [];
  if ([...runsIn].sort().join() !== [...to].sort().join()) {
    progress.left = [];
    progress.done.push(
      `production serves ${serving.id} from ${runsIn.join(", ") || "elsewhere"} since, and was left there`,
    );
    return;
  }
  const { candidate } = await redeployTo(run, progress, was, false);
  progress.done.push(`production serves ${candidate.id} from ${where} again`);
}

/** @param noted The way back is written down before traffic moves. */
async function redeployTo(
  run: OutageRun,
  progress: OutageProgress,
  regions: readonly string[],
  noted: boolean,
): Promise<{ was: string[]; candidate: Artefact }> {
  let was: string[] = [];
  const { candidate, serving } = await redeployServing(run, progress, {
    nothing: () => nothingToRedeploy(run.order).toJSON(),
    async before(serving) {
      was = serving.regions ?? [];
    },
    ...(regions.length === 0 ? {} : { regions }),
    async prove(name, made) {
      if (made === undefined) progress.left = ["proving it on every host"];
      const proof = await proven(run, progress, name, regions, made);
      if (made !== undefined) {
        progress.done.push(`${made.id} is well at its own address`);
        progress.left = ["pointing production at it, and proving it on every host"];
      }
      if (made !== undefined && noted)
        await run.change("write down the intent to move", {}, () => [
          run.event("outage.moving", "outage/moving/regions", { of: "regions", was, to: [...regions] }),
        ]);
      return proof;
    },
  });
  progress.from = serving.id;
  progress.left = [];
  return { was, candidate };
}

/** Of a candidate, that it answers from there; of production, that every host is well and served by it. @throws Stop. */
async function proven(
  run: OutageRun,
  progress: OutageProgress,
  name: string,
  regions: readonly string[],
  candidate: Artefact | undefined,
): Promise<{ hosts: HealthProof[]; ms: number }> {
  const { world } = run;
  const { id: deployment = "" } = candidate ?? progress.candidate ?? {};
  const region = regions.join(", ") || "the project's own regions";
  const proof = await run.act(
    name,
    candidate === undefined ? "waiting until every host is well" : `waiting until it answers from ${region}`,
    async (signal) =>
      world.proveIn(
        candidate === undefined
          ? { hosts: (await world.platform.production(signal)).hosts, deployment, regions: [] }
          : { hosts: [candidate.address], deployment, regions },
        signal,
      ),
    { attempts: 3 },
  );
  if (!proof.proven) {
    const saw = healthSeen(proof.hosts);
    throw new Stop(
      "failed",
      notFromRegion({ deployment, region, saw, moved: candidate === undefined }).toJSON(),
    );
  }
  return proof;
}
