import type { VercelClient } from "../client.js";
import { configMissing, requestRefused } from "../problems.js";
import type { Explain } from "./explain.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** Items of Global Configs (formerly Edge Configs), which running deployments see at once. */
export interface ConfigItems {
  /** @param config Id or slug. @returns undefined when there is no such item. @throws ATM-528 when there is no such config. */
  get(config: string, key: string, signal?: AbortSignal): Promise<unknown>;
  /** Sets an item, made when it is not there, and reads it back. Safe to repeat. @throws likewise. */
  set(config: string, key: string, value: unknown, signal?: AbortSignal): Promise<void>;
}

export function configItems(
  client: VercelClient,
  options: VercelPlatformOptions,
  explain: Explain,
): ConfigItems {
  const idOf = (config: string, act: boolean, signal?: AbortSignal) =>
    explain({ asked: "list the Global Configs" }, async () => {
      const configs = await client.globalConfig.list(signal);
      const found = configs.find(({ id, slug }) => id === config || slug === config);
      if (found !== undefined) return found.id;
      const asked = `show the Global Config ${config}`;
      throw configMissing({ platform: titleOf(options.name), api: options.api, asked, act, config });
    });
  const read = async (id: string, key: string, signal?: AbortSignal) =>
    (await client.globalConfig.items(id, signal)).find((item) => item.key === key)?.value;

  return {
    async get(config, key, signal) {
      const id = await idOf(config, false, signal);
      return explain({ asked: `show the items of the Global Config ${config}` }, () => read(id, key, signal));
    },
    async set(config, key, value, signal) {
      const id = await idOf(config, true, signal);
      const asked = `set the item ${key} of the Global Config ${config}`;
      await explain({ asked, act: true }, async () => {
        await client.globalConfig.change(id, [{ operation: "upsert", key, value }], signal);
        if (sameJson(await read(id, key, signal), value)) return;
        throw requestRefused({
          platform: titleOf(options.name),
          api: options.api,
          asked,
          act: true,
          status: 200,
          code: "not_changed",
          message: "the platform accepted the change, but still shows another value.",
        });
      });
    },
  };
}

/** Whether two values say the same; the order of members says nothing. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => sameJson(x[key], y[key]));
}
