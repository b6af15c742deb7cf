import type { Platform, Rollout } from "@atoms/playbook";
import { forceParameter, type Weights } from "@atoms/split";
import type { VercelClient } from "../../client.js";
import { outcomeUnknown } from "../../problems.js";
import type { Explain } from "../explain.js";
import { type Moves, servesAlone } from "../move.js";
import type { ProductionReader } from "../production.js";
import type { Project } from "../project.js";
import { isInTheWay, isOfOthers } from "../rolling-runs.js";
import { areSameShares, configurationOf, toRollout as toRolloutOfRun } from "../rollout.js";
import { titleOf, type VercelPlatformOptions, type WeightsPlace } from "../settings.js";
import type { StagesSet } from "../stages-set.js";
import { toDeployment } from "../translate.js";
import type { WeightsItem } from "./item.js";
import { isSplitting, notPossible, toRollout, weightsOfOthers } from "./words.js";

/** What a platform does otherwise when it splits by weights. */
export type SplitByWeights = Pick<
  Platform,
  | "rollout"
  | "beginRollout"
  | "advanceRollout"
  | "keepRollout"
  | "clearRollout"
  | "promote"
  | "rollBack"
  | "forceArm"
>;

/** How long every host may take to lead to the candidate after the platform accepted, in milliseconds. */
const longestMoveMs = 60_000;

/** Weights are renewed when less than this part of their lease is left. */
const renewBelow = 2 / 3;

/**
 * Splits production by weights in a Global Config, which the helper in the service reads: for plans without rolling releases.
 * Production itself stays on the stable deployment until the last stage, which is a promote. Weights name the deployment
 * that they are for, so they end with any move of production, and they have to be renewed, so they end with their release.
 */
