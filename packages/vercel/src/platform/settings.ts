import type { Clock, PlatformName } from "@atoms/playbook";
import type { ApiOptions } from "../api.js";

/** What a platform is made of. */
export interface VercelPlatformOptions extends Pick<ApiOptions, "random" | "fetch" | "patience" | "mayAct"> {
  /** `vercel`, or `local` for the local cloud, which serves the same API. */
  name: PlatformName;
  /** Base address of the API, e.g. `https://api.vercel.com`. */
  api: string;
  token: string;
  /** Team id (`team_…`) or slug; the token's own account without it. */
  team?: string;
  /** Project name or id (`prj_…`). A name that does not exist yet is created, an id is not. */
  project: string;
  /** The platform's framework preset, e.g. `hono`; none when left out. */
  framework?: string;
  /**
   * The local cloud's traffic listener, e.g. `http://127.0.0.1:4310`: addresses become `http://<host>:4310`. Without
   * it they are `https://<host>`.
   */
  edgeUrl?: string;
  /** Secret of the project's Protection Bypass for Automation. */
  bypassSecret?: string;
  /** Hosts that count as production, bare; the project's domains without a branch or a redirect when left out. */
  productionHosts?: string[];
  /** Further entries of every deployment's meta, e.g. `githubCommitSha`. */
  meta?: Record<string, string>;
  /** Splits production by weights that a helper in the service reads, instead of by rolling releases. */
  weights?: WeightsPlace;
  clock: Clock;
}

/** Where the weights are, and how long they last. */
export interface WeightsPlace {
  /** Id (`ecfg_…`) or slug of the Global Config. A slug that does not exist yet is created, an id is not. */
  config: string;
  /** Key of the item. */
  item: string;
  /** How long weights split traffic after they were last renewed, in milliseconds. */
  leaseMs: number;
}

/** What messages call the platform, at the start of a sentence. */
export function titleOf(name: PlatformName): string {
  return name === "local" ? "The local cloud" : "Vercel";
}
