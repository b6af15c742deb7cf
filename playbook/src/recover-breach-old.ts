import { mostOldDeployments, oldDeployments } from "./recovery/index.js";
import type { Artefact } from "./redeploy.js";
import { type ReleaseRun, type RunOrder, type RunWorld, Stop } from "./strategies/run.js";
import { isInterruption, isProblem, type Platform } from "./terms/index.js";

/** What the removal of old deployments needs from outside. */
export interface OldDeploymentsWorld extends RunWorld {
  platform: Pick<Platform, "deployments" | "removeDeployment" | "production" | "deployment">;
}

/** What became of old deployments. */
export type OldDeploymentsGone = {
  removed: number;
  /** What is left to people, a sentence each. */
  left: string[];
};

type Run = ReleaseRun<RunOrder, OldDeploymentsWorld>;
type Refused = { deployment: string; because: string };

const atOnce = 20;
/** A platform that refuses so often is not asked for the rest. */
const patience = 3;

/**
 * Removes the deployments that were built with the old values, and so answer at their own addresses with them. Nothing is removed
 * unless production serves the one with the new values. One that is refused, or too little time, does not fail the recovery: what
 * is left is told.
 * @param inService The deployment with the new values, which was proven.
 */
export async function removeOldDeployments(run: Run, inService: Artefact): Promise<OldDeploymentsGone> {
  const { world } = run;
  const found = await tried(() =>
    run.act(
      "find old deployments",
      "looking for deployments with the old values",
      async (signal) => {
        const [all, { deployment: serves }, own] = await Promise.all([
          world.platform.deployments(mostOldDeployments, signal),
          world.platform.production(signal),
          world.platform.deployment(inService.id, signal),
        ]);
        if (own === undefined || serves?.id !== inService.id)
          return { old: [], because: `production serves ${serves?.id ?? "nothing"} meanwhile` };
        return { old: oldDeployments(all, own), more: all.length >= mostOldDeployments };
      },
      { attempts: 4 },
    ),
  );
  if (found === undefined) return { removed: 0, left: [byHand("they could not be listed")] };
  if ("because" in found) return { removed: 0, left: [byHand(found.because)] };
  const { old, more } = found;
  let removed = 0;
  const refused: Refused[] = [];
  const left = [...old];
  for (let part = 1; left.length > 0 && refused.length < patience; part += 1) {
    const some = left.splice(0, atOnce);
    const came = await tried(() => removeSome(run, some, { part, of: old.length, gone: removed }));
    if (came === undefined) {
      left.unshift(...some);
      break;
    }
    removed += came.removed.length;
    refused.push(...came.refused);
    left.unshift(...came.untried);
    await run.change(`write down what was removed, ${part}`, {}, () => [
      run.event("breach.removed", `breach/removed/${part}`, {
        deployments: came.removed,
        refused: came.refused,
      }),
    ]);
  }
  return {
    removed,
    left: [
      ...refused.map(({ deployment, because }) => byHand(`the platform refused: ${because}`, deployment)),
      ...(left.length > 0
        ? [byHand(`${left.length} of ${old.length} are there still, ${left[0]} the newest`)]
        : []),
      ...(more ? [byHand(`there are more than ${mostOldDeployments}`)] : []),
    ],
  };
}

async function removeSome(
  run: Run,
  ids: readonly string[],
  { part, of, gone }: { part: number; of: number; gone: number },
) {
  return run.act(
    `remove old deployments, ${part}`,
    `removing ${of} deployments with the old values`,
    async (signal, tell) => {
      const removed: string[] = [];
      const refused: Refused[] = [];
      for (const [index, id] of ids.entries()) {
        await tell(`removing ${of} deployments with the old values`, (gone + index) / of);
        try {
          await run.world.platform.removeDeployment(id, signal);
          removed.push(id);
        } catch (error) {
          if (signal.aborted || !isProblem(error)) throw error;
          refused.push({ deployment: id, because: `${error.code} ${error.happened.replace(/\.$/, "")}` });
          if (refused.length >= patience) return { removed, refused, untried: ids.slice(index + 1) };
        }
      }
      return { removed, refused, untried: [] };
    },
    { attempts: 2 },
  );
}

/** An abort and a lost process end the recovery; everything else is left to people. */
async function tried<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isInterruption(error) || (error instanceof Stop && error.state === "aborted")) throw error;
    return undefined;
  }
}

const byHand = (because: string, deployment?: string): string =>
  `Remove ${deployment ?? "the deployments made before"} by hand (${because}): each still answers at its own address, with the secrets it was built with. \`atoms deployments\` lists them.`;
