import type { DrainSchema } from "@atoms/vercel";
import { keptSecret } from "./kept-secret.js";
import type { Places } from "./places.js";

/** The drains that Atoms makes, by what they deliver. */
export const drainNames = ["log", "trace"] as const satisfies readonly DrainSchema[];

/** Whether a drain of that name is one of ours. */
export const isDrainName = (name: string): name is DrainSchema => drainNames.some((one) => one === name);

/** The key by which the platform signs what it delivers to this folder's control plane. */
export const drainSecret = (places: Places): Promise<string> => keptSecret(places, "drain-secret");
