import type { Api } from "../api.js";
import { path } from "../path.js";
import {
  type GlobalConfig,
  type GlobalConfigItem,
  type GlobalConfigTokenAnswer,
  globalConfig,
  globalConfigItemsAnswer,
  globalConfigsAnswer,
  globalConfigTokenAnswer,
  type UpdateGlobalConfigItemsBody,
  updatedGlobalConfigAnswer,
} from "../wire/index.js";

/** Global Config (formerly Edge Config): values that running deployments see at once, without a deployment. */
export interface GlobalConfigCalls {
  list(signal?: AbortSignal): Promise<GlobalConfig[]>;
  /** Not repeated by itself: look through `list` first, by slug. */
  create(slug: string, signal?: AbortSignal): Promise<GlobalConfig>;
  items(id: string, signal?: AbortSignal): Promise<GlobalConfigItem[]>;
  /** Changes several items together. Repeated by itself only when every item is an `upsert`. */
  change(id: string, items: UpdateGlobalConfigItemsBody["items"], signal?: AbortSignal): Promise<void>;
  /** Makes a token that reads this one and nothing else; it is shown only here. */
  createToken(id: string, label: string, signal?: AbortSignal): Promise<GlobalConfigTokenAnswer>;
}

export function globalConfigCalls(api: Api): GlobalConfigCalls {
  return {
    list: (signal) => api.ask(globalConfigsAnswer, { path: "/v1/global-config", signal }),
    create: (slug, signal) =>
      api.ask(globalConfig, { method: "POST", path: "/v1/global-config", body: { slug }, signal }),
    items: (id, signal) =>
      api.ask(globalConfigItemsAnswer, { path: path`/v1/global-config/${id}/items`, signal }),
    async change(id, items, signal) {
      await api.ask(updatedGlobalConfigAnswer, {
        method: "PATCH",
        path: path`/v1/global-config/${id}/items`,
        body: { items },
        repeatable: items.every((item) => item.operation === "upsert"),
        signal,
      });
    },
    createToken: (id, label, signal) =>
      api.ask(globalConfigTokenAnswer, {
        method: "POST",
        path: path`/v1/global-config/${id}/token`,
        body: { label },
        signal,
      }),
  };
}
