import { readWeights, type Weights } from "@atoms/split";
import type { VercelClient } from "../../client.js";
import { weightsConfigMissing, weightsForeign } from "../../problems.js";
import { carryOut } from "../carry-out.js";
import type { Explain } from "../explain.js";
import { titleOf, type VercelPlatformOptions, type WeightsPlace } from "../settings.js";

/** The item of a Global Config that says how traffic is split. */
export interface WeightsItem {
  /** Id of the Global Config; undefined when a slug that may be created does not exist yet. @throws ATM-552 */
  config(signal?: AbortSignal): Promise<string | undefined>;
  /** Id of the Global Config, which is created when there is none of this slug. */
  ensureConfig(signal?: AbortSignal): Promise<string>;
  /** @returns undefined when there are none, "foreign" when the item holds something that is no weights. */
  read(signal?: AbortSignal): Promise<Weights | "foreign" | undefined>;
  /** The same, for whoever means to write. @throws ATM-551 when the item holds something else. */
  own(asked: string, signal?: AbortSignal): Promise<Weights | undefined>;
  /** Writes weights and reads that they are there. */
  write(asked: string, weights: Weights, signal?: AbortSignal): Promise<void>;
  remove(signal?: AbortSignal): Promise<void>;
}

export function weightsItem(
  client: VercelClient,
  options: VercelPlatformOptions,
  place: WeightsPlace,
  explain: Explain,
): WeightsItem {
  const { config: wanted, item: key } = place;
  const about = (asked: string) => ({ platform: titleOf(options.name), api: options.api, asked, act: true });
  let known: string | undefined;

  const look = (signal?: AbortSignal) =>
    explain({ asked: "list the Global Configs" }, async () => {
      const configs = await client.globalConfig.list(signal);
      known = configs.find(({ id, slug }) => id === wanted || slug === wanted)?.id;
      return known;
    });
  const config: WeightsItem["config"] = async (signal) => {
    const found = known ?? (await look(signal));
    if (found === undefined && wanted.startsWith("ecfg_")) {
      throw weightsConfigMissing({ ...about(`show the Global Config ${wanted}`), config: wanted });
    }
    return found;
  };

  const read: WeightsItem["read"] = async (signal) => {
    const id = await config(signal);
    if (id === undefined) return undefined;
    return explain({ asked: `show the items of the Global Config ${wanted}` }, async () => {
      const found = (await client.globalConfig.items(id, signal)).find((item) => item.key === key);
      if (found === undefined || found.value === null) return undefined;
      return readWeights(found.value) ?? "foreign";
    });
  };

  const ensureConfig: WeightsItem["ensureConfig"] = async (signal) => {
    const found = await config(signal);
    if (found !== undefined) return found;
    await carryOut(
      {
        subject: { asked: `create the Global Config ${wanted}`, act: true },
        ask: () => client.globalConfig.create(wanted, signal),
        missing: async () => ((await look(signal)) === undefined ? "there is none of this name" : undefined),
      },
      options,
      signal,
    );
    return known ?? "";
  };

  return {
    config,
    ensureConfig,
    read,
    async own(asked, signal) {
      const found = await read(signal);
      if (found === "foreign") throw weightsForeign({ ...about(asked), config: wanted, item: key });
      return found;
    },
    async write(asked, weights, signal) {
      const id = await ensureConfig(signal);
      const text = JSON.stringify(weights);
      await carryOut(
        {
          subject: { asked, act: true },
          ask: () => client.globalConfig.change(id, [{ operation: "upsert", key, value: weights }], signal),
          missing: async () => {
            const now = await read(signal);
            return JSON.stringify(now) === text ? undefined : "the weights are not as they were written";
          },
        },
        options,
        signal,
      );
    },
    async remove(signal) {
      const id = await config(signal);
      if (id === undefined) return;
      await carryOut(
        {
          subject: { asked: "take the weights away", act: true },
          ask: () => client.globalConfig.change(id, [{ operation: "delete", key }], signal),
          missing: async () =>
            (await read(signal)) === undefined ? undefined : "the weights are still there",
        },
        options,
        signal,
      );
    },
  };
}
