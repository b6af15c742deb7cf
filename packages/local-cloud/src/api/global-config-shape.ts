import { createHash } from "node:crypto";
import type { GlobalConfig, GlobalConfigItem } from "../model.js";
import type { World } from "../world.js";
import { notFound } from "./api-error.js";

type WithItems = { readonly items: readonly GlobalConfigItem[] };

/** @throws ApiError 404 */
export function configOf(world: World, idOrSlug: string): GlobalConfig {
  const config =
    world.state.globalConfigs.get(idOrSlug) ?? world.state.globalConfigs.find((one) => one.slug === idOrSlug);
  if (!config) throw notFound(`The Global Config "${idOrSlug}"`);
  return config;
}

/** Bytes of keys and values together. */
export function sizeOf({ items }: WithItems): number {
  return Buffer.byteLength(JSON.stringify(items.map(({ key, value }) => [key, value])));
}

/** Changes whenever a key or a value does. */
export function digestOf({ items }: WithItems): string {
  return createHash("sha256")
    .update(JSON.stringify(items.map(({ key, value }) => [key, value])))
    .digest("hex");
}
