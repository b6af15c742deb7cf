import { type Clock, isProblem } from "../../terms/index.js";
import { bucketFrom, bucketMs } from "./counts.js";
import type { RequestCounter } from "./source.js";

/** What asking the platform for its counts came to. `saw` and `fix` are sentences. */
export type CountsFinding = { counter: "requests"; outcome: "pass" | "error"; saw: string; fix?: string };

/**
 * Asks the platform for what it counted of production in the last quarter of an hour, so that a plan or a role without
 * that is found before there is a canary to judge by it. That production had no requests is no mistake. Reads only.
 * @param serving Id of what production serves; undefined before the first release.
 */
export async function proveCounts(
  { clock, platform }: { clock: Clock; platform: RequestCounter },
  serving: string | undefined,
  signal: AbortSignal,
): Promise<CountsFinding> {
  const to = bucketFrom(clock.now());
  const question = { deployments: [serving ?? "none-yet"], from: to - 3 * bucketMs, to };
  try {
    const counts = await platform.requestCounts(question, signal);
    const requests = counts.reduce((so, one) => so + one.requests, 0);
    return {
      counter: "requests",
      outcome: "pass",
      saw: `The platform counted ${requests} requests of production in the last quarter of an hour.`,
    };
  } catch (error) {
    if (!isProblem(error)) throw error;
    const { happened, fix } = error.toJSON();
    return { counter: "requests", outcome: "error", saw: happened, fix };
  }
}
