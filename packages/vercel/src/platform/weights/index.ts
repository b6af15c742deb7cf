import type { VercelClient } from "../../client.js";
import type { VercelPlatformOptions } from "../settings.js";
import type { Variables } from "../variables.js";
import { type WeightsItem, weightsItem } from "./item.js";
import { type SplitByWeights, splitByWeights } from "./split.js";
import { splitVariable } from "./variable.js";

/** What a platform does besides and otherwise when it is to split by weights; undefined when it is not. */
export function weightsOf(
  client: VercelClient,
  options: VercelPlatformOptions,
  parts: Omit<Parameters<typeof splitByWeights>[2], "place" | "item"> & { variables: Variables },
):
  | {
      split: SplitByWeights;
      place: { item: string; config: WeightsItem["config"] };
      /** Sees to it that later deployments know where the weights are. */
      ensure(signal?: AbortSignal): Promise<void>;
    }
  | undefined {
  const { weights: place } = options;
  if (place === undefined) return undefined;
  const item = weightsItem(client, options, place, parts.explain);
  return {
    split: splitByWeights(client, options, { ...parts, place, item }),
    place: { item: place.item, config: item.config },
    ensure: splitVariable(client, options, { ...parts, place, item }),
  };
}