export function splitByWeights(
  client: VercelClient,
  options: VercelPlatformOptions,
  parts: {
    place: WeightsPlace;
    item: WeightsItem;
    project: Project;
    reader: ProductionReader;
    stages: StagesSet;
    moves: Moves;
    explain: Explain;
    address: (host: string) => string;
  },
): SplitByWeights {
  const { place, item, project, reader, stages, moves, explain, address } = parts;
  const { clock } = options;

  const changed = (weights: Weights, change: Partial<Weights>): Weights => ({
    ...weights,
    epoch: weights.epoch + 1,
    until: clock.now() + place.leaseMs,
    ...change,
  });

  const beginRollout: Platform["beginRollout"] = async (candidate, shares, signal) => {
    configurationOf(shares);
    const asked = `split traffic between production and ${candidate} by weights`;
    const [sight, standing] = await Promise.all([reader.see(signal), item.own(asked, signal)]);
    if (sight.run?.state === "ACTIVE") throw isOfOthers(asked, sight.run, options);
    if (standing?.state === "active") {
      const same = standing.candidate.id === candidate && areSameShares(standing.shares, shares);
      if (isSplitting(standing, clock.now())) {
        if (same) return;
        throw weightsOfOthers(asked, standing, options);
      }
      // Its release was away for longer than the weights last, and goes on where it was.
      if (same && sight.production.deployment?.id === standing.stable) {
        return item.write(asked, changed(standing, {}), signal);
      }
    }
    if (servesAlone(sight, candidate)) return;
    const stable = sight.production.deployment?.id;
    if (stable === undefined) {
      throw notPossible(asked, "no_production", "production serves nothing that could be split.", options);
    }
    await stages.makeWay(asked, sight.project ?? (await project.present(signal)), sight.run, signal);
    const to = await explain({ asked: `show the deployment ${candidate}`, deployment: candidate }, async () =>
      toDeployment(await client.deployments.get(candidate, signal), address),
    );
    if (to.state !== "ready") {
      throw notPossible(asked, "not_ready", `${candidate} is ${to.state} and can serve nobody.`, options);
    }
    const now = clock.now();
    const weights: Weights = {
      atomsSplit: 1,
      release: to.release ?? candidate,
      // Above what a helper may have seen of this release, should it begin anew.
      epoch: (standing?.epoch ?? 0) + 1,
      state: "active",
      stable,
      candidate: { id: candidate, address: to.address },
      shares: [...shares],
      stage: 0,
      startedAt: now,
      until: now + place.leaseMs,
    };
    await item.write(asked, weights, signal);
  };

  /** Has production serve the candidate, and waits until it does on every host. */
  const complete = async (candidate: string, asked: string, signal?: AbortSignal) => {
    await moves.promote(candidate, signal);
    const until = clock.now() + longestMoveMs;
    for (;;) {
      if (servesAlone(await reader.see(signal), candidate)) return;
      if (clock.now() >= until) break;
      await clock.sleep(250, signal);
    }
    throw outcomeUnknown({
      platform: titleOf(options.name),
      api: options.api,
      asked,
      act: true,
      message: "it said yes, but not every host leads there.",
      state: `production is split by weights until every host leads to ${candidate}`,
    });
  };

  const advanceRollout: Platform["advanceRollout"] = async (candidate, stage, signal) => {
    const asked = `move the split to ${candidate} on to stage ${stage}`;
    const weights = await item.own(asked, signal);
    if (weights === undefined || weights.candidate.id !== candidate || weights.state === "aborted") {
      if (weights !== undefined && weights.candidate.id !== candidate && isSplitting(weights, clock.now())) {
        throw weightsOfOthers(asked, weights, options);
      }
      const mine = weights?.candidate.id === candidate;
      const message = mine
        ? `the split to ${candidate} was aborted.`
        : `no split to ${candidate} is under way.`;
      throw notPossible(asked, mine ? "aborted" : "not_active", message, options);
    }
    const last = weights.shares.length - 1;
    if (!Number.isInteger(stage) || stage < 0 || stage > last) {
      throw new RangeError(`There is no stage ${stage}: the last one is ${last}.`);
    }
    if (weights.state === "complete" || stage < weights.stage) return;
    if (stage === last) {
      await complete(candidate, asked, signal);
      return item.write(asked, changed(weights, { state: "complete", stage }), signal);
    }
    if (stage > weights.stage) await item.write(asked, changed(weights, { stage }), signal);
  };

  const rollout: Platform["rollout"] = async (signal) => {
    const [{ run }, weights] = await Promise.all([reader.see(signal), item.read(signal)]);
    if (run?.state === "ACTIVE") return toRolloutOfRun(run);
    if (weights !== undefined && weights !== "foreign") return toRollout(weights, clock.now());
    return run === null ? undefined : toRolloutOfRun(run);
  };

  const keepRollout: Platform["keepRollout"] = async (candidate, signal) => {
    const [{ run, production }, weights] = await Promise.all([reader.see(signal), item.read(signal)]);
    if (run?.state === "ACTIVE") return toRolloutOfRun(run);
    const gone: Rollout = {
      candidate,
      stable: production.deployment?.id,
      state: "aborted",
      shares: [],
      stage: 0,
      share: 0,
    };
    if (weights === undefined || weights === "foreign") return gone;
    if (weights.candidate.id !== candidate || weights.state !== "active")
      return toRollout(weights, clock.now());
    const serves = production.deployment?.id;
    if (serves !== weights.stable && serves !== candidate) return gone;
    if (weights.until - clock.now() >= place.leaseMs * renewBelow) return toRollout(weights, clock.now());
    const renewed = changed(weights, {});
    await item.write("renew the weights", renewed, signal);
    return toRollout(renewed, clock.now());
  };

  return {
    rollout,
    beginRollout,
    advanceRollout,
    keepRollout,
    async clearRollout(signal) {
      const weights = await item.read(signal);
      if (weights === undefined || weights === "foreign" || weights.state === "active") return;
      await item.remove(signal);
    },
    async promote(to, signal) {
      const asked = `promote ${to}`;
      const weights = await item.read(signal);
      if (weights !== undefined && weights !== "foreign" && isSplitting(weights, clock.now())) {
        const obstacle = `traffic is split by weights, which give ${weights.candidate.id} its share`;
        const outcome = "Nothing was asked of the platform; traffic is split as before.";
        throw isInTheWay(asked, { obstacle, outcome }, options);
      }
      await moves.promote(to, signal);
    },
    async rollBack(to, because, signal) {
      let notZeroed: unknown;
      try {
        const weights = await item.read(signal);
        if (weights !== undefined && weights !== "foreign" && weights.state === "active") {
          await item.write("end the split", changed(weights, { state: "aborted" }), signal);
        }
      } catch (error) {
        signal?.throwIfAborted();
        // Whatever became of the weights, production goes back; then it is said that they may still be there.
        notZeroed = error;
      }
      const sight = await reader.see(signal).catch(() => undefined);
      signal?.throwIfAborted();
      if (sight === undefined || !servesAlone(sight, to)) await moves.rollBack(to, because, signal);
      if (notZeroed !== undefined) throw notZeroed;
    },
    forceArm: (arm) => ({ query: { [forceParameter]: arm } }),
  };
}
